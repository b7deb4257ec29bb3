# Part of the SPP attendance suite. LGPL-3.
"""What terminals do to registers: they write arrivals, and hold a submission while they have more to say."""

from datetime import timedelta

from odoo import models
from odoo.fields import Domain

from odoo.addons.spp_integrity.clock import database_now


class Session(models.Model):
    _inherit = "spp.session"

    def _record_device_arrivals(self, arrivals):
        """Write marks for people whose arrival a terminal saw.

        A mark that a person made stays. A mark in a submitted register is corrected, with the old value kept; in a
        locked one nothing changes.

        :param arrivals: dict (id of a session in self, partner id) -> arrival (UTC datetime)
        :return: dict with the keys that changed nothing, and why: "marked_by_person" or "register_locked"
        """
        # sudo: marks are made for the terminal, which is no user
        marks = self.env["spp.session.attendance"].sudo()
        existing = {
            (mark.session_id.id, mark.participant_id.id): mark
            for mark in marks.search(
                [
                    ("session_id", "in", [session_id for session_id, _partner_id in arrivals]),
                    ("participant_id", "in", [partner_id for _session_id, partner_id in arrivals]),
                ]
            )
        }
        sessions = {session.id: session for session in self}
        locked = set(self.filtered("is_locked").ids)
        kept, decided = {}, {}
        for (session_id, partner_id), arrival in arrivals.items():
            status = sessions[session_id]._arrival_status(arrival)
            mark = existing.get((session_id, partner_id))
            if mark and mark.source == "person":
                kept[session_id, partner_id] = "marked_by_person"
            elif mark and (mark.attendance_time, mark.status_id) == (arrival, status):
                continue
            elif session_id in locked:
                kept[session_id, partner_id] = "register_locked"
            else:
                decided[session_id, partner_id] = {
                    "status_id": status.id,
                    "attendance_time": arrival,
                    "source": "device",
                }
        self.sudo()._mark(decided, self.env._("Scan of a terminal"))  # sudo: as above
        return kept

    def _after_unlock(self):
        """Scans that came while a register was locked count now."""
        super()._after_unlock()
        self.env["spp.attendance.scan"]._match_again_for(self)

    def _before_submit(self):
        """Everything the terminals said is used before anybody becomes absent."""
        super()._before_submit()
        self.env["spp.attendance.scan"]._match_again_for(self)

    def _ready_for_submission(self):
        """Wait for terminals: nobody is absent because a terminal was silent or still sends what it has kept.

        Nor because the register locked before its scans came in: somebody has to unlock it first.
        """
        sessions = super()._ready_for_submission()
        # sudo: scans and terminals that the user may not see hold up a register too
        scanned_sudo = (
            self.env["spp.attendance.scan"]
            .sudo()
            ._read_group([("session_id", "in", sessions.ids), ("reason", "=", "register_locked")], ["session_id"])
        )
        sessions -= sessions.browse(session.id for (session,) in scanned_sudo)
        devices = (
            self.env["spp.attendance.device"]  # sudo: as above
            .sudo()
            .search([("roster_ids", "in", sessions.roster_id.ids), ("state", "=", "active")])
        )
        now = database_now(self.env)
        scans = self.env["spp.attendance.scan"].sudo()  # sudo: as above
        settling = Domain.OR(
            Domain("device_id", "=", device.id)
            & Domain("received_at", ">", now - timedelta(minutes=device.settle_minutes))
            for device in devices
        )
        # per terminal the oldest scan that was not looked at yet, or came in only just now
        oldest_pending = dict(
            scans._read_group(
                Domain("device_id", "in", devices.ids) & (Domain("state", "=", "new") | settling),
                ["device_id"],
                ["scan_time:min"],
            )
        )

        def is_waiting(session, device):
            silent = not device.last_seen or device.last_seen < session.checkin_until
            back_again = device.online_since and device.online_since > now - timedelta(minutes=device.settle_minutes)
            pending_from = oldest_pending.get(device)
            return silent or back_again or (pending_from and pending_from <= session.checkin_until)

        return sessions.filtered(
            lambda session: (
                not any(is_waiting(session, device) for device in devices if session.roster_id in device.roster_ids)
            )
        )

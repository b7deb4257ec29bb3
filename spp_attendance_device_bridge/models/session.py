# Part of the SPP attendance suite. LGPL-3.
from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain


class Session(models.Model):
    _inherit = "spp.session"

    def _record_device_arrivals(self, arrivals):
        """Write marks for people whose arrival a terminal saw.

        A mark that a person made stays. A mark in a submitted register is corrected, with the old value kept.

        :param arrivals: dict (id of a session in self, partner id) -> arrival (UTC datetime)
        :return: set of the keys whose mark was made by a person and kept
        """
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
        kept, new = set(), []
        for (session_id, partner_id), arrival in arrivals.items():
            status = sessions[session_id]._arrival_status(arrival)
            mark = existing.get((session_id, partner_id))
            if not mark:
                new.append(
                    {
                        "session_id": session_id,
                        "participant_id": partner_id,
                        "status_id": status.id,
                        "attendance_time": arrival,
                        "source": "device",
                    }
                )
            elif mark.source == "person":
                kept.add((session_id, partner_id))
            elif mark.attendance_time != arrival or mark.status_id != status:
                mark.with_context(attendance_change_reason=self.env._("Scan of a terminal")).write(
                    {"status_id": status.id, "attendance_time": arrival, "source": "device"}
                )
        marks.with_context(attendance_change_reason=self.env._("Scan of a terminal")).create(new)
        return kept

    def _submit(self):
        """Everything the terminals said is used before anybody becomes absent."""
        todo = self.filtered(lambda session: not session.submitted_at and session.state != "cancelled")
        self.env["spp.attendance.scan"].sudo()._match_again_for(todo.sudo())
        return super()._submit()

    def _ready_for_submission(self):
        """Wait for terminals: nobody is absent because a terminal was silent or still sends what it has kept."""
        sessions = super()._ready_for_submission()
        devices = (
            self.env["spp.attendance.device"]
            .sudo()
            .search([("roster_ids", "in", sessions.roster_id.ids), ("state", "=", "active")])
        )
        now = fields.Datetime.now()
        scans = self.env["spp.attendance.scan"].sudo()
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

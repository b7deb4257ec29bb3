# Part of the SPP attendance suite. LGPL-3.
"""From scans to marks: whose identifier it is, whose check-in was open, and which scan is the arrival."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from odoo import models


class Opening(NamedTuple):
    """The check-in of one session, as plain values: they are compared with every scan."""

    session_id: int
    start: datetime
    checkin_from: datetime
    checkin_until: datetime
    expected_ids: frozenset


class AttendanceScan(models.Model):
    _inherit = "spp.attendance.scan"

    def _match(self):
        """Find person and session of these scans and write the attendance that follows.

        The arrival is the first scan inside the check-in time, whatever its in/out key and whatever order the scans
        came in. The number of queries does not grow with the number of scans.
        """
        if not self:
            return
        partner_ids, problems = self._find_partners()
        sessions = self._candidate_sessions()
        openings = defaultdict(list)
        for session in sessions:
            openings[session.roster_id.id].append(
                Opening(
                    session.id,
                    session.start_datetime,
                    session.checkin_from,
                    session.checkin_until,
                    frozenset(session.expected_participant_ids._ids),
                )
            )
        rosters = {device.id: device.roster_ids.ids for device in self.device_id}
        members = self.device_id.roster_ids._members_by_day(self.mapped("scan_date"))
        outcome = defaultdict(list)  # (state, reason, partner id, session id) -> scan ids
        for scan in self:
            partner_id, roster_ids, moment = partner_ids.get(scan.id), rosters[scan.device_id.id], scan.scan_time
            if not partner_id:
                outcome["review", problems[scan.id], False, False].append(scan.id)
                continue
            possible = [
                opening
                for roster_id in roster_ids
                for opening in openings[roster_id]
                if opening.checkin_from <= moment <= opening.checkin_until and partner_id in opening.expected_ids
            ]
            if possible:
                nearest = min(possible, key=lambda opening: (abs(opening.start - moment), opening.session_id))
                outcome["repeat", False, partner_id, nearest.session_id].append(scan.id)
            elif any(partner_id in members[roster_id, scan.scan_date] for roster_id in roster_ids):
                outcome["outside", False, partner_id, False].append(scan.id)
            else:
                outcome["review", "not_on_roster", partner_id, False].append(scan.id)
        for (state, reason, partner_id, session_id), scan_ids in outcome.items():
            self.browse(scan_ids).write(
                {"state": state, "reason": reason, "partner_id": partner_id, "session_id": session_id}
            )
        self._record_arrivals(sessions)

    def _find_partners(self):
        """Who the identifiers belong to; one query.

        An identifier that two registrants share is an error, not a choice.

        :return: (scan id -> partner id, scan id -> reason why there is none)
        """
        # sudo: identifiers are found for the terminal, which is no user
        registry_ids = (
            self.env["spp.registry.id"]
            .sudo()
            .search_fetch(
                [
                    ("id_type_id", "in", self.device_id.id_type_id.ids),
                    ("value", "in", list(set(self.mapped("credential")))),
                    ("status", "!=", "invalid"),
                    ("partner_id.is_registrant", "=", True),
                    ("partner_id.is_group", "=", False),
                    ("partner_id.disabled", "=", False),
                    ("partner_id.company_id", "in", self.company_id.ids),
                ],
                ["id_type_id", "value", "partner_id"],
            )
        )
        owners = defaultdict(set)
        for registry_id in registry_ids:
            company_id = registry_id.partner_id.company_id.id
            owners[company_id, registry_id.id_type_id.id, registry_id.value].add(registry_id.partner_id.id)
        found, problems = {}, {}
        for scan in self:
            partners = owners.get((scan.company_id.id, scan.device_id.id_type_id.id, scan.credential), ())
            if len(partners) == 1:
                (found[scan.id],) = partners
            else:
                problems[scan.id] = "ambiguous_identifier" if partners else "unknown_identifier"
        return found, problems

    def _candidate_sessions(self):
        """Sessions of the terminals' rosters whose check-in was open at some of these scans; one query."""
        times = self.mapped("scan_time")
        # sudo: sessions are found for the terminal, which is no user
        return (
            self.env["spp.session"]
            .sudo()
            .search(
                [
                    ("roster_id", "in", self.device_id.roster_ids.ids),
                    ("state", "!=", "cancelled"),
                    ("checkin_from", "<=", max(times)),
                    ("checkin_until", ">=", min(times)),
                ],
                order="start_datetime, id",
            )
        )

    def _record_arrivals(self, sessions):
        """Write the marks of everybody with a scan among `self` in these sessions; the earliest scan decides."""
        touched = {(scan.session_id.id, scan.partner_id.id) for scan in self if scan.session_id}
        if not touched:
            return
        seen = defaultdict(list)  # (session id, partner id) -> scan ids, earliest first
        arrivals = {}
        # sudo: the earliest scan of a person counts, whoever may see it
        for scan in self.sudo().search(
            [
                ("session_id", "in", list({session_id for session_id, _partner_id in touched})),
                ("partner_id", "in", list({partner_id for _session_id, partner_id in touched})),
            ],
            order="scan_time, id",
        ):
            key = (scan.session_id.id, scan.partner_id.id)
            if key in touched:
                seen[key].append(scan.id)
                arrivals.setdefault(key, scan.scan_time)
        kept = sessions._record_device_arrivals(arrivals)
        by_state = defaultdict(list)
        for key, scan_ids in seen.items():
            reason = kept.get(key)
            by_state["review" if reason else "matched", reason or False].append(scan_ids[0])
            # the arrival that a locked register knows stays the one that counts
            counting = self.browse(scan_ids[1:]).filtered(
                lambda scan, reason=reason: reason == "register_locked" and scan.state == "matched"
            )
            by_state["repeat", False] += [scan_id for scan_id in scan_ids[1:] if scan_id not in counting.ids]
        for (state, reason), scan_ids in by_state.items():
            scans = self.browse(scan_ids)
            scans.filtered(lambda scan, state=state, reason=reason: (scan.state, scan.reason) != (state, reason)).write(
                {"state": state, "reason": reason}
            )

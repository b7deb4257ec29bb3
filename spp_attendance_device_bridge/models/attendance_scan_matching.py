# Part of the SPP attendance suite. LGPL-3.
from collections import defaultdict

from odoo import models


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
        members = self.device_id.roster_ids._members_by_day(self.mapped("scan_date"))
        outcome = defaultdict(self.browse)  # (state, reason, partner id, session id) -> scans
        for scan in self:
            partner_id = partner_ids.get(scan.id)
            if not partner_id:
                outcome["review", problems[scan.id], False, False] |= scan
                continue
            open_sessions = [
                session
                for session in sessions
                if session.roster_id in scan.device_id.roster_ids
                and session.checkin_from <= scan.scan_time <= session.checkin_until
                and partner_id in session.expected_participant_ids._ids
            ]
            if open_sessions:
                nearest = min(open_sessions, key=lambda s: (abs(s.start_datetime - scan.scan_time), s.id))
                outcome["repeat", False, partner_id, nearest.id] |= scan
            elif any(partner_id in members[roster.id, scan.scan_date] for roster in scan.device_id.roster_ids):
                outcome["outside", False, partner_id, False] |= scan
            else:
                outcome["review", "not_on_roster", partner_id, False] |= scan
        for (state, reason, partner_id, session_id), scans in outcome.items():
            scans.write({"state": state, "reason": reason, "partner_id": partner_id, "session_id": session_id})
        self._record_arrivals(sessions)

    def _find_partners(self):
        """Who the identifiers belong to; one query.

        An identifier that two registrants share is an error, not a choice.

        :return: (scan id -> partner id, scan id -> reason why there is none)
        """
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
        first_scans = {}
        for scan in self.sudo().search(
            [
                ("session_id", "in", list({session_id for session_id, _partner_id in touched})),
                ("partner_id", "in", list({partner_id for _session_id, partner_id in touched})),
            ],
            order="scan_time, id",
        ):
            key = (scan.session_id.id, scan.partner_id.id)
            if key in touched:
                first_scans.setdefault(key, self.browse())
                first_scans[key] |= scan
        kept = sessions._record_device_arrivals({key: scans[0].scan_time for key, scans in first_scans.items()})
        by_state = defaultdict(self.browse)
        for key, scans in first_scans.items():
            arrival, repeats = scans[0], scans[1:]
            by_state["review", "marked_by_person"] |= arrival if key in kept else arrival.browse()
            by_state["matched", False] |= arrival.browse() if key in kept else arrival
            by_state["repeat", False] |= repeats
        for (state, reason), scans in by_state.items():
            scans.filtered(lambda scan, state=state: scan.state != state).write({"state": state, "reason": reason})

# Part of the SPP attendance suite. LGPL-3.
"""Decisions and assessments in words: one sentence with its numbers, and a table of the events behind it."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from odoo.addons.spp_session_tracking import counting


class AttendanceExplanationMixin(models.AbstractModel):
    """Says in words why somebody passes or fails, and shows each event that counted or did not."""

    _name = "spp.attendance.explanation.mixin"
    _description = "Attendance in Words"

    explanation = fields.Char(compute="_compute_explanation")
    event_table = fields.Json(
        "Attendance Events", compute="_compute_event_table", help="Each event that the run looked at, counted or not."
    )

    @api.depends("partner_id", "run_id.criteria")
    @api.depends_context("lang", "uid")
    def _compute_event_table(self):
        """One query per run; who reads a finding may not be allowed to read its cycle membership."""
        for run, lines in self.grouped("run_id").items():
            events = self.env["spp.event.attendance"]
            if run.criteria:
                events = events.search(lines[0]._event_domain(lines.partner_id), order="attendance_date, id")
            by_person = events.grouped("partner_id")
            for line in lines:
                own = by_person.get(line.partner_id, events.browse())
                # sudo: the names of types and places beside the facts that the user may read
                line.event_table = [line.sudo()._event_row(event) for event in own]

    def _event_row(self, event):
        is_cancelled = event.state == "cancelled"
        return {
            "id": event.id,
            "date": format_date(self.env, event.attendance_date),
            "type": event.type_id.name or "",
            "location": event.location_id.name or "",
            "source": event.source_id.name,
            "weight": f"{event.weight:g}",
            "is_cancelled": is_cancelled,
            "what_counted": self.env._("cancelled, does not count") if is_cancelled else self._what_counted(event),
        }

    @api.depends("reason", "counted", "expected", "required", "run_id.criteria")
    @api.depends_context("lang")
    def _compute_explanation(self):
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        for line in self:
            line.explanation = line._explain(reasons)

    def _explain(self, reasons):
        """The finding about a person in one sentence, with its numbers.

        :param reasons: dict of reason codes and their labels
        """
        criteria = self.run_id.criteria or {}
        values = {
            "counted": f"{self.counted:g}",
            "expected": self.expected,
            "required": f"{self.required:g}",
            "percent": f"{100 * self.counted / self.expected:.2f}" if self.expected else "",
            "threshold": f"{criteria.get('threshold', 0):g}",
        }
        match self.reason:
            case "nothing_expected":
                return self.env._("No submitted session expected this person, so nothing is known: check the roster.")
            case "met" | "below" if criteria.get("measure") == "percentage" and self.expected == 1:
                return self.env._(
                    "Attended %(counted)s of one session (%(percent)s %%); %(threshold)s %% are required.", **values
                )
            case "met" | "below" if criteria.get("measure") == "percentage":
                return self.env._(
                    "Attended %(counted)s of %(expected)s sessions (%(percent)s %%); %(threshold)s %% are required.",
                    **values,
                )
            case "met" | "below":
                return self._with_required(self._attended_phrase(criteria.get("measure")))
        return self.env._("%s.", reasons[self.reason])

    def _attended_phrase(self, measure):
        if measure == "days":
            if self.counted == 1:
                return self.env._("Attended on one day")
            return self.env._("Attended on %s different days", f"{self.counted:g}")
        if self.counted == 1:
            return self.env._("Attended one session")
        return self.env._("Attended %s sessions", f"{self.counted:g}")

    def _with_required(self, found):
        """A sentence of what was found and of how many are required; one is spoken of differently."""
        if self.required == 1:
            return self.env._("%s; one is required.", found)
        return self.env._("%(found)s; %(required)s are required.", found=found, required=f"{self.required:g}")

    def _event_domain(self, people):
        """The events of these people that the run looked at: in the window, of the types, places and sources asked for.

        :param people: recordset of res.partner
        """
        self.ensure_one()
        criteria = self.run_id.criteria
        domain = (
            Domain("partner_id", "in", people.ids)
            & Domain("attendance_date", ">=", criteria["from"])
            & Domain("attendance_date", "<=", criteria["to"])
        )
        for field, ids in (("type_id", "types"), ("location_id", "locations"), ("source_id", "sources")):
            if criteria[ids]:
                domain &= Domain(field, "in", criteria[ids])
        return domain

    def _open_events(self, people):
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_attendance_compliance.action_event_attendance")
        return {**action, "domain": list(self._event_domain(people))}

    def _what_counted(self, event):
        """How an event entered the count, in a few words."""
        criteria = self.run_id.criteria
        enrolled = self.membership_id.enrollment_date
        if criteria["prorate"] and enrolled and event.attendance_date < enrolled:
            return self.env._("does not count: before the enrolment")
        if event.is_pending:
            return self.env._("excuse not decided yet")
        entry = counting.entry(
            event.is_attended, event.is_excused, event.is_in_denominator, event.weight, criteria["excused"]
        )
        if event.is_excused and entry.is_attended and not event.is_attended:
            return self.env._("excused, counts as attended")
        if event.is_excused and not entry.is_counted:
            return self.env._("excused, does not count")
        if event.is_attended and event.lates_per_absence:
            return self.env._(
                "late, counts %(weight)s; %(lates)s late arrivals take one away",
                weight=f"{entry.weight.normalize():f}",
                lates=event.lates_per_absence,
            )
        if entry.is_attended:
            return self.env._("attended, counts %s", f"{entry.weight.normalize():f}")
        if entry.is_counted:
            return self.env._("absent, counts %s", f"{entry.weight.normalize():f}")
        return self.env._("does not count")

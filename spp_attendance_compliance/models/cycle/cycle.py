# Part of the SPP attendance suite. LGPL-3.
"""A cycle asks for attendance in its window, gets a run when its filter is pressed, and by itself at its end."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.spp_integrity import as_system

from ..requirement.attendance_rule_mixin import REQUIREMENT_FIELDS
from ..run.attendance_compliance_run_apply import FILTERED_CYCLE_STATES


class Cycle(models.Model):
    _name = "spp.cycle"
    _inherit = ["spp.cycle", "spp.attendance.rule.mixin", "spp.guarded.fields.mixin"]

    _system_fields = ("attendance_late_changes", "attendance_dry_run_at")

    attendance_from = fields.Date("Counted From", help="Empty: the first day of the cycle.")
    attendance_to = fields.Date("Counted To", help="Empty: the last day of the cycle.")
    attendance_run_ids = fields.One2many(
        "spp.attendance.compliance.run", "cycle_id", "Attendance Runs", domain=[("is_refresh", "=", False)]
    )
    attendance_run_count = fields.Integer(compute="_compute_attendance_run_count")
    attendance_open_session_count = fields.Integer(
        "Registers Not Submitted",
        compute="_compute_attendance_open_session_count",
        help="Sessions in the window whose register is missing; the cycle is not filtered automatically before.",
    )

    attendance_rule_text = fields.Char("Requirement in Words", compute="_compute_attendance_rule_text")

    _attendance_window_in_order = models.Constraint(
        "CHECK (attendance_from IS NULL OR attendance_to IS NULL OR attendance_from <= attendance_to)",
        "The attendance window ends before it starts: check its two dates.",
    )

    @api.depends("attendance_required")
    def _compute_allow_filter_compliance_criteria(self):
        super()._compute_allow_filter_compliance_criteria()
        for cycle in self.filtered("attendance_required"):
            cycle.allow_filter_compliance_criteria = True

    def _compute_attendance_run_count(self):
        counts = dict(
            self.env["spp.attendance.compliance.run"]._read_group(
                [("cycle_id", "in", self.ids), ("is_refresh", "=", False)], ["cycle_id"], ["__count"]
            )
        )
        for cycle in self:
            cycle.attendance_run_count = counts.get(cycle._origin, 0)

    @api.depends("attendance_required", "attendance_from", "attendance_to", "start_date", "end_date")
    def _compute_attendance_open_session_count(self):
        for cycle in self:
            # one count per cycle: each has a window of its own; lists do not show this field
            # sudo: open registers of all areas hold up the cycle; only their number is told
            cycle.attendance_open_session_count = (
                self.env["spp.session"].sudo().search_count(cycle._attendance_open_session_domain())
                if cycle.attendance_required and cycle.start_date and cycle.end_date
                else 0
            )

    @api.depends(
        "attendance_from",
        "attendance_to",
        "start_date",
        "end_date",
        "program_id",
        *(name for name in REQUIREMENT_FIELDS if name not in ("attendance_days_before", "attendance_filter_at_end")),
    )
    @api.depends_context("lang")
    def _compute_attendance_rule_text(self):
        runs = self.env["spp.attendance.compliance.run"]
        for cycle in self:
            asks = cycle.attendance_required and cycle.attendance_measure and all(cycle._attendance_window())
            cycle.attendance_rule_text = asks and runs._criteria_in_words(
                cycle._attendance_criteria(), cycle.attendance_target_type
            )

    @api.model_create_multi
    def create(self, vals_list):
        """A cycle that says nothing about attendance takes the requirement of the one before it, else of its program."""
        programs = self.env["spp.program"].browse({vals["program_id"] for vals in vals_list if vals.get("program_id")})
        silent = [vals for vals in vals_list if "attendance_required" not in vals]
        usual = programs._usual_attendance_requirement() if silent else {}
        vals_list = [
            vals if "attendance_required" in vals else {**usual.get(vals.get("program_id"), {}), **vals}
            for vals in vals_list
        ]
        return super().create(vals_list)

    # --- window and sessions

    def _attendance_window(self):
        """First and last local day that count, both included."""
        self.ensure_one()
        return self.attendance_from or self.start_date, self.attendance_to or self.end_date

    def _attendance_session_domain(self):
        first, last = self._attendance_window()
        domain = Domain("date", ">=", first) & Domain("date", "<=", last)
        if self.company_id:
            domain &= Domain("company_id", "in", (self.company_id.id, False))
        if self.attendance_type_ids:
            domain &= Domain(
                "session_type_id",
                "in",
                [int(kind.external_id) for kind in self.attendance_type_ids if kind.source_id.kind == "session"],
            )
        if self.attendance_location_ids:
            domain &= Domain(
                "location",
                "in",
                [place.external_id for place in self.attendance_location_ids if place.source_id.kind == "session"],
            )
        return domain

    def _attendance_open_session_domain(self):
        return self._attendance_session_domain() & Domain("state", "in", ("scheduled", "in_progress"))

    def _attendance_sessions(self):
        # sudo: sessions of all areas count for the cycle
        return self.env["spp.session"].sudo().search(self._attendance_session_domain())

    def _attendance_criteria(self):
        """The requirement as plain values, to be kept with a run."""
        first, last = self._attendance_window()
        return {
            "measure": self.attendance_measure,
            "threshold": self.attendance_threshold,
            "from": fields.Date.to_string(first),
            "to": fields.Date.to_string(last),
            "types": self.attendance_type_ids.ids,
            "locations": self.attendance_location_ids.ids,
            "sources": self.attendance_source_ids.ids,
            "excused": self.attendance_excused,
            "prorate": self.attendance_prorate,
            "combination": self.attendance_combination,
            "group_rule": self.attendance_group_rule,
            "group_count": self.attendance_group_count,
            "group_percentage": self.attendance_group_percentage,
            "roles": self.attendance_role_ids.ids,
            "age_from": self.attendance_age_from,
            "age_to": self.attendance_age_to,
        }

    # --- runs

    def action_filter_beneficiaries_by_compliance_criteria(self):
        """Cycles with an attendance requirement get a dry run, which is shown; the others are filtered by the host.

        :return: window action on the new run, or what the host returns
        """
        with_attendance = self.filtered("attendance_required")
        result = None
        if others := self - with_attendance:
            result = super(Cycle, others).action_filter_beneficiaries_by_compliance_criteria()
        if with_attendance:
            runs = with_attendance._start_attendance_run()
            result = runs[-1].get_formview_action()
        return result

    def _start_attendance_run(self):
        """Decide about the members of each cycle without changing them; where servers have to be asked, begin with it.

        :return: the new runs, or the ones that ask servers already
        :raise AccessError: for anybody below programs officer
        :raise UserError: when a cycle is not open for filtering
        """
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_officer")):
            raise AccessError(self.env._("Only programs officers may start an attendance run: ask one to do it."))
        self.check_access("read")
        runs = as_system(self.env["spp.attendance.compliance.run"])
        for cycle in as_system(self):
            cycle._check_attendance_filter()
            criteria = cycle._attendance_criteria()
            run = runs._to_join(cycle, criteria)
            if not run:
                run = runs.create({"cycle_id": cycle.id, "criteria": criteria, "user_id": self.env.uid})
                run._start()
            else:
                run._join()
            runs |= run
        return runs.with_env(self.env)

    def _check_attendance_filter(self):
        if not self.attendance_required:
            raise UserError(self.env._("%s has no attendance requirement: switch it on first.", self.name))
        if self.state not in FILTERED_CYCLE_STATES:
            raise UserError(
                self.env._("%s is approved or over: its members can no longer be filtered by attendance.", self.name)
            )

    def action_view_attendance_runs(self):
        """Open the attendance runs of this cycle.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "spp_attendance_compliance.action_attendance_compliance_run"
        )
        return {**action, "domain": [("cycle_id", "=", self.id), ("is_refresh", "=", False)]}

    def action_view_attendance_open_sessions(self):
        """Open the sessions in the window whose register is not submitted, as far as the user may see them.

        :return: window action (dict)
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Registers Not Submitted"),
            "res_model": "spp.session",
            "view_mode": "list,form",
            "domain": list(self._attendance_open_session_domain()),
        }

    # --- cron

    def _attendance_is_due(self):
        """The window is over where the program is, and every register in it is submitted."""
        self.ensure_one()
        return (
            self._attendance_window()[1] < self._attendance_today()
            and not self.attendance_open_session_count
            and not self._attendance_awaits_approval()
        )

    def _attendance_awaits_approval(self):
        """A run of the whole window lies there already; the second person has to approve it."""
        run = self.attendance_run_ids[:1]
        return run.needs_approval and self._attendance_local_day(run.create_date) > self._attendance_window()[1]

    @api.model
    def _cron_filter_by_attendance(self):
        """Filter the cycles whose attendance window is over; with a job runner each one is a job."""
        cycles = self.search(
            Domain("attendance_required", "=", True)
            & Domain("attendance_filter_at_end", "=", True)
            & Domain("state", "in", FILTERED_CYCLE_STATES)
            & Domain("compliance_criteria_applied", "=", False)
            & Domain("cycle_membership_ids", "!=", False)
            & (
                Domain("attendance_to", "<=", "today")
                | (Domain("attendance_to", "=", False) & Domain("end_date", "<=", "today"))
            )
        )
        due = cycles.filtered(lambda cycle: cycle._attendance_is_due())
        later = self.env["spp.run.later"]
        for done, cycle in enumerate(due, start=1):
            if not later._enqueue(cycle, "_job_filter_by_attendance", identity_key=f"spp-attendance-filter-{cycle.id}"):
                try:
                    with self.env.cr.savepoint():
                        cycle._job_filter_by_attendance()
                except UserError as error:
                    cycle.message_post(body=self.env._("Not filtered by attendance: %s", error))
            self.env["ir.cron"]._commit_progress(1, remaining=len(due) - done)

    def _job_filter_by_attendance(self):
        """Decide and apply, unless somebody has done so meanwhile.

        :return: what happened, in a few words
        """
        self.ensure_one()
        if not self.try_lock_for_update():
            return "the cycle is being worked on; the next scheduled run looks at it again"
        if self.compliance_criteria_applied or not self._attendance_is_due():
            return "nothing to do"
        last = self.attendance_run_ids[:1]
        if last.state == "decided" and last.is_applied_when_decided:
            return "the last run waits for a person who approves and applies it"
        run = self._start_attendance_run()
        if run.state == "fetching":
            run.is_applied_when_decided = True
            return "asking attendance servers; the run is applied when they have answered"
        if run.needs_approval:
            self._announce_attendance_run(run)
            return "a dry run, which a second person has to approve"
        run.action_apply()
        return f"{run.compliant_count} compliant, {run.non_compliant_count} not, {run.unknown_count} unknown"

# Part of the SPP attendance suite. LGPL-3.
"""Before a run is applied: who would gain or lose, how much money that is, and whose decision is disputed."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, formatLang

from odoo.addons.spp_integrity import as_system

from .attendance_compliance_run_apply import FILTERED_CYCLE_STATES

#: Entitlements that cost the program nothing.
VOID_ENTITLEMENT_STATES = ("cancelled", "rejected1", "rejected2", "rejected3", "expired")
#: Thresholds to try out are this far apart: percentage points, or sessions and days.
_TRIAL_STEPS = {"percentage": 5, "sessions": 1, "days": 1}


class AttendanceComplianceRun(models.Model):
    """What applying a run would change, in people and money; runs about late data and about a disputed decision."""

    _inherit = "spp.attendance.compliance.run"

    kind = fields.Selection(
        [("filter", "Filter"), ("difference", "Late Data"), ("dispute", "Dispute")],
        required=True,
        readonly=True,
        default="filter",
        help="A filter assesses all members. Late data are judged by the requirement of the applied run. A dispute is about "
        "one membership only.",
    )
    gaining_count = fields.Integer("Newly Enrolled", readonly=True)
    losing_count = fields.Integer("Newly Non-Compliant", readonly=True)
    currency_id = fields.Many2one(related="cycle_id.currency_id")
    usual_amount = fields.Monetary(
        readonly=True, help="The most frequent amount of the cash entitlements of the cycle when the run decided."
    )
    amount_difference = fields.Monetary(
        "Estimated Difference",
        readonly=True,
        help="The usual amount for everybody who would become enrolled and has no entitlement, less the entitlements of those "
        "who would become non-compliant. An estimate: amounts may differ from person to person.",
    )
    difference_text = fields.Char("What Would Change", compute="_compute_difference_text")
    is_cycle_open = fields.Boolean(compute="_compute_is_cycle_open")
    open_dispute_count = fields.Integer("Open Disputes", compute="_compute_open_dispute_count")
    assessment_count = fields.Integer(compute="_compute_assessment_count")

    def _compute_difference_text(self):
        for run in self:
            number = run.gaining_count + run.losing_count
            people = self.env._("one person") if number == 1 else self.env._("%s people", number)
            amount = formatLang(self.env, run.amount_difference, currency_obj=run.currency_id)
            if run.amount_difference > 0:
                amount = f"+{amount}"
            if not number:
                run.difference_text = self.env._("would change nobody")
            elif run.usual_amount:
                run.difference_text = self.env._(
                    "would change %(people)s, about %(amount)s", people=people, amount=amount
                )
            else:
                run.difference_text = self.env._("would change %(people)s", people=people)

    @api.depends("cycle_id.state", "state")
    def _compute_is_cycle_open(self):
        """Whether the cycle is in a state in which the run can be applied, or taken back once it is."""
        for run in self:
            states = FILTERED_CYCLE_STATES if run.state == "applied" else run._applicable_cycle_states()
            run.is_cycle_open = run.cycle_id.state in states

    @api.depends("decision_ids.is_changed")
    def _compute_open_dispute_count(self):
        """Of how many of those whom the run would change the decision in force is disputed."""
        # sudo: disputes in all areas are counted, only their number is told
        disputes = (
            self.env["spp.attendance.dispute"]
            .sudo()
            .search([("state", "=", "open"), ("cycle_id", "in", self.cycle_id.ids)])
        )
        disputed = [
            ("run_id", "in", self.ids),
            ("is_changed", "=", True),
            ("membership_id", "in", disputes.decision_id.membership_id.ids),
        ]
        counts = dict(self.env["spp.attendance.decision"]._read_group(disputed, ["run_id"], ["__count"]))
        for run in self:
            run.open_dispute_count = counts.get(run._origin, 0)

    def _compute_assessment_count(self):
        counts = dict(
            self.env["spp.attendance.assessment"]._read_group([("run_id", "in", self.ids)], ["run_id"], ["__count"])
        )
        for run in self:
            run.assessment_count = counts.get(run._origin, 0)

    def _decide(self):
        super()._decide()
        self._measure_difference()

    def _measure_difference(self):
        """Note how many people applying the run would change, and roughly how much money. One query."""
        [(gaining, losing, usual, difference)] = self.env.execute_query(
            SQL(
                """
                WITH cash AS (
                    SELECT partner_id, initial_amount AS amount
                      FROM spp_entitlement
                     WHERE cycle_id = %(cycle)s AND is_cash_entitlement AND state NOT IN %(void)s
                ),
                usual AS (SELECT COALESCE(MODE() WITHIN GROUP (ORDER BY amount), 0) AS amount FROM cash),
                changing AS (
                    SELECT decision.result = 'compliant' AS is_gaining, held.amount
                      FROM spp_attendance_decision decision
                      JOIN spp_cycle_membership membership ON membership.id = decision.membership_id
                 LEFT JOIN (SELECT partner_id, SUM(amount) AS amount FROM cash GROUP BY partner_id) held
                        ON held.partner_id = membership.partner_id
                     WHERE decision.run_id = %(run)s
                       AND ((decision.result = 'compliant' AND decision.previous_state <> 'enrolled')
                            OR (decision.result = 'non_compliant' AND decision.previous_state = 'enrolled'))
                )
                SELECT COUNT(*) FILTER (WHERE is_gaining), COUNT(*) FILTER (WHERE NOT is_gaining), MAX(usual.amount),
                       COALESCE(MAX(usual.amount) * COUNT(*) FILTER (WHERE is_gaining AND changing.amount IS NULL), 0)
                       - COALESCE(SUM(changing.amount) FILTER (WHERE NOT is_gaining), 0)
                  FROM changing, usual
                """,
                cycle=self.cycle_id.id,
                run=self.id,
                void=VOID_ENTITLEMENT_STATES,
            )
        )
        self.write(
            {
                "gaining_count": gaining,
                "losing_count": losing,
                "usual_amount": usual or 0,
                "amount_difference": difference or 0,
            }
        )

    def _apply(self):
        """Facts that came late are dealt with by a run about all members."""
        super()._apply()
        if self.kind != "dispute":
            self.cycle_id.attendance_late_changes = 0

    # --- what if

    def action_what_if(self):
        """Show the result at thresholds around the present one; nothing is written to memberships.

        :return: window action on the new table
        :raise AccessError: for anybody below programs officer
        :raise UserError: when the run has decided nothing
        """
        self.ensure_one()
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_officer")):
            raise AccessError(self.env._("Only programs officers may try out other thresholds: ask one to do it."))
        self.check_access("read")
        if self.state not in ("decided", "applied", "reverted"):
            raise UserError(self.env._("%s has decided nothing yet: wait until it has.", self.name))
        run = as_system(self)
        counts = run._count_at(self._trial_thresholds())
        table = run.env["spp.attendance.what.if"].create({"run_id": self.id, "line_ids": self._trial_lines(counts)})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What If"),
            "res_model": table._name,
            "res_id": table.id,
            "view_mode": "form",
            "target": "new",
        }

    def _trial_thresholds(self):
        """Up to nine thresholds around the present one, none that nobody could ask for."""
        present = self.criteria["threshold"]
        step = _TRIAL_STEPS[self.criteria["measure"]]
        most = 100 if self.criteria["measure"] == "percentage" else float("inf")
        return [present + shift * step for shift in range(-4, 5) if 0 <= present + shift * step <= most]

    def _trial_lines(self, counts):
        present = self.criteria["threshold"]
        return [
            fields.Command.create(
                {
                    "threshold": threshold,
                    "is_present": threshold == present,
                    "compliant_count": counts.get((threshold, "compliant"), 0),
                    "non_compliant_count": counts.get((threshold, "non_compliant"), 0),
                    "unknown_count": counts.get((threshold, "unknown"), 0),
                    "compliant_difference": counts.get((threshold, "compliant"), 0)
                    - counts.get((present, "compliant"), 0),
                }
            )
            for threshold in self._trial_thresholds()
        ]

    # --- screens

    def action_view_assessments(self):
        """Open what this run found for the members of groups.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_attendance_compliance.action_attendance_assessment")
        return {**action, "domain": [("run_id", "=", self.id)]}

    def action_view_open_disputes(self):
        """Open the disputes of those whom this run would change.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_attendance_compliance.action_attendance_dispute")
        changed = self.decision_ids.filtered("is_changed").membership_id
        return {
            **action,
            "domain": [("state", "=", "open"), ("decision_id.membership_id", "in", changed.ids)],
            "context": {},
        }

    def action_print_letters(self):
        """Print a letter for everybody whom this run decided about and whom the user may see.

        :return: report action (dict)
        :raise AccessError: for anybody below programs officer
        """
        self.ensure_one()
        action = self.decision_ids.action_print_letter()
        # who gets a letter is looked up when it is printed: thousands of numbers make no address
        return {**action, "data": {"run_id": self.id}, "context": {}}

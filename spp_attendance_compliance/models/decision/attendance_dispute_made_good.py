# Part of the SPP attendance suite. LGPL-3.
"""What a justified dispute brings in an approved cycle, and what is noted when the cycle is over."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.spp_integrity import as_system, named
from odoo.addons.spp_integrity.clock import company_today
from odoo.addons.spp_programs.models import constants

from ..cycle.attendance_entitlement_mixin import ENTITLEMENT_MODELS
from ..run.attendance_compliance_run_apply import OVER_CYCLE_STATES

#: The cycle is decided, yet something can still be given in it.
MADE_GOOD_CYCLE_STATES = (constants.STATE_APPROVED, constants.STATE_DISTRIBUTED)


class AttendanceDispute(models.Model):
    """A justified dispute after the cycle was approved: the one member is enrolled and gets a draft entitlement.

    In a cycle that is over nothing changes; that the dispute was justified is kept, on the person's page too.
    """

    _inherit = "spp.attendance.dispute"

    cycle_state = fields.Selection(related="cycle_id.state", string="State of the Cycle")
    is_cycle_over = fields.Boolean(compute="_compute_is_cycle_over")
    entitlement_ids = fields.One2many(
        "spp.entitlement", "attendance_dispute_id", "Cash Entitlements Made Good", readonly=True
    )
    inkind_entitlement_ids = fields.One2many(
        "spp.entitlement.inkind", "attendance_dispute_id", "In-Kind Entitlements Made Good", readonly=True
    )
    made_good_on = fields.Date(readonly=True, tracking=True)
    made_good_by_id = fields.Many2one("res.users", readonly=True)

    @api.depends("cycle_id.state")
    def _compute_is_cycle_over(self):
        for dispute in self:
            dispute.is_cycle_over = dispute.cycle_id.state in OVER_CYCLE_STATES

    def _check_can_correct(self):
        super()._check_can_correct()
        if self.cycle_id.state in MADE_GOOD_CYCLE_STATES and self.new_result != "compliant":
            raise UserError(
                self.env._(
                    "%(cycle)s is approved: nothing is taken from %(who)s any more, and the new decision gives nothing.",
                    cycle=self.cycle_id.name,
                    who=named(self.partner_id),
                )
            )

    def _make_good(self):
        """Prepare what the member of an approved cycle is entitled to by now, as drafts of the program's own manager.

        :raise UserError: when the membership was changed meanwhile, so that the decision was not applied to it
        """
        if self.cycle_id.state not in MADE_GOOD_CYCLE_STATES:
            return
        membership = self.new_decision_id.membership_id
        if membership.attendance_decision_id != self.new_decision_id:
            raise UserError(
                self.env._("The membership of %s was changed meanwhile: look at it.", named(self.partner_id))
            )
        if manager := self.cycle_id.program_id.get_manager(constants.MANAGER_ENTITLEMENT):
            manager.prepare_entitlements(self.cycle_id, membership)
        prepared = 0
        for model in ENTITLEMENT_MODELS:
            # what a run had withdrawn was given back as a draft when the decision was applied
            drafts = self.env[model].search(
                [
                    ("cycle_id", "=", self.cycle_id.id),
                    ("partner_id", "=", self.partner_id.id),
                    ("state", "=", "draft"),
                    ("attendance_dispute_id", "=", False),
                ]
            )
            drafts.attendance_dispute_id = self
            drafts._lengthen_validity()
            prepared += len(drafts)
        self._note_made_good(membership, prepared)

    def _note_made_good(self, membership, prepared):
        values = {"who": self.partner_id.name, "count": f"{membership.number_of_attendance:g}"}
        if not prepared:
            body = self.env._(
                "Made good: %(who)s is enrolled with %(count)s attendances. Nothing was prepared: the program gives nothing, or "
                "there is an entitlement already.",
                **values,
            )
        elif prepared == 1:
            body = self.env._(
                "Made good: %(who)s is enrolled with %(count)s attendances. One entitlement was prepared as a draft.",
                **values,
            )
        else:
            body = self.env._(
                "Made good: %(who)s is enrolled with %(count)s attendances. %(prepared)s entitlements were prepared as drafts.",
                **values,
                prepared=prepared,
            )
        self.message_post(body=body)
        # the cycle is seen from every area: the dispute itself says whom it is about
        self.cycle_id.message_post(
            body=self.env._(
                "Dispute number %(number)s made good, entitlements prepared: %(count)s.", number=self.id, count=prepared
            )
        )

    # --- cycles that are over

    def action_justify(self):
        """Record that disputes about cycles that are over were justified; nothing in those cycles changes.

        :raise AccessError: for anybody but a programs manager
        :raise UserError: while the cycle can be corrected, without an answer to the family, or when the facts of now do not
            lead to a compliant decision
        """
        self._check_may_decide()
        for dispute in self:
            if not dispute.is_cycle_over:
                raise UserError(self.env._("%s is not over: correct the dispute in it.", dispute.cycle_id.name))
            dispute._check_can_correct()
            if dispute.new_result != "compliant":
                raise UserError(
                    self.env._(
                        "The new decision about %s is not that the requirement is met: refuse the dispute with a reason.",
                        named(dispute.partner_id),
                    )
                )
            if not (dispute.resolution or "").strip():
                raise UserError(self.env._("Write the answer to the family first: what happens in the next cycle."))
        as_system(self)._close("justified")

    def action_made_good(self):
        """Note that what was justified has been made good in a later cycle; it leaves the person's page.

        :raise AccessError: for anybody but a programs manager
        :raise UserError: when it was not justified, or is made good already
        """
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(self.env._("Only a programs manager may say that it was made good: ask one to do it."))
        self.check_access("write")
        if self.filtered(lambda dispute: dispute.state != "justified" or dispute.made_good_on):
            raise UserError(self.env._("Only justified disputes that are not made good yet can be marked."))
        as_system(self).write({"made_good_on": company_today(self.env.company), "made_good_by_id": self.env.uid})

    def action_view_events(self):
        """Open the attendance events that the disputed decision counted or did not count, to correct them.

        :return: window action (dict)
        """
        self.ensure_one()
        return self.decision_id.action_view_events()


class AttendanceComplianceRun(models.Model):
    _inherit = "spp.attendance.compliance.run"

    def _applicable_cycle_states(self):
        """A disputed decision is corrected in approved cycles too; all other runs only before."""
        states = super()._applicable_cycle_states()
        return (*states, *MADE_GOOD_CYCLE_STATES) if self.kind == "dispute" else states

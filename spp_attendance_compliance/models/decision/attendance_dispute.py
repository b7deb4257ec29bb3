# Part of the SPP attendance suite. LGPL-3.
"""A decision is objected to: the facts of now are counted, and a manager corrects it or refuses with an answer."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.spp_integrity import as_system, named
from odoo.addons.spp_integrity.clock import database_now


class AttendanceDispute(models.Model):
    """A family, or staff for it, says that a decision is wrong: decided again and corrected, or refused with a reason.

    Evidence is attached in the chatter. The run about the one membership is kept with the dispute. How a justified dispute
    is made good once the cycle is approved is in ``attendance_dispute_made_good``.
    """

    _name = "spp.attendance.dispute"
    _description = "Dispute of an Attendance Decision"
    _inherit = ["mail.thread", "mail.activity.mixin", "spp.guarded.fields.mixin"]
    _order = "id desc"
    _company_path = "company_id"
    _area_path = "partner_id.area_id"

    _system_fields = (
        *("partner_id", "cycle_id", "company_id", "raised_by_id", "state", "decided_by_id", "decided_at", "run_id"),
        *("made_good_on", "made_good_by_id"),
    )
    _group_fields = {"spp_programs.group_programs_manager": ("resolution",)}
    _fixed_fields = ("decision_id",)
    _frozen_fields = ("claim", "raised_on", "resolution")

    decision_id = fields.Many2one(
        "spp.attendance.decision", "Disputed Decision", required=True, ondelete="restrict", index=True
    )
    partner_id = fields.Many2one(related="decision_id.partner_id", store=True, precompute=True, index=True)
    cycle_id = fields.Many2one(related="decision_id.run_id.cycle_id", store=True, precompute=True, index=True)
    company_id = fields.Many2one(related="decision_id.company_id", store=True)
    claim = fields.Text(required=True, tracking=True, help="What is said to be wrong, in the words of the family.")
    raised_by_id = fields.Many2one("res.users", "Written Down By", readonly=True, default=lambda self: self.env.uid)
    raised_on = fields.Date(required=True, default=fields.Date.context_today)
    state = fields.Selection(
        [
            ("open", "Open"),
            ("corrected", "Corrected"),
            ("justified", "Justified, to Be Made Good in the Next Cycle"),
            ("refused", "Refused"),
        ],
        required=True,
        readonly=True,
        default="open",
        tracking=True,
    )
    resolution = fields.Text("Answer to the Family", tracking=True)
    decided_by_id = fields.Many2one("res.users", readonly=True, tracking=True)
    decided_at = fields.Datetime(readonly=True)
    run_id = fields.Many2one(
        "spp.attendance.compliance.run", "Decided Again In", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    run_state = fields.Selection(related="run_id.state", string="State of the Run")
    old_explanation = fields.Char("Decided", related="decision_id.explanation")
    old_result = fields.Selection(related="decision_id.result", string="Result")
    new_decision_id = fields.Many2one("spp.attendance.decision", compute="_compute_new_decision_id")
    new_explanation = fields.Char("Decided Again", compute="_compute_new_decision_id")
    new_result = fields.Selection(
        lambda self: self.env["spp.attendance.decision"]._fields["result"].selection,
        compute="_compute_new_decision_id",
    )
    is_different = fields.Boolean(compute="_compute_new_decision_id")

    _one_open = models.UniqueIndex(
        "(partner_id, cycle_id) WHERE state = 'open'", "This decision is disputed already: add to the open dispute."
    )

    @api.depends("partner_id", "cycle_id")
    def _compute_display_name(self):
        for dispute in self:
            dispute.display_name = self.env._(
                "Dispute: %(who)s, %(cycle)s", who=dispute.partner_id.name or "", cycle=dispute.cycle_id.name or ""
            )

    @api.depends("run_id.decision_ids")
    def _compute_new_decision_id(self):
        found = self.env["spp.attendance.decision"].search(
            [("run_id", "in", self.run_id.ids), ("membership_id", "in", self.decision_id.membership_id.ids)]
        )
        by_membership = found.grouped(lambda decision: (decision.run_id, decision.membership_id))
        for dispute in self:
            old = dispute.decision_id
            new = by_membership.get((dispute.run_id, old.membership_id), found.browse())
            dispute.new_decision_id = new
            dispute.new_explanation = new.explanation
            dispute.new_result = new.result
            dispute.is_different = bool(new) and (new.result, new.reason, new.counted, new.expected) != (
                old.result,
                old.reason,
                old.counted,
                old.expected,
            )

    # --- raising

    @api.model_create_multi
    def create(self, vals_list):
        disputes = super(AttendanceDispute, self._without_guarded_defaults()).create(vals_list).with_env(self.env)
        disputes._check_decision_in_force()
        # sudo: who hears of it is asked for, which registry officers may not look up
        for dispute in disputes.sudo():
            manager = dispute.decision_id.run_id.applied_by_id
            if manager.active and manager.has_group("spp_programs.group_programs_manager"):
                dispute.activity_schedule(
                    "mail.mail_activity_data_todo", summary=self.env._("Decide on the dispute"), user_id=manager.id
                )
        return disputes

    def _check_decision_in_force(self):
        # sudo: whether a decision is in force does not depend on who asks
        for dispute in self.sudo():
            decision = dispute.decision_id
            if decision.run_id.state != "applied" or decision != decision.membership_id.attendance_decision_id:
                raise UserError(
                    self.env._(
                        "The decision about %s is not in force: dispute the one that is.", named(decision.partner_id)
                    )
                )

    def _settled(self):
        return self.filtered(lambda dispute: dispute.state != "open")

    def _settled_message(self, names):
        if self.state != "open":
            return self.env._("The dispute is closed: raise a new one against the decision in force.")
        return super()._settled_message(names)

    @api.model
    def _guarded_message(self, name):
        return self.env._("Only the claim can be changed; a programs manager answers and decides.")

    # --- deciding

    def action_decide_again(self):
        """Count the facts of now for the one membership, by the requirement of the disputed decision; nothing is applied.

        :raise AccessError: for anybody but a programs manager
        :raise UserError: when the dispute is closed
        """
        self._check_may_decide()
        for dispute in as_system(self):
            decision = dispute.decision_id
            criteria = {**decision.run_id.criteria, "memberships": decision.membership_id.ids}
            dispute.run_id = dispute.cycle_id._start_attendance_follow_up("dispute", criteria)
            if new := dispute.new_decision_id:
                dispute.message_post(
                    body=self.env._(
                        "Decided again. Before: %(old)s Now: %(new)s", old=dispute.old_explanation, new=new.explanation
                    )
                )

    def action_correct(self):
        """Apply the new decision; that closes the dispute as corrected, and makes it good where the cycle is approved.

        :raise AccessError: for anybody but a programs manager
        :raise UserError: when nothing was decided again, nothing is different, or the run cannot be applied
        """
        self._check_may_decide()
        for dispute in self:
            if not dispute.run_id:
                raise UserError(self.env._("Decide again first."))
            dispute.run_id.action_apply()

    def action_refuse(self):
        """Refuse disputes, with the answer that is written on them.

        :raise AccessError: for anybody but a programs manager
        :raise UserError: without an answer, or when the dispute is closed
        """
        self._check_may_decide()
        if self.filtered(lambda dispute: not (dispute.resolution or "").strip()):
            raise UserError(self.env._("A refusal needs a reason: write the answer to the family first."))
        # sudo: the state is nobody's to write, and who may decide was checked
        self.sudo()._close("refused")

    def _check_may_decide(self):
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(self.env._("Only a programs manager may decide on disputes: ask one to do it."))
        self.check_access("write")
        if self.filtered(lambda dispute: dispute.state != "open"):
            raise UserError(self.env._("The dispute is closed: raise a new one against the decision in force."))

    def _check_can_correct(self):
        """Only what the engine found to be different is applied, by somebody who may.

        :raise UserError: when there is nothing to apply, or another person has to do it
        """
        who = self.partner_id.name
        if not self.run_id:
            raise UserError(self.env._("Decide again first."))
        if not self.new_decision_id:
            raise UserError(
                self.env._(
                    "%s is paused, has left or is not eligible in this cycle, which attendance does not change: refuse the "
                    "dispute with a reason.",
                    who,
                )
            )
        if not self.is_different:
            raise UserError(
                self.env._(
                    "The new decision about %s is the same as before: refuse the dispute with a reason, or correct the "
                    "attendance first.",
                    who,
                )
            )
        self._check_second_person()

    def _check_second_person(self):
        """Where the program asks for two people, who wrote a dispute down is not the one who grants it."""
        # sudo: whether a program asks for two people binds whoever decides
        asks = self.sudo().cycle_id.program_id.attendance_run_approval
        if asks and self.raised_by_id.id == self.env.uid:
            raise UserError(self.env._("You wrote the dispute down yourself: another manager has to correct it."))

    def _close(self, state):
        self.write({"state": state, "decided_by_id": self.env.uid, "decided_at": database_now(self.env)})
        self.activity_unlink(["mail.mail_activity_data_todo"])

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Disputes are kept: refuse it with a reason instead."))


class AttendanceComplianceRun(models.Model):
    _inherit = "spp.attendance.compliance.run"

    dispute_ids = fields.One2many("spp.attendance.dispute", "run_id", "Disputes", readonly=True)

    def _decide(self):
        super()._decide()
        self.dispute_ids.invalidate_recordset(["new_decision_id", "new_explanation", "new_result", "is_different"])

    def _check_can_apply(self):
        super()._check_can_apply()
        if self.state == "decided":
            for dispute in self.dispute_ids:
                dispute._check_can_correct()

    def _apply(self):
        """Applying what was decided again corrects the dispute; a run about all members answers open disputes too."""
        was_applied = self.state == "applied"
        super()._apply()
        if self.kind != "dispute" and not was_applied:
            self._answer_open_disputes()
            return
        for dispute in self.dispute_ids.filtered(lambda dispute: dispute.state == "open"):
            dispute._make_good()
            dispute._close("corrected")

    def _answer_open_disputes(self):
        """Whoever disputed a decision and is found compliant now is answered by that; the others are told what is new."""
        decisions = self.env["spp.attendance.decision"]
        # there are few open disputes in a cycle
        for dispute in self.env["spp.attendance.dispute"].search(
            [("state", "=", "open"), ("cycle_id", "=", self.cycle_id.id)]
        ):
            new = decisions.search(
                [("run_id", "=", self.id), ("membership_id", "=", dispute.decision_id.membership_id.id)]
            )
            if not new:
                continue
            dispute.message_post(
                body=self.env._(
                    "Decided anew for all members: %(run)s. Now: %(new)s", run=self.name, new=new.explanation
                )
            )
            if new.result == "compliant" != dispute.old_result:
                dispute.run_id = self
                dispute._close("corrected")

    def _revert(self):
        """A correction that is taken back opens the dispute again."""
        touched = super()._revert()
        corrected = self.dispute_ids.filtered(lambda dispute: dispute.state == "corrected")
        corrected.write({"state": "open", "decided_by_id": False, "decided_at": False})
        if self.kind != "dispute":
            corrected.run_id = False
        return touched

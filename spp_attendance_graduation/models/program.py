# Part of the SPP attendance suite. LGPL-3.
"""A program names the expression by which its members may graduate, and lists whom it is true for."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.spp_beneficiary_status.models.statuses import MOVES


class Program(models.Model):
    _name = "spp.program"
    _inherit = ["spp.program", "spp.guarded.fields.mixin"]

    graduation_expression_id = fields.Many2one(
        "spp.attendance.expression",
        "Graduation Criterion",
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="Who may graduate. Nobody graduates by it alone: a manager looks at the candidates and decides.",
    )

    @api.constrains("graduation_expression_id", "target_type")
    def _check_graduation_target(self):
        for program in self.filtered("graduation_expression_id"):
            program.graduation_expression_id._require_target(program.target_type, program.name)

    _group_fields = {"spp_programs.group_programs_manager": ("graduation_expression_id",)}

    @api.model
    def _guarded_message(self, name):
        if name == "graduation_expression_id":
            return self._graduation_refusal()
        return super()._guarded_message(name)

    @api.model
    def _graduation_refusal(self):
        return self.env._("Only program managers decide about graduation: ask one to do it.")

    def _check_may_graduate(self):
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(self._graduation_refusal())

    def _graduation_candidates(self):
        """Return the memberships whose status allows graduation and who meet the criterion.

        Attendance counts in the period of the expression; whoever stays unknown is no candidate.

        :rtype: spp.program.membership
        """
        self.ensure_one()
        memberships = self.env["spp.program.membership"].search(
            [
                ("program_id", "=", self.id),
                (
                    "beneficiary_status",
                    "in",
                    [status for status, following in MOVES.items() if "graduated" in following],
                ),
            ]
        )
        matching_ids = set(self.graduation_expression_id._matching(memberships.partner_id).ids)
        return memberships.filtered(lambda membership: membership.partner_id.id in matching_ids)

    def action_graduation_candidates(self):
        """Show who meets the graduation criterion; from there they graduate in a batch, with a reason.

        :return: window action (dict) on spp.program.membership
        :raise AccessError: for anybody but a program manager
        :raise UserError: when the program has no graduation criterion
        """
        self.ensure_one()
        self._check_may_graduate()
        self.check_access("read")
        if not self.graduation_expression_id:
            raise UserError(self.env._("%s has no graduation criterion: choose one under Configuration.", self.name))
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_attendance_graduation.action_graduation_candidates")
        return {
            **action,
            "name": self.env._("Graduation Candidates of %s", self.name),
            "domain": [("id", "in", self._graduation_candidates().ids)],
        }

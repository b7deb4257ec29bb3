# Part of the SPP attendance suite. LGPL-3.
"""Unknown members are settled together: exempted and decided again, or left out with a reason."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from ..models.run.attendance_compliance_run_apply import FILTERED_CYCLE_STATES


class AttendanceUnknownResolve(models.TransientModel):
    """Dialog: unknown members of a run are exempted, or left out as they are, several at once and with a reason."""

    _name = "spp.attendance.unknown.resolve"
    _description = "Settle Unknown Members"
    _own_dialog = True

    run_id = fields.Many2one("spp.attendance.compliance.run", required=True, readonly=True, ondelete="cascade")
    decision_ids = fields.Many2many("spp.attendance.decision", readonly=True)
    decision_count = fields.Integer(compute="_compute_decision_count")
    is_cycle_open = fields.Boolean(related="run_id.is_cycle_open")
    kind = fields.Selection(
        [
            ("exclude", "Leave them out: they stay as they are"),
            ("exempt", "Exempt them: no attendance is asked of them"),
        ],
        "What to Do",
        required=True,
        default="exclude",
    )
    reason = fields.Char()
    date_to = fields.Date("Exempt Until", help="The last day. Empty: until the exemption is archived.")

    @api.depends("decision_ids")
    def _compute_decision_count(self):
        for wizard in self:
            wizard.decision_count = len(wizard.decision_ids)

    @api.model
    def _check_settles(self):
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(self.env._("Only a programs manager may exempt or leave out members: ask one to do it."))

    @api.model
    def _open_for(self, decisions):
        """:return: window action on the dialog about the unknown ones of these decisions (dict)"""
        self._check_settles()
        unknown = decisions.filtered(lambda decision: decision.result == "unknown" and not decision.is_left_out)
        if not unknown:
            raise UserError(self.env._("Everything is known of them: choose members whose result is unknown."))
        run = unknown.run_id
        if len(run) > 1:
            raise UserError(self.env._("They are of several runs: choose members of one run."))
        if run.state not in ("decided", "applied"):
            raise UserError(self.env._("%s is taken back: choose members of a later run.", run.name))
        wizard = self.create(
            {
                "run_id": run.id,
                "decision_ids": [Command.set(unknown.ids)],
                "date_to": run.criteria["to"],
            }
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Settle Unknown Members"),
            "res_model": self._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_confirm(self):
        """Exempt or leave out the members; who is exempt is decided about in a new dry run.

        :return: window action on the new dry run, or what closes the dialog
        :raise AccessError: for anybody but a programs manager
        :raise UserError: without a reason
        """
        self.ensure_one()
        self._check_settles()
        if not (self.reason or "").strip():
            raise UserError(self.env._("Say why: the reason is kept with each of them."))
        run = self.run_id
        decisions = self.decision_ids.filtered(lambda decision: decision.result == "unknown" and decision.run_id == run)
        decisions.check_access("read")
        if self.kind == "exclude":
            self._exclude(decisions.membership_id)
            return {"type": "ir.actions.act_window_close"}
        self._exempt(decisions.partner_id)
        cycle = self.run_id.cycle_id
        if cycle.state not in FILTERED_CYCLE_STATES:
            return {"type": "ir.actions.act_window_close"}
        return cycle._start_attendance_run().get_formview_action()

    def _exclude(self, memberships):
        exclusions = self.env["spp.attendance.exclusion"]
        done = exclusions.search([("membership_id", "in", memberships.ids)]).membership_id
        exclusions.create(
            [{"membership_id": membership.id, "reason": self.reason} for membership in memberships - done]
        )

    def _exempt(self, partners):
        exemptions = self.env["spp.attendance.exemption"]
        cycle = self.run_id.cycle_id
        done = exemptions.search(exemptions._domain_for(cycle)).partner_id
        exemptions.create(
            [
                {
                    "partner_id": partner.id,
                    "program_id": cycle.program_id.id,
                    "date_from": cycle._attendance_window()[0],
                    "date_to": self.date_to,
                    "reason": self.reason,
                    "company_id": cycle.company_id.id or self.env.company.id,
                }
                for partner in partners - done
            ]
        )

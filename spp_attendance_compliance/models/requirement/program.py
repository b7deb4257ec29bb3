# Part of the SPP attendance suite. LGPL-3.
from odoo import api, fields, models
from odoo.exceptions import AccessError


class Program(models.Model):
    """The usual attendance requirement of a program, and how its runs are applied."""

    _name = "spp.program"
    _inherit = ["spp.program", "spp.attendance.rule.mixin"]

    attendance_run_approval = fields.Boolean(
        "Second Person Approves Runs",
        tracking=True,
        help="An attendance run is applied only after another manager approved it.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("attendance_run_approval") for vals in vals_list):
            self._check_may_set_run_approval()
        return super().create(vals_list)

    def write(self, vals):
        if "attendance_run_approval" in vals:
            self._check_may_set_run_approval()
        return super().write(vals)

    def _check_may_set_run_approval(self):
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(
                self.env._("Only a programs manager may say whether a second person approves attendance runs.")
            )

    def _usual_attendance_requirement(self):
        """What a new cycle of each program asks for: as its latest cycle does, else as the program says. Two queries.

        :return: dict program id -> values
        """
        # who plans a cycle may not be allowed to read all former ones
        latest_sudo = {
            program: cycles.sorted("start_date")[-1]
            for program, cycles in self.env["spp.cycle"]
            .sudo()
            .search([("program_id", "in", self.ids), ("state", "!=", "cancelled")])
            .grouped("program_id")
            .items()
        }
        return {
            program.id: latest_sudo.get(program.sudo(), program)._attendance_requirement_values() for program in self
        }

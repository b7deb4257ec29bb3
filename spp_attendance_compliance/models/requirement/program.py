# Part of the SPP attendance suite. LGPL-3.
"""Programs name the requirement that new cycles begin with, and whether runs need a second person."""

from odoo import api, fields, models


class Program(models.Model):
    """The usual attendance requirement of a program, and how its runs are applied."""

    _name = "spp.program"
    _inherit = ["spp.program", "spp.attendance.rule.mixin", "spp.guarded.fields.mixin"]

    attendance_run_approval = fields.Boolean(
        "Second Person Approves Runs",
        tracking=True,
        help="An attendance run is applied only after another manager approved it.",
    )

    _group_fields = {"spp_programs.group_programs_manager": ("attendance_run_approval",)}

    @api.model
    def _guarded_message(self, name):
        if name == "attendance_run_approval":
            return self.env._("Only a programs manager may say whether a second person approves attendance runs.")
        return super()._guarded_message(name)

    def _usual_attendance_requirement(self):
        """What a new cycle of each program asks for: as its latest cycle does, else as the program says. Two queries.

        :return: dict program id -> values
        """
        # who plans a cycle may not be allowed to read all former ones
        # sudo: what was asked in earlier cycles is proposed to whoever opens the next one
        latest_sudo = {
            program: cycles.sorted("start_date")[-1]
            for program, cycles in self.env["spp.cycle"]
            .sudo()
            .search([("program_id", "in", self.ids), ("state", "!=", "cancelled")])
            .grouped("program_id")
            .items()
        }
        # sudo: as above, and the recordsets are compared
        return {
            program.id: latest_sudo.get(program.sudo(), program)._attendance_requirement_values() for program in self
        }

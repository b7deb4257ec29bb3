# Part of the SPP attendance suite. LGPL-3.
"""What a program asks for to open its next cycle and to enrol people."""

from odoo import fields, models


class BaseProgramManager(models.AbstractModel):
    _name = "spp.base.program.manager"
    _description = "Base Program Manager"
    _inherit = "spp.base.programs.manager"

    name = fields.Char(required=True, default=lambda self: self._description)
    program_id = fields.Many2one("spp.program", required=True, index=True, ondelete="cascade")

    def last_cycle(self):
        """Return the cycle with the latest end, or an empty recordset."""
        self.ensure_one()
        return self.env["spp.cycle"].search(
            [("program_id", "=", self.program_id.id)], order="end_date desc, id desc", limit=1
        )

    def new_cycle(self):
        """Create the next cycle of the program and return it."""
        raise NotImplementedError

    def enroll_eligible_registrants(self, states):
        """Check the program memberships in the given states.

        :param list states: membership states to look at
        :return: how many of them are eligible
        :rtype: int
        """
        raise NotImplementedError

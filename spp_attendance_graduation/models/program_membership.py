# Part of the SPP attendance suite. LGPL-3.
"""Candidates graduate through the window that changes statuses, with a reason."""

from odoo import models


class ProgramMembership(models.Model):
    _inherit = "spp.program.membership"

    def action_graduate(self):
        """Open the window that changes the status, with "graduated" chosen already.

        :return: window action (dict)
        """
        action = self.action_change_beneficiary_status()
        return {**action, "context": {**action["context"], "default_new_status": "graduated"}}

# Part of the SPP attendance suite. LGPL-3.
"""Printing the paper rosters of sessions, and the numbers that people have on them."""

from odoo import models


class Session(models.Model):
    _inherit = "spp.session"

    def _roster_numbers(self):
        # sudo: which numbers are printed does not depend on who looks at the roster
        sheet_sudo = self.env["spp.session.sheet"].sudo().search([("session_id", "=", self.id)])
        return super()._roster_numbers() | sheet_sudo._numbers()

    def action_print_sheet(self):
        """Print the paper rosters of these sessions.

        :return: report action (dict).
        """
        self.check_access("read")
        self.env["spp.session.sheet"]._print_for(self)
        return self.env.ref("spp_session_sheet.action_report_session_sheet").report_action(self)

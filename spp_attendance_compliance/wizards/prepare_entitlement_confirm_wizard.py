# Part of the SPP attendance suite. LGPL-3.
"""The host's offer to filter before preparing applies the run too where attendance is asked for."""

from odoo import models


class PrepareEntitlementConfirmWizard(models.TransientModel):
    _inherit = "spp.prepare.entitlement.confirm.wizard"

    def action_apply_and_prepare(self):
        """A dry run alone filters nobody: apply it, then prepare, which asks again when somebody is unknown.

        :return: what preparing returns, or window action on the run while servers are being asked
        """
        self.ensure_one()
        cycle = self.cycle_id
        if not cycle.attendance_required:
            return super().action_apply_and_prepare()
        run = cycle._start_attendance_run()
        if run.state != "decided":
            return run.get_formview_action()
        run.action_apply()
        return cycle.action_prepare_entitlement()

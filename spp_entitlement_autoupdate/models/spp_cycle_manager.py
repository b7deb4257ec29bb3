# Part of the SPP attendance suite. LGPL-3.
from odoo import models


class SppCycleManagerDefault(models.Model):
    _inherit = "spp.cycle.manager.default"

    def check_cycle_entitlements(self, cycle):
        """Give each entitlement of a cycle the state that its transactions ask for.

        :param cycle: one spp.cycle, approved or distributed; of an ended cycle nothing is changed
        :return: the spp.cycle.closing run (empty for an ended cycle), in state "done" or "exceptions"
        :raises AccessError: the user is neither program manager nor cycle approver
        :raises UserError: the cycle is not in a state in which it can be ended
        """
        cycle.ensure_one()
        cycle._check_may_end()
        closing = self.env["spp.cycle.closing"].sudo()
        if cycle.state == "ended":
            return closing
        closing = closing._open(cycle)
        closing._run()
        return closing

    def mark_ended(self, cycle):
        """End a cycle whose entitlements all have their final state; one with exceptions stays as it is."""
        closing = self.check_cycle_entitlements(cycle)
        if closing.state == "done":
            return super().mark_ended(cycle)
        return None

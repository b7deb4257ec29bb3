# Part of the SPP attendance suite. LGPL-3.
"""The host's manager of cycles ends them by the run, and lets what was carried over come after what is prepared."""

from odoo import models


class CycleManagerDefault(models.Model):
    _inherit = "spp.cycle.manager.default"

    def check_cycle_entitlements(self, cycle):
        """Give each entitlement of a cycle the state that its transactions ask for.

        :param cycle: one spp.cycle, approved or distributed; of an ended cycle nothing is changed
        :return: the spp.cycle.closing run (empty for an ended cycle), in state "done" or "exceptions"
        :raise AccessError: the user is neither program manager nor cycle approver
        :raise UserError: the cycle is not in a state in which it can be ended
        """
        cycle.ensure_one()
        cycle._check_may_end()
        cycle.check_access("write")
        # sudo: runs are nobody's to create; who may end the cycle was checked
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
            # sudo: the state of a cycle is written by those who have settled it only, see `write` of the cycle
            return super().mark_ended(cycle.sudo())
        return None

    def mark_prepare_entitlement_as_done(self, cycle, *args, **kwargs):
        """What earlier cycles have carried over comes once those who take part have got theirs."""
        result = super().mark_prepare_entitlement_as_done(cycle, *args, **kwargs)
        # sudo: from which cycles money comes does not depend on who prepares this one
        earlier = cycle.sudo().search(
            [("program_id", "=", cycle.program_id.id), ("state", "=", "ended"), ("start_date", "<", cycle.start_date)],
            order="start_date, id",
        )
        for source in earlier:
            if source._carry_over_target() == cycle:
                while source._carry_over_step():
                    pass
        return result

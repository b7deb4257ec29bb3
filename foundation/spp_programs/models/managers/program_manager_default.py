# Part of the SPP attendance suite. LGPL-3.
"""The next cycle begins on the day after the last one, with everybody who is enrolled."""

from datetime import timedelta

from odoo import fields, models

from .. import constants


class ProgramManagerDefault(models.Model):
    _name = "spp.program.manager.default"
    _description = "Default Program Manager"
    _inherit = ["spp.base.program.manager", "spp.manager.source.mixin"]

    def new_cycle(self):
        """Create the cycle after the last one, with everybody who is enrolled.

        It starts on the day after the last cycle, today at the earliest.

        :rtype: spp.cycle
        """
        self.ensure_one()
        last = self.last_cycle()
        start_date = fields.Date.context_today(self)
        if last:
            start_date = max(start_date, last.end_date + timedelta(days=1))
        sequence = max(self.program_id.cycle_ids.mapped("sequence"), default=0) + 1
        cycle_manager = self.program_id._require_manager(constants.MANAGER_CYCLE)
        cycle = cycle_manager.new_cycle(self._get_cycle_name(sequence), start_date, sequence)
        cycle_manager.copy_beneficiaries_from_program(cycle)
        return cycle

    def _get_cycle_name(self, sequence):
        return self.env._("Cycle %s", sequence)

    def enroll_eligible_registrants(self, states):
        """Enrol the eligible ones among the memberships in the given states, mark the others as not eligible."""
        self.ensure_one()
        open_states = [state for state in states if state not in constants.PROTECTED_MEMBERSHIP_STATES]
        memberships = self.program_id.get_beneficiaries(open_states)
        eligible = memberships.filter_eligible()
        eligible._enroll(self.program_id)
        (memberships - eligible).write({"state": "not_eligible"})
        return len(eligible)

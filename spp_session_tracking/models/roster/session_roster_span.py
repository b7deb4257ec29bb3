# Part of the SPP attendance suite. LGPL-3.
"""What memberships and holds have in common: they decide whose marks count on which days."""

from odoo import api, models

#: What a change of these does not concern is only a remark.
_SPAN_FIELDS = frozenset({"roster_id", "partner_id", "date_from", "date_to"})


class SessionRosterSpan(models.AbstractModel):
    """Days of a person on a roster. Marks of those days keep their status, but may count or not count from now on."""

    _name = "spp.session.roster.span"
    _inherit = ["spp.guarded.fields.mixin", "spp.hooks"]
    _description = "Days on a Roster"

    _system_fields = ("company_id",)

    @api.model_create_multi
    def create(self, vals_list):
        # an end date set a moment ago must be in the table before the exclusion constraint looks at the new rows
        self.flush_model(_SPAN_FIELDS)
        with self._collect_hooks():
            spans = super().create(vals_list)
            spans._call_hook_of_roster()
        return spans

    def write(self, vals):
        if _SPAN_FIELDS.isdisjoint(vals):
            return super().write(vals)
        with self._collect_hooks():
            self._call_hook_of_roster()
            result = super().write(vals)
            self._call_hook_of_roster()
        return result

    def unlink(self):
        with self._collect_hooks():
            self._call_hook_of_roster()
            return super().unlink()

    def _call_hook_of_roster(self):
        """These people belong to these rosters, or did until now."""
        people = {}
        # sudo: whose days these are does not depend on what the user sees
        for span in self.sudo():
            people.setdefault(span.roster_id.id, set()).add(span.partner_id.id)
        self.env["spp.session.roster"].browse(people)._call_hook("_after_membership_changed", people)

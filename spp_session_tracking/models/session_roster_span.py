# Part of the SPP attendance suite. LGPL-3.
from odoo import models
from odoo.fields import Domain


class SessionRosterSpan(models.AbstractModel):
    """Days of a person on a roster. Marks of those days keep their status, but may count or not count from now on."""

    _name = "spp.session.roster.span"
    _description = "Days on a Roster"

    def _refresh_standing(self):
        """Mark for recomputation whether the marks of these people in sessions of these rosters are expected ones."""
        people = Domain.OR(
            Domain("session_id.roster_id", "=", roster.id) & Domain("participant_id", "in", spans.partner_id.ids)
            for roster, spans in self.grouped("roster_id").items()
        )
        # what counts does not depend on which marks the user sees
        marks_sudo = (
            self.env["spp.session.attendance"].sudo().search(people) if self else self.env["spp.session.attendance"]
        )
        self.env.add_to_compute(marks_sudo._fields["standing"], marks_sudo)

# Part of the SPP attendance suite. LGPL-3.
from odoo import models
from odoo.fields import Domain


class SessionRosterSpan(models.AbstractModel):
    """Days of a person on a roster. Marks of those days keep their status, but may count or not count from now on."""

    _name = "spp.session.roster.span"
    _description = "Days on a Roster"

    def _concerned_marks(self):
        """The marks of these people in sessions of these rosters; one query."""
        # what counts does not depend on which marks the user sees
        marks_sudo = self.env["spp.session.attendance"].sudo()
        if not self:
            return marks_sudo
        return marks_sudo.search(
            Domain.OR(
                Domain("session_id.roster_id", "=", roster.id) & Domain("participant_id", "in", spans.partner_id.ids)
                for roster, spans in self.grouped("roster_id").items()
            )
        )

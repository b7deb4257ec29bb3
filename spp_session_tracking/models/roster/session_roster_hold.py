# Part of the SPP attendance suite. LGPL-3.
"""Days on which somebody keeps the place on a roster but is not counted."""

from odoo import fields, models


class SessionRosterHold(models.Model):
    """Days on which somebody keeps the place on a roster but is not counted: sessions then are out of the denominator.

    A person on hold who comes anyway is marked like everybody else.
    """

    _name = "spp.session.roster.hold"
    _description = "Roster Hold"
    _inherit = ["spp.session.roster.span", "spp.person.order"]
    _order = "date_from desc, id desc"
    _rec_name = "partner_id"
    _company_path = "company_id"
    _company_shared = False
    _area_path = "partner_id.area_id"

    roster_id = fields.Many2one("spp.session.roster", required=True, ondelete="cascade", index=True)
    partner_id = fields.Many2one(
        "res.partner",
        "Participant",
        required=True,
        ondelete="restrict",
        index=True,
        domain=[("is_registrant", "=", True), ("is_group", "=", False)],
    )
    date_from = fields.Date("First Day", required=True, default=fields.Date.context_today)
    date_to = fields.Date("Last Day", required=True)
    reason = fields.Char(required=True)
    company_id = fields.Many2one(related="roster_id.company_id", store=True)

    _ends_after_start = models.Constraint(
        "CHECK (date_to >= date_from)", "A hold cannot end before it starts: check the two dates."
    )
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (int4range(roster_id, roster_id, '[]') WITH =, int4range(partner_id, partner_id, '[]')"
        " WITH =, daterange(date_from, date_to, '[]') WITH &&)",
        "This person is on hold on some of these days already: change the existing line instead.",
    )

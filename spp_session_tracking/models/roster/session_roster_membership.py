# Part of the SPP attendance suite. LGPL-3.
"""Who is on a roster from when to when."""

from odoo import fields, models


class SessionRosterMembership(models.Model):
    _name = "spp.session.roster.membership"
    _description = "Roster Membership"
    _inherit = ["spp.session.roster.span", "spp.person.order"]
    _order = "roster_id, date_from, id"
    _rec_name = "partner_id"
    _check_company_auto = True
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
    date_from = fields.Date("Joined On", required=True, default=fields.Date.context_today)
    date_to = fields.Date("Left On", help="Last day on which the person is expected. Empty: still on the roster.")
    company_id = fields.Many2one(related="roster_id.company_id", store=True)

    _left_after_joined = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)",
        "A person cannot leave a roster before joining it: check the two dates.",
    )
    _no_overlap = models.Constraint(
        "EXCLUDE USING gist (int4range(roster_id, roster_id, '[]') WITH =, int4range(partner_id, partner_id, '[]')"
        " WITH =, daterange(date_from, date_to, '[]') WITH &&)",
        "This person is already on the roster on some of these days: change the existing line instead.",
    )

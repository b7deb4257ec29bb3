# Part of the SPP attendance suite. LGPL-3.
"""Putting people onto a roster from one day on, those who are on it left alone."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class SessionRosterAddPeople(models.TransientModel):
    """Many people at once onto a roster, from one day on."""

    _name = "spp.session.roster.add.people"
    _description = "Add People to a Roster"
    _own_dialog = True

    roster_id = fields.Many2one("spp.session.roster", required=True, ondelete="cascade", readonly=True)
    date_from = fields.Date("Joined On", required=True, default=fields.Date.context_today)
    partner_ids = fields.Many2many(
        "res.partner",
        string="People",
        domain=[("is_registrant", "=", True), ("is_group", "=", False)],
    )
    known_count = fields.Integer("On the Roster Already", compute="_compute_known_count")

    @api.depends("roster_id", "partner_ids", "date_from")
    def _compute_known_count(self):
        for wizard in self:
            wizard.known_count = len(wizard.partner_ids._origin & wizard._known_people())

    def _known_people(self):
        """People who are on the roster on the day of joining or come onto it later."""
        return (
            self.env["spp.session.roster.membership"]
            .search(
                Domain("roster_id", "=", self.roster_id.id)
                & (Domain("date_to", "=", False) | Domain("date_to", ">=", self.date_from))
            )
            .partner_id
        )

    def action_add(self):
        """Put the people onto the roster who are not on it yet.

        :return: action that closes the window
        :raise AccessError: for anybody who may not change the roster
        :raise UserError: when nobody is named
        """
        self.ensure_one()
        self.roster_id.check_access("write")
        if not self.partner_ids:
            raise UserError(self.env._("Choose at least one person."))
        self.env["spp.session.roster.membership"].create(
            [
                {"roster_id": self.roster_id.id, "partner_id": person.id, "date_from": self.date_from}
                for person in self.partner_ids - self._known_people()
            ]
        )
        return {"type": "ir.actions.act_window_close"}

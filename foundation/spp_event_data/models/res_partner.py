# Part of the SPP attendance suite. LGPL-3.
"""The page of a registrant leads to the events, of each type the latest active one at hand."""

from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    event_data_ids = fields.One2many("spp.event.data", "partner_id", "Events")
    event_data_count = fields.Integer("Event Count", compute="_compute_event_data_count")

    @api.depends("event_data_ids")
    def _compute_event_data_count(self):
        counts = dict(
            self.env["spp.event.data"]._read_group(
                [("partner_id", "in", self.ids)], groupby=["partner_id"], aggregates=["__count"]
            )
        )
        for partner in self:
            partner.event_data_count = counts.get(partner._origin, 0)

    def get_active_event(self, event_type_code):
        """Return the latest active event of the type with this code (str), or an empty recordset."""
        return self.get_events_by_type(event_type_code, states=["active"], limit=1)

    def get_events_by_type(self, event_type_code, states=None, limit=None):
        """Return the registrant's events of the type with this code (str), latest first.

        :param states: list of state keys, default all
        :param limit: int, default all
        """
        self.ensure_one()
        domain = [("partner_id", "=", self.id), ("event_type_code", "=", event_type_code)]
        if states:
            domain.append(("state", "in", states))
        return self.env["spp.event.data"].search(domain, limit=limit)

    def action_view_events(self):
        """Return the action that lists the registrant's events."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_event_data.action_spp_event_data")
        return {**action, "domain": [("partner_id", "=", self.id)], "context": {"default_partner_id": self.id}}

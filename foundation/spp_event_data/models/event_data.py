# Part of the SPP attendance suite. LGPL-3.
"""What happened to a registrant, from draft to active, superseded or cancelled, with the data where they are kept."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class EventData(models.Model):
    _name = "spp.event.data"
    _inherit = ["mail.thread"]
    _description = "Event Data"
    _order = "collection_date desc, id desc"

    name = fields.Char(compute="_compute_name", store=True)
    partner_id = fields.Many2one(
        "res.partner",
        "Registrant",
        required=True,
        index=True,
        ondelete="cascade",
        domain=[("is_registrant", "=", True)],
    )
    event_type_id = fields.Many2one("spp.event.type", index=True, ondelete="restrict")
    event_type_code = fields.Char(related="event_type_id.code", store=True, index=True)
    collection_date = fields.Date(required=True, default=fields.Date.context_today, index=True)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("pending", "Pending Approval"),
            ("active", "Active"),
            ("superseded", "Superseded"),
            ("expired", "Expired"),
            ("cancelled", "Cancelled"),
            ("inactive", "Inactive"),
        ],
        required=True,
        default="draft",
        index=True,
        tracking=True,
    )
    supersedes_id = fields.Many2one("spp.event.data", readonly=True, index="btree_not_null")
    superseded_by_id = fields.Many2one("spp.event.data", readonly=True, index="btree_not_null")
    data_json = fields.Json("Data")
    data_model = fields.Char(related="event_type_id.data_model_id.model", store=True)
    data_record_id = fields.Many2oneReference(model_field="data_model")
    model = fields.Char("Legacy Data Model", index="btree_not_null")
    res_id = fields.Many2oneReference("Legacy Data Record", model_field="model", index="btree_not_null")
    source_type = fields.Selection(related="event_type_id.source_type", store=True)
    source_reference = fields.Char(index="btree_not_null", help="Identifier of the data at its source.")
    source_url = fields.Char("Source URL")

    @api.depends("event_type_id.name", "partner_id.name", "collection_date", "model")
    def _compute_name(self):
        for event in self:
            kind = event.event_type_id.name or event.model or self.env._("Event")
            event.name = " - ".join(
                filter(None, (kind, event.partner_id.name, fields.Date.to_string(event.collection_date)))
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Create events, as drafts unless told otherwise.

        An event that only names the model of its data (``model`` without ``event_type_id``) ends the active event of
        the same registrant and model.
        """
        pairs = {
            (vals.get("partner_id"), vals["model"])
            for vals in vals_list
            if vals.get("model") and not vals.get("event_type_id")
        }
        if pairs:
            partner_ids, model_names = zip(*pairs, strict=True)
            self.search(
                [("state", "=", "active"), ("partner_id", "in", partner_ids), ("model", "in", model_names)]
            ).filtered(lambda event: (event.partner_id.id, event.model) in pairs).end_active_event()
        return super().create(vals_list)

    def action_activate(self):
        """Make draft or pending events active.

        When their type allows one active event per registrant, the older one becomes superseded. Events that are
        active already stay as they are.

        :raise UserError: an event is in another state
        """
        todo = self.filtered(lambda event: event.state != "active")
        if stuck := todo.filtered(lambda event: event.state not in ("draft", "pending")):
            raise UserError(
                self.env._("%s is no longer a draft; please set it to draft before activating it.", stuck[0].name)
            )
        exclusive = todo.filtered("event_type_id.is_one_active_per_registrant")
        active = self.search(
            [
                ("state", "=", "active"),
                ("event_type_id", "in", exclusive.event_type_id.ids),
                ("partner_id", "in", exclusive.partner_id.ids),
            ],
            order="collection_date, id",
        )
        todo.state = "active"
        older_events = active.grouped(lambda event: (event.event_type_id, event.partner_id))
        for event in exclusive:
            key = (event.event_type_id, event.partner_id)
            if older := older_events.get(key):
                older.write({"state": "superseded", "superseded_by_id": event.id})
                event.supersedes_id = older[-1]
            older_events[key] = event

    def action_cancel(self):
        """Cancel events, whatever their state."""
        self.state = "cancelled"

    def action_set_draft(self):
        """Make events drafts again, whatever their state."""
        self.state = "draft"

    def end_active_event(self):
        """End events: active ones become superseded, all others inactive."""
        active = self.filtered(lambda event: event.state == "active")
        active.state = "superseded"
        (self - active).state = "inactive"

    def get_data_value(self, key, default=None):
        """Return the value stored under ``key`` (str) in the event's data, or ``default``."""
        self.ensure_one()
        return (self.data_json or {}).get(key, default)

    def set_data_value(self, key, value):
        """Store ``value`` (anything JSON can hold) under ``key`` (str) in the event's data."""
        self.ensure_one()
        self.data_json = {**(self.data_json or {}), key: value}

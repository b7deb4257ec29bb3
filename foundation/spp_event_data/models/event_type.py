# Part of the SPP attendance suite. LGPL-3.
"""What an event is about decides whether a new one takes the place of the one before."""

from odoo import fields, models


class EventType(models.Model):
    _name = "spp.event.type"
    _description = "Event Type"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    active = fields.Boolean(default=True)
    category = fields.Selection(
        [
            ("survey", "Survey"),
            ("visit", "Field Visit"),
            ("sync", "External Data"),
            ("manual", "Manual Entry"),
        ],
        required=True,
        default="survey",
    )
    target_type = fields.Selection(
        [("individual", "Individual"), ("group", "Group"), ("both", "Both")], "For", required=True, default="both"
    )
    source_type = fields.Selection(
        [("internal", "Entered Here"), ("odk", "ODK Central"), ("kobo", "KoboToolbox"), ("api", "External API")],
        "Source",
        required=True,
        default="internal",
    )
    data_model_id = fields.Many2one(
        "ir.model", help="Model of the record that holds the data; empty keeps the data in the event."
    )
    is_one_active_per_registrant = fields.Boolean(
        "One Active per Registrant",
        default=True,
        help="Activating an event supersedes the active event of the same type and registrant.",
    )

    _code_uniq = models.Constraint("UNIQUE(code)", "Another event type has this code.")

# Part of the SPP attendance suite. LGPL-3.
"""Whom a run has to ask a source about, and what came of it for each person."""

from odoo import fields, models


class AttendanceRunPerson(models.Model):
    """What a source that was asked for a run said about a person: answered, or why nothing is known."""

    _name = "spp.attendance.run.person"
    _description = "Answer of a Source About a Person"
    _order = "run_id desc, id"
    _rec_name = "partner_id"
    _company_path = "run_id.company_id"
    _area_path = "partner_id.area_id"

    run_id = fields.Many2one(
        "spp.attendance.compliance.run", required=True, readonly=True, ondelete="cascade", index=True
    )
    source_id = fields.Many2one("spp.attendance.source", required=True, readonly=True, ondelete="restrict")
    partner_id = fields.Many2one("res.partner", required=True, readonly=True, ondelete="restrict", index=True)
    identifier = fields.Char(
        "Identifier Asked For",
        readonly=True,
        groups="spp_registry.group_registry_viewer,spp_programs.group_programs_manager",
    )
    outcome = fields.Selection(
        [
            ("pending", "Not asked for yet"),
            ("answered", "Answered"),
            ("no_identifier", "The person has no identifier"),
            ("ambiguous_identifier", "Several people have the identifier"),
            ("unknown_to_server", "The server does not know the identifier"),
            ("unaskable_identifier", "The server cannot be asked about this identifier"),
            ("source_unreachable", "The server could not be reached"),
        ],
        required=True,
        readonly=True,
    )

    _once = models.UniqueIndex("(run_id, source_id, partner_id)", "A source answers once about a person in a run.")
    _waiting = models.Index("(run_id, source_id, partner_id) WHERE outcome = 'pending'")

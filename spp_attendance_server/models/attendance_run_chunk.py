# Part of the SPP attendance suite. LGPL-3.
"""What a server answered is kept as a digest beside the question, so that the same answer is not read twice."""

from odoo import fields, models


class AttendanceRunChunk(models.Model):
    """One question to a server in a run and the digest of its answer; what was answered can be proven later."""

    _name = "spp.attendance.run.chunk"
    _description = "Answer of an Attendance Server"
    _order = "run_id desc, id"
    _rec_name = "digest"
    _company_path = "run_id.company_id"

    run_id = fields.Many2one(
        "spp.attendance.compliance.run", required=True, readonly=True, ondelete="cascade", index=True
    )
    source_id = fields.Many2one("spp.attendance.source", required=True, readonly=True, ondelete="restrict")
    question = fields.Char(
        required=True,
        readonly=True,
        help="SHA-256 of who was asked about and of window, type, location, time zone and company.",
    )
    digest = fields.Char(required=True, readonly=True, help="SHA-256 of the answer as the server sent it.")
    unanswered = fields.Json(
        readonly=True, help="Of whom the server said nothing, by why: ids of people. All others were answered."
    )
    people_count = fields.Integer("People", readonly=True)
    fact_count = fields.Integer("Facts", readonly=True)
    changed_count = fields.Integer("Changed Facts", readonly=True)
    cancelled_count = fields.Integer("Vanished Facts", readonly=True)
    is_repeated = fields.Boolean(
        "Same as Before", readonly=True, help="The server said the same before, so nothing was written."
    )

    _asked_before = models.Index("(source_id, question, id DESC)")

# Part of the SPP attendance suite. LGPL-3.
"""Below the decision about a household stands what was found of each of its members."""

from odoo import fields, models

#: Why a person or group passes, fails or is not known; decisions and assessments say the same words.
REASONS = [
    ("met", "Requirement met"),
    ("below", "Below the requirement"),
    ("exempt", "Exempt"),
    ("nothing_expected", "No session was held for the person"),
    ("excuse_pending", "An excuse is not decided yet"),
    ("no_identifier", "The person has no identifier"),
    ("ambiguous_identifier", "Several people have the identifier"),
    ("unknown_to_server", "The server does not know the identifier"),
    ("unaskable_identifier", "The server cannot be asked about this identifier"),
    ("source_unreachable", "The server could not be reached"),
]


class AttendanceAssessment(models.Model):
    """What a run found for one member of a group: whether the member passes, with the count and the reason."""

    _name = "spp.attendance.assessment"
    _description = "Attendance of a Group Member"
    _inherit = ["spp.attendance.explanation.mixin", "spp.append.only.mixin"]
    _order = "decision_id, id"
    _rec_name = "partner_id"

    _append_only_merge = ("partner_id",)
    #: It goes with its decision.
    _append_only_disposable = "NOT EXISTS (SELECT FROM spp_attendance_decision WHERE id = ($1).decision_id)"
    _log_access = False
    _company_path = "company_id"
    _area_path = "partner_id.area_id"

    decision_id = fields.Many2one(
        "spp.attendance.decision", "Decision About the Group", required=True, readonly=True, ondelete="cascade"
    )
    run_id = fields.Many2one(related="decision_id.run_id")
    membership_id = fields.Many2one(related="decision_id.membership_id", string="Cycle Membership of the Group")
    company_id = fields.Many2one(related="decision_id.company_id")
    create_date = fields.Datetime(related="decision_id.create_date")
    partner_id = fields.Many2one("res.partner", "Member", required=True, readonly=True, ondelete="restrict", index=True)
    counted = fields.Float(digits=(8, 2), readonly=True)
    expected = fields.Integer(readonly=True)
    required = fields.Float(digits=(8, 2), readonly=True)
    result = fields.Selection(
        [("included", "Included"), ("not_included", "Not Included"), ("unknown", "Unknown")],
        required=True,
        readonly=True,
    )
    reason = fields.Selection(REASONS, required=True, readonly=True)
    evidence_hash = fields.Char(readonly=True)

    _once = models.UniqueIndex("(decision_id, partner_id)", "A member is assessed once in a run.")

    def action_view_events(self):
        """Open every attendance event of the member, counted or not.

        :return: window action (dict).
        """
        self.ensure_one()
        return self._open_events(self.partner_id)

# Part of the SPP attendance suite. LGPL-3.
"""Whom an undo passed over, because the status had changed since or for want of access."""

from odoo import fields, models

from .statuses import STATUSES


class BeneficiaryStatusConflict(models.Model):
    """A beneficiary whom an undo left as found."""

    _name = "spp.beneficiary.status.conflict"
    _inherit = ["spp.append.only.mixin"]
    _description = "Beneficiary Status Conflict"
    _order = "id"
    _rec_name = "membership_id"
    _company_path = "membership_id.program_id.company_id"
    _area_path = "membership_id.partner_id.area_id"

    #: It goes with its membership.
    _append_only_disposable = "NOT EXISTS (SELECT FROM spp_program_membership WHERE id = ($1).membership_id)"

    batch_id = fields.Many2one(
        "spp.beneficiary.status.batch", string="Undo", required=True, readonly=True, index=True, ondelete="restrict"
    )
    membership_id = fields.Many2one(
        "spp.program.membership",
        string="Program Membership",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    current_status = fields.Selection(STATUSES, required=True, readonly=True)
    cause = fields.Selection(
        [
            ("changed_since", "The status has been changed since."),
            ("no_access", "The person who undid the batch may not change this beneficiary."),
        ],
        required=True,
        readonly=True,
    )

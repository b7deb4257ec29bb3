# Part of the SPP attendance suite. LGPL-3.
"""The history of each beneficiary: from which status to which, why, by whom, and what it undid."""

from odoo import api, fields, models

from .statuses import STATUSES


class BeneficiaryStatusChange(models.Model):
    """One status change of one beneficiary. Written once, by the batch it belongs to."""

    _name = "spp.beneficiary.status.change"
    _inherit = ["spp.append.only.mixin"]
    _description = "Beneficiary Status Change"
    _order = "id desc"
    _rec_name = "new_status"
    _company_path = "program_id.company_id"
    _area_path = "partner_id.area_id"

    _append_only_emptied = ("membership_id", "partner_id")
    _append_only_merge = ("partner_id",)
    _append_only_anonymise = ("reason",)

    batch_id = fields.Many2one(
        "spp.beneficiary.status.batch", required=True, readonly=True, index=True, ondelete="restrict"
    )
    # The history outlives a deleted membership or registrant.
    membership_id = fields.Many2one(
        "spp.program.membership", string="Program Membership", readonly=True, ondelete="set null"
    )
    partner_id = fields.Many2one(
        "res.partner", string="Beneficiary", readonly=True, index="btree_not_null", ondelete="set null"
    )
    program_id = fields.Many2one("spp.program", required=True, readonly=True, index=True, ondelete="restrict")
    old_status = fields.Selection(STATUSES, required=True, readonly=True)
    new_status = fields.Selection(STATUSES, required=True, readonly=True)
    reason = fields.Char(required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Changed By", required=True, readonly=True, index=True)
    date = fields.Datetime(string="Changed On", required=True, readonly=True)
    undo_of_id = fields.Many2one(
        "spp.beneficiary.status.change", readonly=True, index="btree_not_null", ondelete="restrict"
    )

    _membership_idx = models.Index("(membership_id, id)")
    _batch_membership_unique = models.UniqueIndex(
        "(batch_id, membership_id)", "A batch changes the status of a beneficiary once."
    )

    @api.model
    def _append_only_message(self, deleting=False):
        if deleting:
            return self.env._("The history of a beneficiary is never deleted. Undo the batch instead.")
        return self.env._("The history of a beneficiary is never changed. Undo the batch instead.")

# Part of the SPP attendance suite. LGPL-3.
"""How an entitlement is approved, rejected and used, whether it is money or goods."""

import secrets

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from . import constants
from .roles import has_role


class EntitlementMixin(models.AbstractModel):
    _name = "spp.entitlement.mixin"
    _description = "What cash and in-kind entitlements have in common"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _check_company_auto = True

    # States between which anyone with write access may move an entitlement
    _OPEN_STATES = ("draft", "pending_validation", "cancelled")
    _REJECTED_STATES = ("rejected1", "rejected2", "rejected3")
    # Fixed once an entitlement has been approved
    _FROZEN_FIELDS = frozenset({"partner_id", "cycle_id"})
    _APPROVAL_STATES = {
        "draft": "draft",
        "pending_validation": "pending",
        "approved": "approved",
        "trans2FSP": "approved",
        "rdpd2ben": "approved",
        "expired": "approved",
        "rejected1": "rejected",
        "rejected2": "rejected",
        "rejected3": "rejected",
        "cancelled": "rejected",
    }

    name = fields.Char(compute="_compute_name")
    code = fields.Char(required=True, readonly=True, copy=False, default=lambda self: self._generate_code())
    partner_id = fields.Many2one(
        "res.partner",
        string="Registrant",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("is_registrant", "=", True)],
    )
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company)
    cycle_id = fields.Many2one("spp.cycle", required=True, index=True, ondelete="restrict", check_company=True)
    program_id = fields.Many2one(related="cycle_id.program_id")
    valid_from = fields.Date()
    valid_until = fields.Date(default=lambda self: fields.Date.add(fields.Date.today(), years=1))
    currency_id = fields.Many2one(related="cycle_id.currency_id")
    id_number = fields.Char(string="ID Number")
    date_approved = fields.Date(readonly=True, copy=False)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("pending_validation", "Pending Approval"),
            ("approved", "Approved"),
            ("trans2FSP", "Transferred to FSP"),
            ("rdpd2ben", "Redeemed/Paid to Beneficiary"),
            ("rejected1", "Rejected: Beneficiary didn't want the entitlement"),
            ("rejected2", "Rejected: Beneficiary account does not exist"),
            ("rejected3", "Rejected: Other reason"),
            ("cancelled", "Cancelled"),
            ("expired", "Expired"),
        ],
        string="Status",
        default="draft",
        copy=False,
        tracking=True,
    )
    approval_state = fields.Selection(
        [
            ("draft", "Draft"),
            ("pending", "Pending"),
            ("revision", "Revision"),
            ("approved", "Approved"),
            ("rejected", "Rejected"),
        ],
        compute="_compute_approval_state",
    )

    @api.model
    def _generate_code(self):
        return secrets.token_hex(8)

    @api.depends("code")
    def _compute_name(self):
        for entitlement in self:
            entitlement.name = self.env._("Entitlement (%s)", entitlement.code)

    @api.depends("state")
    def _compute_approval_state(self):
        for entitlement in self:
            entitlement.approval_state = self._APPROVAL_STATES.get(entitlement.state, "draft")

    @api.constrains("valid_from", "valid_until")
    def _check_validity(self):
        if any(rec.valid_from and rec.valid_until and rec.valid_until < rec.valid_from for rec in self):
            raise ValidationError(self.env._("An entitlement cannot end before it starts. Correct its dates."))

    @api.model_create_multi
    def create(self, vals_list):
        for state in {vals.get("state") or "draft" for vals in vals_list}:
            self._check_may_reach_state(state)
        return super().create(vals_list)

    def write(self, vals):
        if state := vals.get("state"):
            self.filtered(lambda rec: rec.state != state)._check_may_reach_state(state)
        if not self.env.su and not self._FROZEN_FIELDS.isdisjoint(vals):
            if fixed := self.filtered(lambda rec: rec.state not in ("draft", "pending_validation")):
                raise UserError(
                    self.env._("%s has been decided; who gets what can no longer change.", fixed[0].display_name)
                )
        return super().write(vals)

    def _check_may_reach_state(self, state):
        """Refuse a decision about money to those who may only prepare it.

        :param str state: the state the records are about to get
        :raise AccessError: the user holds none of the deciding roles
        """
        if state in self._OPEN_STATES and all(rec.state in self._OPEN_STATES for rec in self):
            return
        roles = ["manager", "validator", "cycle_approver"]
        if state in self._REJECTED_STATES:
            roles.append("rejector")
        if not has_role(self.env, *roles):
            raise AccessError(
                self.env._("You are not allowed to decide on entitlements. Ask a validator or a program manager.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_not_draft(self):
        if any(rec.state != "draft" for rec in self):
            raise ValidationError(self.env._("Only draft entitlements can be deleted. Cancel the others instead."))

    def approve_entitlement(self):
        """Approve drafts and pending entitlements of one program; the others stay as they are.

        :return: nothing, or a client action that shows why some were left out
        :raise ValidationError: a cycle has not been approved, or several programs are mixed
        :raise AccessError: the user holds no approving role
        """
        if not self:
            return None
        self._check_may_reach_state("approved")
        if any(cycle.state != constants.STATE_APPROVED for cycle in self.cycle_id):
            raise ValidationError(
                self.env._("Entitlements can only be approved once their cycle has been approved. Approve it first.")
            )
        if len(self.program_id) > 1:
            raise ValidationError(self.env._("Approve the entitlements of one program at a time."))
        manager = self.program_id._require_manager(constants.MANAGER_ENTITLEMENT)
        errors, message = manager.approve_entitlements(self)
        return self._notify(message, "danger") if errors else None

    def batch_approve(self):
        """Approve the selected entitlements, see :meth:`approve_entitlement`."""
        return self.approve_entitlement()

    def action_approve(self, comment=None):
        """Approve the entitlements, see :meth:`approve_entitlement`.

        :param str comment: note for the history of each entitlement
        """
        result = self.approve_entitlement()
        if comment:
            self._message_log_batch(bodies=dict.fromkeys(self.ids, comment))
        return result

    def action_submit_for_approval(self):
        """Hand draft entitlements over for approval.

        :raise UserError: one of them is not a draft
        """
        if any(rec.state != "draft" for rec in self):
            raise UserError(self.env._("Only draft entitlements can be submitted for approval."))
        self.write({"state": "pending_validation"})

    def reject_entitlement(self):
        """Reject draft or pending entitlements for another reason than the beneficiary's own.

        :raise UserError: one of them has been decided already
        :raise AccessError: the user holds no rejecting role
        """
        if any(rec.state not in ("draft", "pending_validation") for rec in self):
            raise UserError(self.env._("Only draft or pending entitlements can be rejected."))
        self.write({"state": "rejected3"})

    def action_reject(self):
        """Reject the entitlements, see :meth:`reject_entitlement`."""
        self.reject_entitlement()

    def can_be_used(self):
        """Tell whether the beneficiary can use the entitlement today.

        :rtype: bool
        """
        self.ensure_one()
        return self.state == "approved" and (not self.valid_until or self.valid_until >= fields.Date.today())

    @api.model
    def _notify(self, message, kind="success"):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Entitlements"),
                "message": message,
                "type": kind,
                "sticky": kind == "danger",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

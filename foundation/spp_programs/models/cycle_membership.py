# Part of the SPP attendance suite. LGPL-3.
"""Who takes part in one cycle, and when somebody can still be taken out of it."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from . import constants
from .program_membership import CYCLE_MEMBERSHIP_STATES


class CycleMembership(models.Model):
    _name = "spp.cycle.membership"
    _description = "Cycle Membership"
    _inherit = "spp.bulk.membership.mixin"
    _order = "partner_id asc, id desc"

    _bulk_parent = "cycle_id"
    _bulk_date_type = SQL("date")

    partner_id = fields.Many2one(
        "res.partner",
        string="Registrant",
        required=True,
        index=True,
        ondelete="restrict",
        domain=[("is_registrant", "=", True)],
    )
    cycle_id = fields.Many2one("spp.cycle", required=True, index=True, ondelete="restrict")
    enrollment_date = fields.Date(default=fields.Date.context_today)
    compliance_criteria = fields.Char(compute="_compute_compliance_criteria")
    state = fields.Selection(CYCLE_MEMBERSHIP_STATES, default="draft", copy=False)

    _partner_cycle_unique = models.Constraint(
        "UNIQUE(partner_id, cycle_id)", "This registrant is a member of the cycle already."
    )
    _cycle_state_idx = models.Index("(cycle_id, state)")

    @api.depends("state", "cycle_id.program_id.compliance_manager_ids")
    def _compute_compliance_criteria(self):
        for membership in self:
            criteria = False
            if membership.state == "non_compliant":
                criteria = ", ".join(membership.cycle_id.program_id.compliance_manager_ids.mapped("display_name"))
            membership.compliance_criteria = criteria or False

    @api.depends("partner_id", "cycle_id")
    def _compute_display_name(self):
        for membership in self:
            membership.display_name = f"[{membership.cycle_id.name or ''}] {membership.partner_id.name or ''}"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_settled(self):
        refusal = self.env._(
            "Members can only be removed while the cycle is a draft and nothing has been approved for them."
        )
        if any(cycle.state != constants.STATE_DRAFT for cycle in self.cycle_id):
            raise ValidationError(refusal)
        if any(entitlement.state == "approved" for entitlement in self._get_entitlements("spp.entitlement")):
            raise ValidationError(refusal)

    def unlink(self):
        """Delete memberships together with the entitlements prepared for them."""
        entitlements = self._get_entitlements("spp.entitlement")
        inkind_entitlements = self._get_entitlements("spp.entitlement.inkind")
        result = super().unlink()
        for prepared in (entitlements, inkind_entitlements):
            open_ones = prepared.filtered(lambda rec: rec.state in ("draft", "pending_validation"))
            open_ones.write({"state": "draft"})
            open_ones.unlink()
        return result

    def _get_entitlements(self, model):
        """Return what has been prepared for exactly these memberships.

        :param str model: ``spp.entitlement`` or ``spp.entitlement.inkind``
        """
        pairs = {(membership.cycle_id, membership.partner_id) for membership in self}
        entitlements = self.env[model].search(
            [("cycle_id", "in", self.cycle_id.ids), ("partner_id", "in", self.partner_id.ids)]
        )
        return entitlements.filtered(lambda rec: (rec.cycle_id, rec.partner_id) in pairs)

    def open_cycle_membership_form(self):
        """Show the membership in a dialog."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cycle Membership"),
            "res_model": "spp.cycle.membership",
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def open_registrant_form(self):
        """Show the registrant behind the membership."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "views": [(self.env.ref("spp_registry.view_individuals_form").id, "form")],
        }

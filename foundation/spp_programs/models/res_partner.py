# Part of the SPP attendance suite. LGPL-3.
"""The page of a registrant counts programs, cycles and entitlements, as far as the user may see them."""

from odoo import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    program_membership_ids = fields.One2many("spp.program.membership", "partner_id", string="Program Memberships")
    cycle_ids = fields.One2many("spp.cycle.membership", "partner_id", string="Cycle Memberships")
    entitlement_ids = fields.One2many("spp.entitlement", "partner_id", string="Entitlements")
    inkind_entitlement_ids = fields.One2many("spp.entitlement.inkind", "partner_id", string="In-Kind Entitlements")

    program_membership_count = fields.Integer(string="# Programs", compute="_compute_program_membership_count")
    cycles_count = fields.Integer(string="# Cycles", compute="_compute_cycle_membership_count")
    cycle_membership_count = fields.Integer(string="# Cycle Memberships", compute="_compute_cycle_membership_count")
    non_compliant_cycle_count = fields.Integer(string="# Non-Compliant", compute="_compute_cycle_membership_count")
    entitlements_count = fields.Integer(string="# Cash Entitlements", compute="_compute_entitlements_count")
    inkind_entitlements_count = fields.Integer(string="# In-Kind Entitlements", compute="_compute_entitlements_count")
    total_entitlements_count = fields.Integer(string="# Entitlements", compute="_compute_entitlements_count")

    def _count_per_partner(self, model, domain=()):
        """Count the rows of a model per partner; users who may not read it count none.

        :param str model: a model with ``partner_id``
        :param domain: further conditions
        :return: dict partner -> number
        """
        if not self.env[model].has_access("read"):
            return {}
        groups = self.env[model]._read_group([("partner_id", "in", self.ids), *domain], ["partner_id"], ["__count"])
        return dict(groups)

    @api.depends("program_membership_ids")
    def _compute_program_membership_count(self):
        counts = self._count_per_partner("spp.program.membership")
        for partner in self:
            partner.program_membership_count = counts.get(partner._origin, 0)

    @api.depends("cycle_ids.state")
    def _compute_cycle_membership_count(self):
        counts = self._count_per_partner("spp.cycle.membership")
        non_compliant = self._count_per_partner("spp.cycle.membership", [("state", "=", "non_compliant")])
        for partner in self:
            partner.cycles_count = partner.cycle_membership_count = counts.get(partner._origin, 0)
            partner.non_compliant_cycle_count = non_compliant.get(partner._origin, 0)

    @api.depends("entitlement_ids", "inkind_entitlement_ids")
    def _compute_entitlements_count(self):
        cash = self._count_per_partner("spp.entitlement")
        inkind = self._count_per_partner("spp.entitlement.inkind")
        for partner in self:
            partner.entitlements_count = cash.get(partner._origin, 0)
            partner.inkind_entitlements_count = inkind.get(partner._origin, 0)
            partner.total_entitlements_count = partner.entitlements_count + partner.inkind_entitlements_count

    def action_view_program_memberships(self):
        """Show the programs of the registrant."""
        return self._action_view("spp.program.membership", self.env._("Programs of %s", self.name))

    def action_view_cycle_memberships(self):
        """Show the cycles of the registrant."""
        return self._action_view("spp.cycle.membership", self.env._("Cycles of %s", self.name))

    def action_view_non_compliant_cycles(self):
        """Show the cycles in which the registrant did not fulfil the criteria."""
        action = self._action_view("spp.cycle.membership", self.env._("Non-compliant cycles of %s", self.name))
        action["domain"].append(("state", "=", "non_compliant"))
        return action

    def action_view_all_entitlements(self):
        """Show the cash entitlements of the registrant."""
        return self._action_view("spp.entitlement", self.env._("Entitlements of %s", self.name))

    def action_view_inkind_entitlements(self):
        """Show the in-kind entitlements of the registrant."""
        return self._action_view("spp.entitlement.inkind", self.env._("In-kind entitlements of %s", self.name))

    def _action_view(self, model, name):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "view_mode": "list,form",
            "domain": [("partner_id", "=", self.id)],
            "context": {"default_partner_id": self.id},
        }

    def action_enroll_in_program(self):
        """Open a new membership for the registrant."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Enroll %s in a program", self.name),
            "res_model": "spp.program.membership",
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_id": self.id},
        }

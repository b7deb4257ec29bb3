# Part of the SPP attendance suite. LGPL-3.
"""Entitlements of whatever kind: made for those who have none yet, and approved or cancelled for a whole cycle."""

import math

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import split_every


class BaseProgramEntitlementManager(models.AbstractModel):
    _name = "spp.base.program.entitlement.manager"
    _description = "Base Entitlement Manager"
    _inherit = "spp.base.programs.manager"

    IS_CASH_ENTITLEMENT = True
    MIN_ROW_JOB_QUEUE = 200
    MAX_ROW_JOB_QUEUE = 2000

    name = fields.Char(required=True, default=lambda self: self._description)
    program_id = fields.Many2one("spp.program", required=True, index=True, ondelete="cascade")

    def prepare_entitlements(self, cycle, beneficiaries):
        """Create what the given members are entitled to and have not been given yet.

        :param cycle: one cycle
        :param beneficiaries: memberships of that cycle
        :return: the new entitlements
        """
        raise NotImplementedError

    def _get_entitlement_model(self):
        return "spp.entitlement" if self.IS_CASH_ENTITLEMENT else "spp.entitlement.inkind"

    def _get_entitlements(self, cycle, states):
        return cycle.get_entitlements(states, entitlement_model=self._get_entitlement_model())

    def _filter_by_compliance(self, cycle, beneficiaries):
        """Leave out who does not comply when the filter is set to the preparation of entitlements."""
        if cycle._get_filtering_mechanism() != "2" or not cycle.allow_filter_compliance_criteria:
            return beneficiaries
        compliant_ids = set(cycle._filter_compliant_partners(beneficiaries.partner_id).ids)
        return beneficiaries.filtered(lambda membership: membership.partner_id.id in compliant_ids)

    def _get_missing_partners(self, cycle, partners, domain=()):
        """Return those of the partners who have no entitlement in the cycle yet, in the order given.

        :param domain: only entitlements like these count
        """
        rows = self.env[self._get_entitlement_model()]._read_group(
            Domain("cycle_id", "=", cycle.id) & Domain("partner_id", "in", partners.ids) & Domain(list(domain)),
            ["partner_id"],
        )
        return partners - self.env["res.partner"].union(*(partner for (partner,) in rows))

    def _create_entitlements(self, vals_list):
        """Create entitlements in batches, without a note in the history of each."""
        entitlements = self.env[self._get_entitlement_model()].with_context(
            tracking_disable=True, mail_create_nosubscribe=True
        )
        created = entitlements.browse()
        for chunk in split_every(self.MAX_ROW_JOB_QUEUE, vals_list, list):
            created += entitlements.create(chunk)
        return created.with_env(self.env)

    def _prepare_entitlement_values(self, cycle, partner):
        """Return the values every entitlement of a cycle starts with."""
        return {
            "cycle_id": cycle.id,
            "partner_id": partner.id,
            "company_id": cycle.company_id.id,
            "valid_from": cycle.start_date,
            "valid_until": cycle.end_date,
        }

    def set_pending_validation_entitlements(self, cycle):
        """Hand the draft entitlements of a cycle over for approval."""
        self._get_entitlements(cycle, "draft").write({"state": "pending_validation"})

    def validate_entitlements(self, cycle):
        """Approve every draft or pending entitlement of a cycle.

        :return: nothing or a client action
        """
        return self._get_entitlements(cycle, ["draft", "pending_validation"]).approve_entitlement()

    def approve_entitlements(self, entitlements):
        """Approve those of the entitlements that are drafts or pending.

        :return: how many could not be approved, and why
        :rtype: tuple(int, str)
        """
        waiting = entitlements.filtered(lambda rec: rec.state in ("draft", "pending_validation"))
        if self.IS_CASH_ENTITLEMENT and waiting:
            needed = sum(waiting.mapped("initial_amount"))
            if needed > self.check_fund_balance(self.program_id.id):
                return len(waiting), self.env._("The funds of the program do not cover these entitlements.")
        waiting.write({"state": "approved", "date_approved": fields.Date.context_today(self)})
        skipped = len(entitlements) - len(waiting)
        if skipped:
            return skipped, self.env._("%s entitlements had been decided before and were left alone.", skipped)
        return 0, ""

    def cancel_entitlements(self, cycle):
        """Cancel the entitlements of a cycle that nobody has used."""
        self._get_entitlements(cycle, ["draft", "pending_validation", "approved"]).write({"state": "cancelled"})

    @api.private
    def check_fund_balance(self, program_id):
        """Return the money a program has left. Funds are not kept here, so there is always enough.

        :param int program_id: id of spp.program
        :rtype: float
        """
        return math.inf

    def open_entitlements_form(self, cycle):
        """Show the entitlements of a cycle."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Entitlements of %s", cycle.name),
            "res_model": self._get_entitlement_model(),
            "view_mode": "list,form",
            "domain": [("cycle_id", "=", cycle.id)],
        }

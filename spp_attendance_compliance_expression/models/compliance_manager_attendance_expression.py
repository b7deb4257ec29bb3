# Part of the SPP attendance suite. LGPL-3.
"""Compliance criteria can be an attendance expression, asked about the dates of the cycle that is filtered."""

from odoo import api, models

from odoo.addons.spp_integrity import guarded_value, with_guarded


class ComplianceManagerAttendanceExpression(models.Model):
    """Who complies in a cycle, as an attendance expression; attendance counts in the dates of the cycle."""

    _name = "spp.compliance.manager.attendance.expression"
    _description = "Attendance Compliance"
    _inherit = [
        "spp.compliance.manager.base",
        "spp.attendance.expression.manager.mixin",
        "spp.manager.source.mixin",
    ]

    def get_compliance_domain(self, membership=None):
        """Return who complies, among members of the program and the cycle that the user may see.

        The cycle is that of the memberships, or the one that asks (`spp.cycle._get_compliance_criteria_domain`); without
        one attendance counts in the period of the expression.

        :param membership: only the registrants of these cycle memberships
        :return: list domain on res.partner; an empty list of ids when nobody complies
        """
        self.ensure_one()
        if membership is not None:
            cycle, partners = membership.cycle_id[:1], membership.partner_id
        else:
            cycle = self.env["spp.cycle"].browse(guarded_value(self.env, "attendance_expression_cycle_id"))
            partners = self._candidates(cycle)
        return [("id", "in", self.expression_id._matching(partners, *self._cycle_window(cycle)).ids)]

    @api.private
    def verify_compliance(self, cycle, membership):
        """Return those of the cycle memberships whose registrant the expression is true for in the cycle."""
        return self._matching_members(membership, *self._cycle_window(cycle))

    @api.model
    def _cycle_window(self, cycle):
        return cycle._attendance_window() if cycle else (None, None)

    def _candidates(self, cycle):
        """Members of the program (who may be about to enter the cycle) and of the cycle."""
        rows = self.env["spp.program.membership"]._read_group(
            [("program_id", "=", self.program_id.id)], [], ["partner_id:array_agg"]
        ) + self.env["spp.cycle.membership"]._read_group([("cycle_id", "in", cycle.ids)], [], ["partner_id:array_agg"])
        return self.env["res.partner"].browse({partner_id for (ids,) in rows for partner_id in ids or []})


class ComplianceManager(models.Model):
    _inherit = "spp.compliance.manager"

    @api.model
    def _selection_manager_ref_id(self):
        return super()._selection_manager_ref_id() + [
            ("spp.compliance.manager.attendance.expression", self.env._("Attendance Expression")),
        ]


class Cycle(models.Model):
    _inherit = "spp.cycle"

    def _get_compliance_criteria_domain(self):
        """Tell attendance expressions which cycle asks: managers are asked for a domain without being told."""
        asking = with_guarded(self, attendance_expression_cycle_id=self.id)
        return super(Cycle, asking)._get_compliance_criteria_domain()

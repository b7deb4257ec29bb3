# Part of the SPP attendance suite. LGPL-3.
"""At which moment attendance decides who gets an entitlement, by the setting of the host."""

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.spp_integrity import as_system

from ..run.attendance_compliance_run_apply import FILTERED_CYCLE_STATES

#: Where hosts keep when compliance is applied without a click; one version writes the first, another one the second.
FILTERING_PARAMETERS = (
    "spp_programs_compliance_criteria.beneficiaries_automated_filtering_mechanism",
    "spp_programs.beneficiaries_automated_filtering_mechanism",
)


class Cycle(models.Model):
    """Only compliant members get entitlements; the host's setting says whether compliance is applied without a click.

    "0": nobody is filtered unless a manager applies a run, or the cycle itself asks to be filtered at the end.
    "1", when members are added: they are filtered if everything is known by then, that is, the attendance window is over
    (it may lie before the cycle) and its registers are submitted; else the cycle is filtered later. Who does not comply is
    a non-compliant member, with the reason, rather than no member.
    "2": the cycle is filtered when entitlements are prepared.
    """

    _inherit = "spp.cycle"

    @api.model
    def _attendance_filtering_mechanism(self):
        """:return: "0", "1" or "2", under whichever name the host keeps it"""
        # sudo: settings of the system, which users may not read
        parameters_sudo = self.env["ir.config_parameter"].sudo()
        values = [parameters_sudo.get_param(name) for name in FILTERING_PARAMETERS]
        return next((value for value in values if value in ("1", "2")), "0")

    def _is_filtered_at_preparation(self):
        return self._attendance_filtering_mechanism() == "2"

    def _filter_added_by_attendance(self):
        """With mechanism "1", filter members who were just added, once and if everything about them is known."""
        self.ensure_one()
        if not (
            self.attendance_required
            and self._attendance_filtering_mechanism() == "1"
            and self.state in FILTERED_CYCLE_STATES
            and not self._applied_attendance_run()
            and self._attendance_is_due()
        ):
            return
        # sudo: the administrator chose that adding members applies compliance, whoever may add them
        run = as_system(self)._start_attendance_run().sudo()
        if run.state != "decided":
            run.is_applied_when_decided = True
        elif run.needs_approval:
            as_system(self)._announce_attendance_run(run)
        else:
            run.action_apply()

    def _get_compliance_criteria_domain(self):
        """Whom the host leaves in when it filters by itself in a cycle with an attendance requirement.

        When entitlements are prepared: those found compliant, which covers the other criteria too. When members are added
        and any criterion is enough: everybody, as attendance may still be met.
        """
        self.ensure_one()
        if self.attendance_required and self.attendance_combination == "any":
            if self._attendance_filtering_mechanism() == "1":
                return []
        if self.attendance_required and self._is_filtered_at_preparation():
            decided = Domain("cycle_id", "=", self.id) & Domain("attendance_decision_id.result", "=", "compliant")
            return list(Domain("cycle_ids", "any", decided))
        return super()._get_compliance_criteria_domain()

    def _found_compliant(self, memberships):
        """Those of the memberships who may get an entitlement: all before a run is applied, then the compliant ones.

        :param memberships: cycle memberships of this cycle
        """
        self.ensure_one()
        if not self.attendance_required or not self._applied_attendance_run():
            return memberships
        # sudo: who prepares entitlements may not see the decisions of all areas
        compliant_ids = set(
            memberships.sudo().filtered(lambda member: member.attendance_decision_id.result == "compliant").ids
        )
        return memberships.filtered(lambda member: member.id in compliant_ids)

    def _attendance_undecided_count(self):
        """How many enrolled members would get nothing because no run found them compliant; those left out are settled."""
        self.ensure_one()
        if not self.attendance_required or not self._applied_attendance_run():
            return 0
        enrolled = Domain("cycle_id", "=", self.id) & Domain("state", "=", "enrolled")
        enrolled &= ~Domain("attendance_exclusion_ids", "!=", False)
        # sudo: members of all areas are counted, only their number is told
        members_sudo = self.env["spp.cycle.membership"].sudo()
        return members_sudo.search_count(enrolled) - members_sudo.search_count(
            enrolled & Domain("attendance_decision_id.result", "=", "compliant")
        )

    def action_prepare_entitlement(self):
        """Ask first when members are enrolled of whom the applied run does not know whether they comply."""
        self.ensure_one()
        if undecided := self._attendance_undecided_count():
            wizard = self.env["spp.attendance.unknown.confirm"].create({"cycle_id": self.id})
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Prepare Entitlements: %s Unknown", undecided),
                "res_model": wizard._name,
                "res_id": wizard.id,
                "view_mode": "form",
                "target": "new",
            }
        return super().action_prepare_entitlement()

    def prepare_entitlement(self):
        """Where compliance is applied at this moment, filter the cycle by attendance before.

        :raise UserError: when the cycle can no longer be filtered, or servers or a second person have to answer first
        """
        self.ensure_one()
        if self.attendance_required and self._is_filtered_at_preparation() and not self._applied_attendance_run():
            run = self._start_attendance_run()
            if run.state != "decided":
                raise UserError(
                    self.env._("Attendance servers are being asked for %s: prepare when they have answered.", self.name)
                )
            # sudo: the administrator chose that preparing applies compliance, whoever prepares
            run.sudo().action_apply()
        return super().prepare_entitlement()


class CycleManagerDefault(models.Model):
    _inherit = "spp.cycle.manager.default"

    @api.private
    def add_beneficiaries(self, cycle, partner_ids, state="draft"):
        """Add registrants to a cycle; where the host filters at that moment, by attendance too.

        :return: what the host returns
        """
        added = super().add_beneficiaries(cycle, partner_ids, state)
        if added:
            cycle._filter_added_by_attendance()
        return added

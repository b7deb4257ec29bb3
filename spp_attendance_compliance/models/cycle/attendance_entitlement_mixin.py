# Part of the SPP attendance suite. LGPL-3.
"""Entitlements follow attendance: withdrawn and given back with a run, and given later after a dispute."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.spp_integrity.clock import company_today
from odoo.addons.spp_programs.models import constants

#: What is given in a cycle.
ENTITLEMENT_MODELS = ("spp.entitlement", "spp.entitlement.inkind")


class AttendanceEntitlementMixin(models.AbstractModel):
    """Cash and in-kind entitlements that attendance gave later than the others, or took back."""

    _name = "spp.attendance.entitlement.mixin"
    _inherit = ["spp.guarded.fields.mixin"]
    _description = "Entitlement and Attendance"

    attendance_dispute_id = fields.Many2one(
        "spp.attendance.dispute",
        "Made Good After",
        readonly=True,
        copy=False,
        ondelete="restrict",
        index="btree_not_null",
        help="The dispute of an attendance decision that this entitlement makes good.",
    )
    attendance_run_id = fields.Many2one(
        "spp.attendance.compliance.run",
        "Withdrawn by",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
        help="The attendance run that found the member not compliant after this was prepared. Given back when the member is "
        "found compliant or the run is taken back.",
    )

    _system_fields = ("attendance_dispute_id", "attendance_run_id")

    @api.model
    def _guarded_message(self, name):
        if name in ("attendance_dispute_id", "attendance_run_id"):
            return self.env._("What attendance has to do with an entitlement is noted by disputes and runs.")
        return super()._guarded_message(name)

    def _lengthen_validity(self):
        """What is given later is valid as long as what the others got, from the day on which it is prepared."""
        for entitlement in self:
            today = company_today(entitlement.company_id)
            if not entitlement.valid_until or entitlement.valid_until >= today:
                continue
            days = (entitlement.valid_until - (entitlement.valid_from or entitlement.valid_until)).days
            entitlement.valid_until = today + timedelta(days=days)

    def approve_entitlement(self):
        """Approve drafts and pending entitlements; what makes a dispute good is approved in distributed cycles too.

        :return: what the host returns
        :raise AccessError: for those who may not approve entitlements
        :raise UserError: when the funds of the program are short
        """
        # the host notes when
        late = self._open_fields("date_approved").filtered(
            lambda rec: rec.attendance_dispute_id and rec.cycle_id.state == constants.STATE_DISTRIBUTED
        )
        if not late:
            return super().approve_entitlement()
        self._check_may_approve_late()
        for program, entitlements in late.grouped("program_id").items():
            errors, message = program.get_manager(constants.MANAGER_ENTITLEMENT).approve_entitlements(entitlements)
            if errors:
                raise UserError(message)
        return super(AttendanceEntitlementMixin, self - late).approve_entitlement()

    def _check_may_approve_late(self):
        roles = ("manager", "validator", "cycle_approver")
        if not self.env.su and not any(
            self.env.user.has_group(f"spp_programs.group_programs_{role}") for role in roles
        ):
            raise AccessError(self.env._("You may not approve entitlements: ask a validator or a programs manager."))


class Entitlement(models.Model):
    _name = "spp.entitlement"
    _inherit = ["spp.attendance.entitlement.mixin", "spp.entitlement"]


class EntitlementInkind(models.Model):
    _name = "spp.entitlement.inkind"
    _inherit = ["spp.attendance.entitlement.mixin", "spp.entitlement.inkind"]


class AttendanceComplianceRun(models.Model):
    """What was prepared before a run found its member not compliant is withdrawn with it, and comes back with it."""

    _inherit = "spp.attendance.compliance.run"

    def _apply(self):
        was_applied = self.state == "applied"
        super()._apply()
        if not was_applied:
            self._follow_with_entitlements()

    def _revert(self):
        touched = super()._revert()
        self._follow_with_entitlements()
        return touched

    def _follow_with_entitlements(self):
        """Withdraw open entitlements of members found not compliant, give back those of members who comply. In sets."""
        self.env.flush_all()
        withdrawn = sum(len(self._withdraw(model)) for model in ENTITLEMENT_MODELS)
        given_back = sum(len(self._give_back(model)) for model in ENTITLEMENT_MODELS)
        if withdrawn or given_back:
            self.cycle_id.message_post(
                body=self.env._(
                    "Entitlements that follow attendance - withdrawn: %(withdrawn)s, given back: %(given_back)s.",
                    withdrawn=withdrawn,
                    given_back=given_back,
                )
            )

    def _withdraw(self, model):
        return self._changed_entitlements(
            model,
            SQL("state = 'cancelled', attendance_run_id = %s", self.id),
            SQL(
                "entitlement.state IN ('draft', 'pending_validation') AND membership.state = 'non_compliant'"
                " AND decision.result = 'non_compliant'"
            ),
        )

    def _give_back(self, model):
        state = "pending_validation" if self.cycle_id.state == constants.STATE_TO_APPROVE else "draft"
        return self._changed_entitlements(
            model,
            SQL("state = %s, attendance_run_id = NULL", state),
            SQL(
                "entitlement.state = 'cancelled' AND entitlement.attendance_run_id IS NOT NULL"
                " AND membership.state = 'enrolled' AND COALESCE(decision.result, 'compliant') = 'compliant'"
            ),
        )

    def _changed_entitlements(self, model, values, condition):
        """Update entitlements of the cycle and tell the ORM.

        :param str model: one of `ENTITLEMENT_MODELS`
        :param values: SQL of what is set
        :param condition: SQL on `entitlement`, the `membership` of its registrant and the `decision` in force
        """
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE %(table)s entitlement
                   SET %(values)s, write_uid = %(uid)s, write_date = %(now)s
                  FROM spp_cycle_membership membership
             LEFT JOIN spp_attendance_decision decision ON decision.id = membership.attendance_decision_id
                 WHERE entitlement.cycle_id = %(cycle)s AND membership.cycle_id = entitlement.cycle_id
                   AND membership.partner_id = entitlement.partner_id AND %(condition)s
             RETURNING entitlement.id
                """,
                table=SQL.identifier(self.env[model]._table),
                values=values,
                condition=condition,
                cycle=self.cycle_id.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        entitlements = self.env[model].browse(row[0] for row in rows)
        entitlements.invalidate_recordset()
        entitlements.modified(["state"])
        return entitlements

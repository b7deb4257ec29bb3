# Part of the SPP attendance suite. LGPL-3.
"""The status of a beneficiary moves by its rules and with a reason, and is never written past its history."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .statuses import MOVES, STATUSES


class ProgramMembership(models.Model):
    _name = "spp.program.membership"
    _inherit = ["spp.program.membership", "spp.guarded.fields.mixin"]

    _system_fields = ("beneficiary_status",)

    beneficiary_status = fields.Selection(
        STATUSES,
        required=True,
        readonly=True,
        default="potential",
        copy=False,
        help="Where the beneficiary stands in the program. It is changed with a reason, and each change is kept.",
    )
    status_change_ids = fields.One2many("spp.beneficiary.status.change", "membership_id", string="Status Changes")

    _beneficiary_status_idx = models.Index("(program_id, beneficiary_status)")

    def init(self):
        """Let memberships that are inserted by SQL, past the ORM, start as potential too."""
        super().init()
        self.env.cr.execute(
            SQL(
                "ALTER TABLE %s ALTER COLUMN beneficiary_status SET DEFAULT 'potential'",
                SQL.identifier(self._table),
            )
        )

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("beneficiary_status", "potential") != "potential" for vals in vals_list):
            self._refuse_direct_status()
        # the default is the one way to begin
        return super().create(
            [{name: value for name, value in vals.items() if name != "beneficiary_status"} for vals in vals_list]
        )

    def write(self, vals):
        if "beneficiary_status" in vals:
            self._refuse_direct_status()
        return super().write(vals)

    def _refuse_direct_status(self):
        raise UserError(self._guarded_message("beneficiary_status"))

    @api.model
    def _guarded_message(self, name):
        if name == "beneficiary_status":
            return self.env._(
                "The status of a beneficiary is changed with a reason. Use Change Status instead of editing it."
            )
        return super()._guarded_message(name)

    def _check_may_change_status(self):
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(
                self.env._("You are not allowed to change the status of beneficiaries. Ask a program manager.")
            )

    def change_beneficiary_status(self, new_status, reason):
        """Move these memberships to another status, all in one batch or none. Those that have it already are left out.

        :param str new_status: "potential", "active", "suspended" or "graduated"
        :param str reason: why, in words; required
        :return: the spp.beneficiary.status.batch, empty when all had the status already
        :raise AccessError: the user is no program manager, or may not change one of the memberships
        :raise UserError: the reason is missing, or one of them cannot move there from its status
        """
        self._check_may_change_status()
        self.check_access("write")
        batches = self.env["spp.beneficiary.status.batch"]
        if new_status not in MOVES:
            raise UserError(self.env._("There is no such status. Choose one of the list."))
        reason = batches._clean_reason(reason)
        statuses = self._lock_statuses()
        moving = [membership_id for membership_id, status in statuses if status != new_status]
        stuck = [
            membership_id
            for membership_id, status in statuses
            if status != new_status and new_status not in MOVES[status]
        ]
        if stuck:
            raise UserError(self._describe_stuck(stuck, new_status))
        if not moving:
            return batches
        # sudo: batches are nobody's to write; who may change a status was checked
        batch = batches.sudo().create({"new_status": new_status, "reason": reason})
        batch._record_changes(
            SQL(
                """
                SELECT id AS membership_id, beneficiary_status AS old_status, %s AS new_status, NULL::int AS undo_of_id
                  FROM spp_program_membership
                 WHERE id = ANY(%s)
                """,
                new_status,
                moving,
            )
        )
        return batch.sudo(self.env.su)

    def _lock_statuses(self):
        """Lock the memberships against other changes and return their (id, status)."""
        self.env["spp.program.membership"].flush_model(["beneficiary_status"])
        return self.env.execute_query(
            SQL(
                "SELECT id, beneficiary_status FROM spp_program_membership WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
                list(self.ids),
            )
        )

    def _describe_stuck(self, stuck_ids, new_status):
        labels = dict(self._fields["beneficiary_status"]._description_selection(self.env))
        stuck = self.browse(stuck_ids)
        return self.env._(
            "%(count)s of the selected cannot become %(status)s, for example %(name)s, who is %(current)s. "
            "Take them out of the selection.",
            count=len(stuck),
            status=labels[new_status],
            name=stuck[0].display_name,
            current=labels[stuck[0].beneficiary_status],
        )

    def action_change_beneficiary_status(self):
        """Open the window that asks for the new status and the reason."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "spp_beneficiary_status.action_spp_beneficiary_status_wizard"
        )
        return {**action, "context": {"active_model": self._name, "active_ids": self.ids}}

# Part of the SPP attendance suite. LGPL-3.
"""Statuses change in batches, with their history in one statement, and a batch can be undone by another."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.spp_integrity.clock import database_now

from .statuses import STATUSES


class BeneficiaryStatusBatch(models.Model):
    """Status changes that were made together, for one reason, and can be undone together."""

    _name = "spp.beneficiary.status.batch"
    _inherit = ["spp.append.only.mixin"]
    _description = "Beneficiary Status Batch"
    _order = "id desc"
    _company_path = "change_ids.program_id.company_id"
    _append_only_anonymise = ("reason",)

    new_status = fields.Selection(
        STATUSES, readonly=True, help="Empty for an undo, which brings back the former status."
    )
    reason = fields.Char(required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Changed By", required=True, readonly=True, index=True, default=lambda self: self.env.user
    )
    date = fields.Datetime(string="Changed On", required=True, readonly=True, default=fields.Datetime.now)
    undo_of_id = fields.Many2one(
        "spp.beneficiary.status.batch", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    undo_ids = fields.One2many("spp.beneficiary.status.batch", "undo_of_id", string="Undone By", readonly=True)
    change_ids = fields.One2many("spp.beneficiary.status.change", "batch_id", string="Changes", readonly=True)
    change_count = fields.Integer(string="# Changes", compute="_compute_counts")
    conflict_ids = fields.One2many("spp.beneficiary.status.conflict", "batch_id", string="Conflicts", readonly=True)
    conflict_count = fields.Integer(string="# Conflicts", compute="_compute_counts")

    _undone_once = models.UniqueIndex(
        "(undo_of_id) WHERE undo_of_id IS NOT NULL", "This batch has been undone already. Undo its undo instead."
    )

    @api.depends("change_ids", "conflict_ids")
    def _compute_counts(self):
        for field_name, model in (
            ("change_count", "spp.beneficiary.status.change"),
            ("conflict_count", "spp.beneficiary.status.conflict"),
        ):
            counts = dict(self.env[model]._read_group([("batch_id", "in", self.ids)], ["batch_id"], ["__count"]))
            for batch in self:
                batch[field_name] = counts.get(batch._origin, 0)

    @api.depends("new_status", "date", "undo_of_id")
    def _compute_display_name(self):
        labels = dict(self._fields["new_status"]._description_selection(self.env))
        for batch in self:
            title = labels.get(batch.new_status) or self.env._("Undo")
            date = fields.Datetime.context_timestamp(batch, batch.date or database_now(self.env))
            batch.display_name = f"{title} {date:%Y-%m-%d %H:%M}"

    @api.model
    def _append_only_message(self, deleting=False):
        if deleting:
            return self.env._("The history of a beneficiary is never deleted. Undo the batch instead.")
        return self.env._("The history of a beneficiary is never changed. Undo the batch instead.")

    @api.model
    def _clean_reason(self, reason):
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why: the reason is kept with the change."))
        return reason

    # --- undo

    def undo(self, reason):
        """Give the beneficiaries of this batch their former status again, in a new batch.

        Exactly those are restored whose status nothing has changed since; the rest is listed as conflicts of
        the new batch. The undo can be undone itself.

        :param str reason: why, in words; required
        :return: the new spp.beneficiary.status.batch
        :raise AccessError: the user is no program manager
        :raise UserError: the reason is missing, the batch was undone before, or nothing of it can be restored
        """
        self.ensure_one()
        self.env["spp.program.membership"]._check_may_change_status()
        self.check_access("read")
        reason = self._clean_reason(reason)
        # sudo: batches are nobody's to write; who may change a status was checked
        batch_sudo = self.sudo()
        self.env.execute_query(SQL("SELECT id FROM spp_beneficiary_status_batch WHERE id = %s FOR UPDATE", self.id))
        if batch_sudo.undo_ids:
            raise UserError(self.env._("This batch has been undone already. Undo its undo instead."))
        memberships = batch_sudo.change_ids.membership_id
        memberships._lock_statuses()
        reachable = memberships.sudo(self.env.su)._filtered_access("write")
        restorable = {
            row[0]
            for row in self.env.execute_query(SQL("SELECT membership_id FROM (%s) AS r", self._restorable(reachable)))
        }
        if not restorable:
            raise UserError(self.env._("Nothing can be undone: every status of this batch has been changed since."))
        undo = batch_sudo.create(
            {
                "undo_of_id": self.id,
                "reason": reason,
                "conflict_ids": [
                    fields.Command.create(
                        {
                            "membership_id": membership.id,
                            "current_status": membership.beneficiary_status,
                            "cause": "changed_since" if membership in reachable else "no_access",
                        }
                    )
                    for membership in memberships
                    if membership.id not in restorable
                ],
            }
        )
        undo._record_changes(self._restorable(reachable))
        return undo.sudo(self.env.su)

    def _restorable(self, memberships):
        """SELECT of what an undo of this batch would record for those memberships that nothing has changed since."""
        return SQL(
            """
            SELECT c.membership_id, c.new_status AS old_status, c.old_status AS new_status, c.id AS undo_of_id
              FROM spp_beneficiary_status_change c
             WHERE c.batch_id = %s
               AND c.membership_id = ANY(%s)
               AND NOT EXISTS (
                       SELECT FROM spp_beneficiary_status_change later
                        WHERE later.membership_id = c.membership_id AND later.id > c.id)
            """,
            self.id,
            list(memberships.ids),
        )

    def action_undo(self):
        """Open the window that shows what an undo would do and asks for the reason."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "spp_beneficiary_status.action_spp_beneficiary_status_undo_wizard"
        )
        return {**action, "context": {"default_batch_id": self.id}}

    def action_open(self):
        """Show the batch."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }

    # --- the one place that writes a status

    def _record_changes(self, moves):
        """Write the statuses and their history in one statement.

        :param SQL moves: SELECT of (membership_id, old_status, new_status, undo_of_id)
        """
        self.ensure_one()
        self.env.flush_all()
        changed = self.env.execute_query(
            SQL(
                """
                WITH move AS (%(moves)s),
                     changed AS (
                         UPDATE spp_program_membership m
                            SET beneficiary_status = move.new_status, write_uid = %(uid)s, write_date = %(now)s
                           FROM move
                          WHERE m.id = move.membership_id
                      RETURNING m.id, m.partner_id, m.program_id, move.old_status, move.new_status, move.undo_of_id)
                INSERT INTO spp_beneficiary_status_change
                            (batch_id, membership_id, partner_id, program_id, old_status, new_status, undo_of_id,
                             reason, user_id, date, create_uid, create_date, write_uid, write_date)
                     SELECT %(batch)s, id, partner_id, program_id, old_status, new_status, undo_of_id,
                            %(reason)s, %(uid)s, %(now)s, %(uid)s, %(now)s, %(uid)s, %(now)s
                       FROM changed
                   ORDER BY id
                  RETURNING membership_id
                """,
                moves=moves,
                batch=self.id,
                reason=self.reason,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        memberships = self.env["spp.program.membership"].browse(row[0] for row in changed)
        memberships.invalidate_recordset(["beneficiary_status", "status_change_ids", "write_uid", "write_date"])
        memberships.modified(["beneficiary_status"])
        self.invalidate_recordset(["change_ids", "change_count"])

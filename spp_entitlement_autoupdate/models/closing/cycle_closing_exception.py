# Part of the SPP attendance suite. LGPL-3.
"""What keeps a cycle from ending, listed for a manager who puts it right or waives it with a reason."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.spp_integrity.clock import database_now


class CycleClosingException(models.Model):
    """An entitlement to which no final state can be given; the cycle cannot end before it is put right or waived."""

    _name = "spp.cycle.closing.exception"
    _description = "End-of-Cycle Exception"
    _order = "id"
    _company_path = "closing_id.company_id"
    _area_path = "entitlement_id.partner_id.area_id"
    _area_open = ("('inkind_entitlement_id.partner_id.area_id', 'child_of', user.center_area_ids.ids)",)

    closing_id = fields.Many2one("spp.cycle.closing", required=True, readonly=True, index=True, ondelete="cascade")
    cycle_id = fields.Many2one(related="closing_id.cycle_id")
    entitlement_id = fields.Many2one("spp.entitlement", readonly=True, index="btree_not_null", ondelete="cascade")
    inkind_entitlement_id = fields.Many2one(
        "spp.entitlement.inkind",
        string="In-Kind Entitlement",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    reason = fields.Selection(
        [
            ("nothing_entitled", "The entitled value is zero: correct or cancel the entitlement."),
            ("overdrawn", "More was redeemed than entitled: void what was too much."),
            ("voids_above_purchases", "More was voided than purchased: find the missing purchase."),
            ("other_currency", "Something was booked in another currency or unit: void it and book it again."),
        ],
        required=True,
        readonly=True,
    )
    partner_id = fields.Many2one("res.partner", string="Beneficiary", compute="_compute_partner_id")
    balance = fields.Float(digits=(16, 3), readonly=True)
    state = fields.Selection([("open", "Open"), ("waived", "Waived")], required=True, readonly=True, default="open")
    waive_reason = fields.Char(string="Reason for Waiving", readonly=True)
    waived_by_id = fields.Many2one("res.users", readonly=True)
    waived_at = fields.Datetime(readonly=True)

    _one_entitlement = models.Constraint(
        "CHECK (num_nonnulls(entitlement_id, inkind_entitlement_id) = 1)",
        "An exception belongs to one entitlement, cash or in-kind.",
    )
    _waived_with_reason = models.Constraint(
        "CHECK (state != 'waived' OR (waive_reason IS NOT NULL AND waived_by_id IS NOT NULL AND waived_at IS NOT NULL))",
        "An exception is waived by somebody and with a reason.",
    )

    @api.depends("entitlement_id", "inkind_entitlement_id")
    def _compute_partner_id(self):
        for row in self:
            row.partner_id = row.entitlement_id.partner_id or row.inkind_entitlement_id.partner_id

    def action_open_waive(self):
        """Ask for the reason to waive these exceptions."""
        self._check_may_waive()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Waive %s Exceptions", len(self)),
            "res_model": "spp.cycle.closing.waive.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_exception_ids": self.ids},
        }

    def waive(self, reason):
        """Let the cycles end although these entitlements have no final state; they keep the one they have.

        The runs go on by themselves once none of their exceptions is open any more.

        :param str reason: why, for everybody to read
        :raise AccessError: the user is no programs manager
        :raise UserError: there is no reason, or one of the runs has come to its end
        """
        self._check_may_waive()
        if not isinstance(reason, str) or not reason.strip():
            raise UserError(self.env._("Say why these exceptions may stay."))
        # sudo: exceptions are nobody's to write; who may waive them was checked
        rows = self.sudo().filtered(lambda row: row.state == "open")
        closings = rows.closing_id
        if any(closing.state == "done" for closing in closings):
            raise UserError(self.env._("The run has come to its end: its exceptions stay as they are."))
        for closing in closings:
            closing.cycle_id._lock_for_closing()
        rows.write(
            {
                "state": "waived",
                "waive_reason": reason.strip(),
                "waived_by_id": self.env.uid,
                "waived_at": database_now(self.env),
            }
        )
        for closing, group in rows.grouped("closing_id").items():
            closing.open_exception_count = len(closing.exception_ids.filtered(lambda row: row.state == "open"))
            closing.cycle_id.message_post(
                body=self.env._(
                    "Exceptions of the end of the cycle waived: %(count)s. Reason: %(reason)s",
                    count=len(group),
                    reason=reason.strip(),
                )
            )
        closings.filtered(lambda closing: not closing.open_exception_count).with_user(self.env.user).action_resume()

    def _check_may_waive(self):
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(self.env._("Only a programs manager may waive exceptions: ask one to do it."))
        self.check_access("read")
        self.closing_id.check_access("read")

# Part of the SPP attendance suite. LGPL-3.
"""Cycles end when every entitlement has its final state; here is who may end, correct or reopen them."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.spp_integrity import guarded_value


class Cycle(models.Model):
    _inherit = "spp.cycle"

    # States in which entitlements of the cycle can be redeemed, and from which it can be ended.
    _REDEMPTION_STATES = ("approved", "distributed")

    is_expired = fields.Boolean(
        string="Due to End",
        compute="_compute_is_expired",
        search="_search_is_expired",
        help="The day on which the program ends its cycles has come: the day after their last day or, if it says so, "
        "the last day itself, in the time zone of the program's company.",
    )
    closing_ids = fields.One2many("spp.cycle.closing", "cycle_id", string="End-of-Cycle Runs")
    closing_count = fields.Integer(compute="_compute_closing_count")
    adjustment_count = fields.Integer(string="Late Transactions", compute="_compute_adjustment_count")
    reopening_ids = fields.One2many("spp.cycle.reopening", "cycle_id", string="Reopenings", readonly=True)

    @api.depends("end_date", "program_id.cycle_end_moment", "program_id.company_id.partner_id.tz")
    def _compute_is_expired(self):
        for cycle in self:
            cycle.is_expired = bool(cycle.end_date) and cycle.end_date <= cycle.program_id._last_expired_day()

    def _search_is_expired(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: when the cycles of a program end is no secret; found are cycles that the user may see
        programs = self.env["spp.program"].sudo().with_context(active_test=False).search([("cycle_ids", "!=", False)])
        expired = Domain.OR(
            Domain("program_id", "in", group.ids) & Domain("end_date", "<=", day)
            for day, group in programs.grouped(lambda program: program._last_expired_day()).items()
        )
        if value == {True}:
            return expired
        return ~expired if True not in value else Domain.TRUE

    @api.depends("closing_ids")
    def _compute_closing_count(self):
        counts = dict(
            self.env["spp.cycle.closing"]._read_group([("cycle_id", "in", self.ids)], ["cycle_id"], ["__count"])
        )
        for cycle in self:
            cycle.closing_count = counts.get(cycle._origin, 0)

    def _compute_adjustment_count(self):
        # sudo: who sees the cycle may see how many there are, not what they are about
        groups = (
            self.env["spp.entitlement.transaction.review"]
            .sudo()
            ._read_group(
                [("cycle_id", "in", self.ids), ("reason_code", "=", "late"), ("state", "=", "open")],
                ["cycle_id"],
                ["__count"],
            )
        )
        counts = {cycle.id: count for cycle, count in groups}
        for cycle in self:
            cycle.adjustment_count = counts.get(cycle._origin.id, 0)

    # --- ending

    def write(self, vals):
        if (state := vals.get("state")) and not self.env.su:
            if state == "ended" and (open_ones := self.filtered(lambda cycle: cycle.state != "ended")):
                raise UserError(
                    self.env._(
                        "The entitlements of %s have no final state yet. Use Set as Ended.", open_ones[0].display_name
                    )
                )
            if state != "ended" and (ended := self.filtered(lambda cycle: cycle.state == "ended")):
                raise UserError(self.env._("%s has ended. A programs manager can reopen it.", ended[0].display_name))
            # sudo: a run that the user may not see is one too
            if state == self.STATE_CANCELED and (
                ending := self.sudo().closing_ids.filtered(lambda closing: closing.state != "done").cycle_id
            ):
                raise UserError(
                    self.env._("The end of %s has begun: let it finish instead of cancelling.", ending[0].display_name)
                )
        return super().write(vals)

    def mark_cancelled(self):
        """Cancel cycles of which nobody has used anything.

        :raise AccessError: the user may not change one of them
        :raise UserError: an entitlement of one of them was used
        """
        self.check_access("write")
        for transaction in ("spp.entitlement.transactions", "spp.inkind.entitlement.transactions"):
            # sudo: what was used in areas that the user does not see was used
            bookings_sudo = self.env[transaction].sudo()
            if booked := bookings_sudo.search([("entitlement_id.cycle_id", "in", self.ids)], limit=1):
                raise UserError(
                    self.env._(
                        "Entitlements of %s were used already: end it instead of cancelling it.",
                        booked.entitlement_id.cycle_id.display_name,
                    )
                )
        return super().mark_cancelled()

    def mark_ended(self):
        """Set the cycles as ended once every entitlement of theirs has its final state, all in one transaction.

        A cycle with exceptions stays as it is, and the run that lists them is shown.

        :return: nothing, or an action that opens the run with the exceptions
        :raise AccessError: the user is neither program manager nor cycle approver
        :raise UserError: a cycle is neither approved nor distributed (one that has ended already is left alone)
        """
        self._check_may_end()
        result = super().mark_ended()
        if not guarded_value(self.env, "carry_over_later"):
            for cycle in self:
                while cycle._carry_over_step():
                    pass
        stuck = self.closing_ids.filtered(lambda closing: closing.state == "exceptions")
        return stuck._action_open() if stuck else result

    def action_set_as_ended(self):
        """Show what the end of the cycles would do, to be confirmed.

        :return: action that opens the preview
        :raise AccessError: the user is neither program manager nor cycle approver
        :raise UserError: one of them is neither approved nor distributed
        """
        self.check_access("write")
        self._check_may_end()
        if ended := self.filtered(lambda cycle: cycle.state == "ended"):
            raise UserError(self.env._("%s has ended already.", ended[0].display_name))
        wizard = self.env["spp.cycle.end.wizard"].create({"cycle_ids": self.ids})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Set as Ended"),
            "res_model": wizard._name,
            "res_id": wizard.id,
            "view_mode": "form",
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    def action_correct_adjustments(self):
        """Start a run that books the late transactions of ended cycles and corrects their entitlements.

        :return: action that opens the runs
        :raise AccessError: the user is neither program manager nor cycle approver
        :raise UserError: one of them has not ended
        """
        self.check_access("write")
        self._check_may_end()
        if any(cycle.state != "ended" for cycle in self):
            raise UserError(self.env._("Only a cycle that has ended is corrected. Before that, book the transactions."))
        return self._start_runs()

    def _start_runs(self):
        """Open or join the run of each cycle and let it go on outside of this request.

        :return: action that opens the runs
        """
        # sudo: runs are nobody's to create; who may end the cycle was checked
        closings_sudo = self.env["spp.cycle.closing"].sudo()
        for cycle in self:
            closings_sudo |= closings_sudo._open(cycle)
        closings_sudo._start()
        return closings_sudo._action_open()

    def action_reopen(self):
        """Ask for the reason to reopen an ended cycle.

        :raise AccessError: the user is no programs manager
        """
        self.ensure_one()
        self._check_may_reopen()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reopen %s", self.display_name),
            "res_model": "spp.cycle.reopen.wizard",
            "view_mode": "form",
            "target": "new",
            "context": {"default_cycle_id": self.id},
        }

    def _check_may_end(self):
        """Refuse the end of a cycle to those who may not decide on it, and from states it cannot end in."""
        if not (
            self.env.su
            or self.env.user.has_group("spp_programs.group_programs_manager")
            or self.env.user.has_group("spp_programs.group_programs_cycle_approver")
        ):
            raise AccessError(
                self.env._("You are not allowed to end cycles. Ask a program manager or a cycle approver.")
            )
        if early := self.filtered(lambda cycle: cycle.state not in (*self._REDEMPTION_STATES, "ended")):
            raise UserError(
                self.env._("%s cannot be ended: only an approved or distributed cycle can.", early[0].display_name)
            )

    def _check_may_reopen(self):
        """Refuse the reopening of a cycle to everybody but programs managers, and of one that has not ended."""
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(self.env._("Only a programs manager may reopen a cycle: ask one to do it."))
        self.check_access("write")
        if self.state != "ended":
            raise UserError(self.env._("%s has not ended: there is nothing to reopen.", self.display_name))

    def _lock_for_closing(self):
        """Make bookings on the entitlements of these cycles wait until this database transaction is over."""
        self.env.cr.execute(
            SQL("SELECT id FROM spp_cycle WHERE id = ANY(%s) ORDER BY id FOR UPDATE", list(self.ids)),
            log_exceptions=False,
        )

    def action_view_closings(self):
        """Open the end-of-cycle runs of the cycle."""
        self.ensure_one()
        return self.closing_ids._action_open()

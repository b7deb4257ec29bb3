# Part of the SPP attendance suite. LGPL-3.
"""Before cycles end: how many entitlements would get which state, with sums, and a warning when it is early."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.program.program import UNREDEEMED_POLICIES

OUTCOMES = [
    ("redeemed", "Redeemed"),
    ("partial", "Partially Redeemed"),
    ("unredeemed", "Unredeemed"),
    ("nothing_entitled", "Exception: Nothing Entitled"),
    ("overdrawn", "Exception: More Redeemed Than Entitled"),
    ("voids_above_purchases", "Exception: More Voided Than Purchased"),
    ("other_currency", "Exception: Other Currency or Unit"),
]


class CycleEndWizard(models.TransientModel):
    """What the end of cycles would do, before anybody decides on it."""

    _name = "spp.cycle.end.wizard"
    _description = "Set Cycles as Ended"
    _own_dialog = True

    cycle_ids = fields.Many2many("spp.cycle", string="Cycles", required=True, readonly=True)
    line_ids = fields.One2many(
        "spp.cycle.end.wizard.line", "wizard_id", string="Preview", compute="_compute_line_ids", store=True
    )
    exception_count = fields.Integer(string="Exceptions", compute="_compute_exception_count")
    is_early = fields.Boolean(compute="_compute_is_early")

    @api.depends("cycle_ids")
    def _compute_line_ids(self):
        for wizard in self:
            wizard.cycle_ids.check_access("read")
            wizard.cycle_ids._check_may_end()
            wizard.line_ids = [fields.Command.clear()] + [
                fields.Command.create(values) for cycle in wizard.cycle_ids for values in wizard._preview(cycle)
            ]

    @api.depends("line_ids")
    def _compute_exception_count(self):
        for wizard in self:
            wizard.exception_count = sum(
                wizard.line_ids.filtered(lambda line: line.is_exception).mapped("entitlement_count")
            )

    @api.depends("cycle_ids")
    def _compute_is_early(self):
        for wizard in self:
            wizard.is_early = not all(wizard.cycle_ids.mapped("is_expired"))

    def _preview(self, cycle):
        """Values of the lines of one cycle."""
        # sudo: runs are nobody's to create; this one is never saved
        closings_sudo = self.env["spp.cycle.closing"].sudo()
        run_sudo = closings_sudo._find_open(cycle) or closings_sudo.new(
            {"cycle_id": cycle.id, "unredeemed_policy": cycle.program_id.unredeemed_policy}
        )
        # sudo: the name of a currency or unit
        return [
            {
                "cycle_id": cycle.id,
                "kind": row["kind"],
                "unit": self.env[closings_sudo._UNIT_MODELS[row["kind"]]]
                .sudo()
                .browse(row["unit_id"] or [])
                .display_name,
                "outcome": row["outcome"],
                "unredeemed_policy": run_sudo.unredeemed_policy
                if row["outcome"] in ("partial", "unredeemed")
                else False,
                "entitlement_count": row["count"],
                "initial": float(row["initial"]),
                "redeemed": float(row["initial"]) - float(row["balance"]),
                "balance": float(row["balance"]),
            }
            for row in run_sudo._summarize()
        ]

    def action_confirm(self):
        """Start the end of the cycles, or join the runs that are on their way.

        :return: action that shows the runs
        :raise AccessError: the user is neither program manager nor cycle approver
        :raise UserError: one of them is neither approved nor distributed
        """
        self.ensure_one()
        cycles = self.cycle_ids
        cycles.check_access("write")
        cycles._check_may_end()
        if any(cycle.state == "ended" for cycle in cycles):
            raise UserError(self.env._("One of these cycles has ended by now. Close this window and look at it."))
        return cycles._start_runs()


class CycleEndWizardLine(models.TransientModel):
    _name = "spp.cycle.end.wizard.line"
    _description = "Preview of the End of a Cycle"
    _own_dialog = True

    wizard_id = fields.Many2one("spp.cycle.end.wizard", required=True, ondelete="cascade", index=True)
    cycle_id = fields.Many2one("spp.cycle", readonly=True)
    program_id = fields.Many2one(related="cycle_id.program_id")
    kind = fields.Selection(
        [("spp.entitlement", "Cash"), ("spp.entitlement.inkind", "In-Kind")], required=True, readonly=True
    )
    unit = fields.Char(string="Currency or Unit", readonly=True)
    outcome = fields.Selection(OUTCOMES, required=True, readonly=True)
    unredeemed_policy = fields.Selection(UNREDEEMED_POLICIES, string="What Is Left", readonly=True)
    entitlement_count = fields.Integer(string="Entitlements", readonly=True)
    initial = fields.Float(string="Entitled", digits=(16, 2), readonly=True)
    redeemed = fields.Float(digits=(16, 2), readonly=True)
    balance = fields.Float(string="Left", digits=(16, 2), readonly=True)
    is_exception = fields.Boolean(compute="_compute_is_exception")

    @api.depends("outcome")
    def _compute_is_exception(self):
        for line in self:
            line.is_exception = line.outcome not in ("redeemed", "partial", "unredeemed")

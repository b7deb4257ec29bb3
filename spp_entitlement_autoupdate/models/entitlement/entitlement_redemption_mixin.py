# Part of the SPP attendance suite. LGPL-3.
"""The balance of an entitlement, exact and in its unit, and whether anything can still be booked on it."""

from decimal import ROUND_HALF_UP, Decimal

from odoo import api, models
from odoo.tools import SQL


class EntitlementRedemptionMixin(models.AbstractModel):
    """What an entitlement needs to be redeemed by transactions, whatever it is measured in."""

    _name = "spp.entitlement.redemption.mixin"
    _inherit = ["spp.guarded.fields.mixin"]
    _description = "Redeemable Entitlement"

    # Knobs of the concrete model: the field with the entitled value, and its transaction model.
    _redemption_initial = ""
    _redemption_model = ""

    # States in which an entitlement can be used, and which the end of its cycle may change.
    _REDEEMABLE_STATES = ("approved", "trans2FSP", "parrdpd2ben")
    # States which the end of a cycle gives besides; only a correction of the cycle books on them.
    _FINAL_STATES = ("rdpd2ben", "expired")

    _CLOSING_FIELDS = ("expired_value", "carried_value", "carried_to_id", "carried_from_id")
    _system_fields = ("entitlement_balance", *_CLOSING_FIELDS)

    @api.model
    def _guarded_message(self, name):
        if name in self._CLOSING_FIELDS:
            return self.env._("What has expired and what was carried over is written by the end of a cycle only.")
        return super()._guarded_message(name)

    def _is_redeemable(self):
        """Whether something may be booked while the cycle runs.

        What a run that has not come to its end yet has settled already counts as open still.

        :rtype: bool
        """
        self.ensure_one()
        if self.state == "rdpd2ben":
            return "rdpd2ben" in self.state_change_ids.mapped("new_state")
        if self.state == "expired":
            return bool(self.expired_value or self.carried_value)
        return self.state in self._REDEEMABLE_STATES

    @api.depends(
        lambda self: (
            (
                self._redemption_initial,
                "transaction_ids.transaction_type",
                f"transaction_ids.{self.env[self._redemption_model]._redemption_measure}",
            )
            if self._redemption_model
            else ()
        )
    )
    def _compute_entitlement_balance(self):
        redeemed = self._redeemed()
        for entitlement in self:
            balance = Decimal(str(entitlement[entitlement._redemption_initial] or 0))
            balance -= redeemed.get(entitlement._origin.id, Decimal(0))
            entitlement.entitlement_balance = float(entitlement._redemption_exact(balance))

    def _redeemed(self):
        """Purchases less voids (exact decimals) per entitlement id, from one grouped query."""
        Transaction = self.env[self._redemption_model]
        groups = Transaction._read_group(
            [("entitlement_id", "in", self._origin.ids)],
            groupby=["entitlement_id", "transaction_type"],
            aggregates=[f"{Transaction._redemption_measure}:sum"],
        )
        redeemed = {}
        for entitlement, transaction_type, total in groups:
            total = Decimal(str(total))
            redeemed[entitlement.id] = redeemed.get(entitlement.id, Decimal(0)) + (
                -total if transaction_type == "VOID" else total
            )
        return redeemed

    def _redemption_carried(self):
        """What the end of the cycle carried over to the next one (exact decimal): it is not available any more.

        As long as the cycle has not ended and the next one has not got it, nothing is carried over for good.
        """
        is_final = self.cycle_id.state == "ended" or self.carried_to_id
        return self._redemption_exact(self.carried_value) if is_final else Decimal(0)

    def _redemption_rounding(self):
        """Smallest step of the entitled value, e.g. 0.01."""
        raise NotImplementedError

    def _redemption_exact(self, value):
        """A value as an exact decimal (Decimal), rounded to the smallest step of the entitled value.

        :param value: float or Decimal; of a float its 15 significant digits count
        """
        if isinstance(value, float):
            value = Decimal(f"{value:.15g}")
        step = Decimal(str(self._redemption_rounding()))
        return (Decimal(value) / step).to_integral_value(ROUND_HALF_UP) * step

    def _redemption_text(self, value):
        """An entitled value in words for a person, e.g. "12.50 kg"."""
        raise NotImplementedError

    def _redemption_currency(self):
        """Currency of the entitlement; its program's when it has none of its own."""
        return self.currency_id or self.cycle_id.program_id.currency_id

    def _closing_unit(self, cycle):
        """How the end of a cycle finds out what entitlements are counted in.

        :return: (SQL joins from the entitlement `e`, SQL of the id of its currency or unit, name of the field of a
            transaction with the same)
        """
        raise NotImplementedError

    def _closing_whole(self, balance):
        """SQL of the part of a balance (SQL) that an entitlement of the next cycle can hold."""
        return balance

    def _state_before_the_end(self):
        """SQL of the state that entitlement `e` had before a run settled it."""
        return SQL(
            """COALESCE((SELECT c.old_state FROM spp_entitlement_state_change c
                          WHERE c.%s = e.id AND c.old_state IN ('approved', 'trans2FSP')
                       ORDER BY c.id DESC LIMIT 1), 'approved')""",
            SQL.identifier(self._fields["state_change_ids"].inverse_name),
        )

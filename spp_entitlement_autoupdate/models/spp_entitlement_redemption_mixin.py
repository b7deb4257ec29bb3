# Part of the SPP attendance suite. LGPL-3.
from decimal import ROUND_HALF_UP, Decimal

from odoo import api, models


class SppEntitlementRedemptionMixin(models.AbstractModel):
    """What an entitlement needs to be redeemed by transactions, whatever it is measured in."""

    _name = "spp.entitlement.redemption.mixin"
    _description = "Redeemable Entitlement"

    # Knobs of the concrete model: the field with the entitled value, and its transaction model.
    _redemption_initial = ""
    _redemption_model = ""

    # States in which an entitlement can be used, and which the end of its cycle may change.
    _REDEEMABLE_STATES = ("approved", "trans2FSP", "parrdpd2ben")
    # States which the end of a cycle gives besides; only a correction of the cycle books on them.
    _FINAL_STATES = ("rdpd2ben", "expired")

    def _is_redeemable(self):
        """Whether something may be booked while the cycle runs.

        :rtype: bool
        """
        self.ensure_one()
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
        """What the end of the cycle carried over to the next one (exact decimal): it is not available any more."""
        return Decimal(str(self.carried_value)) if "carried_value" in self._fields else Decimal(0)

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

# Part of the SPP attendance suite. LGPL-3.
from odoo import api, models
from odoo.tools import float_round


class SppEntitlementRedemptionMixin(models.AbstractModel):
    """What an entitlement needs to be redeemed by transactions, whatever it is measured in."""

    _name = "spp.entitlement.redemption.mixin"
    _description = "Redeemable Entitlement"

    # Knobs of the concrete model: the field with the entitled value, and its transaction model.
    _redemption_initial = ""
    _redemption_model = ""

    # States in which an entitlement can be used, and which the end of its cycle may change.
    _REDEEMABLE_STATES = ("approved", "trans2FSP", "parrdpd2ben")

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
            balance = entitlement[self._redemption_initial] - redeemed.get(entitlement._origin.id, 0.0)
            entitlement.entitlement_balance = entitlement._redemption_round(balance)

    def _redeemed(self):
        """Purchases less voids per entitlement id, from one grouped query."""
        Transaction = self.env[self._redemption_model]
        groups = Transaction._read_group(
            [("entitlement_id", "in", self._origin.ids)],
            groupby=["entitlement_id", "transaction_type"],
            aggregates=[f"{Transaction._redemption_measure}:sum"],
        )
        redeemed = {}
        for entitlement, transaction_type, total in groups:
            sign = -1 if transaction_type == "VOID" else 1
            redeemed[entitlement.id] = redeemed.get(entitlement.id, 0.0) + sign * total
        return redeemed

    def _redemption_rounding(self):
        """Smallest step of the entitled value, e.g. 0.01."""
        raise NotImplementedError

    def _redemption_round(self, value):
        return float_round(value, precision_rounding=self._redemption_rounding())

    def _redemption_text(self, value):
        """An entitled value in words for a person, e.g. "12.50 kg"."""
        raise NotImplementedError

    def _redemption_currency(self):
        """Currency of the entitlement; its program's when it has none of its own."""
        return self.currency_id or self.cycle_id.program_id.currency_id

# Part of the SPP attendance suite. LGPL-3.
"""Late transactions of an ended cycle are booked, and their entitlements get the states that follow."""

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ..entitlement.entitlement_state_change import REFERENCES


class CycleClosing(models.Model):
    """A run over a cycle that has ended: it books the late transactions and applies the rules to their entitlements."""

    _inherit = "spp.cycle.closing"

    _CORRECTION_CHUNK_SIZE = 1000

    def _adjustments_domain(self, cycle):
        """Domain of the late transactions of a cycle that nobody has decided on."""
        return Domain("cycle_id", "=", cycle.id) & Domain("reason_code", "=", "late") & Domain("state", "=", "open")

    def _correct_next(self):
        """Book the next late transactions and give their entitlements the state that follows.

        Those that cannot be booked stay in the list with the reason.

        :return: whether there were any
        """
        reviews = self.env["spp.entitlement.transaction.review"].search(
            self._adjustments_domain(self.cycle_id) & Domain("id", ">", self.last_review_id),
            order="id",
            limit=self._CORRECTION_CHUNK_SIZE,
        )
        if not reviews:
            return False
        for model, reference in REFERENCES.items():
            of_kind = reviews.filtered(reference)
            if not of_kind:
                continue
            self.env[self.env[model]._redemption_model]._book_late(of_kind)
            within = SQL("= ANY(%s)", of_kind[reference].ids)
            self._apply_rules(model, within, from_transactions=True)
            self._list_exceptions(model, within)
        self.write({"last_review_id": reviews[-1].id, "processed_count": self.processed_count + len(reviews)})
        return True

# Part of the SPP attendance suite. LGPL-3.
"""A program decides about overdrafts, about what nobody redeemed, and on which day its cycles end."""

from odoo import fields, models

from odoo.addons.spp_integrity import company_zone, local_day
from odoo.addons.spp_integrity.clock import database_now

UNREDEEMED_POLICIES = [
    ("keep", "Keep It"),
    ("expire", "Let It Expire"),
    ("carry_over", "Carry It Over to the Next Cycle"),
]


class Program(models.Model):
    _inherit = "spp.program"

    tolerates_overdraft = fields.Boolean(
        string="Tolerate Overdrafts",
        help="Book purchases above the balance of an entitlement too. Its balance is negative then, and the end of its "
        "cycle lists it as an exception.",
        tracking=True,
    )
    unredeemed_policy = fields.Selection(
        UNREDEEMED_POLICIES,
        string="What Is Left at the End of a Cycle",
        required=True,
        default="keep",
        help="What happens to entitlements that nobody redeemed, and to the rest of those redeemed in part. What is "
        "carried over becomes a draft entitlement of the next cycle; goods are carried over in whole units.",
        tracking=True,
    )
    cycle_end_moment = fields.Selection(
        [("day_after", "The Day After Their Last Day"), ("last_day", "On Their Last Day")],
        string="Cycles End",
        required=True,
        default="day_after",
        help="Day on which cycles are ended by themselves, in the time zone of the program's company.",
        tracking=True,
    )

    def _redemption_day(self, moment=None):
        """Local day (date) of a naive UTC datetime, now by default, in the zone of this program."""
        # sudo: in which zone a program is, is no secret
        return local_day(moment or database_now(self.env), company_zone(self.sudo().company_id))

    def _last_expired_day(self):
        """Cycles of this program whose last day is this local day (date), or an earlier one, are due to end."""
        today = self._redemption_day()
        # sudo: when the cycles of a program end is no secret
        return today if self.sudo().cycle_end_moment == "last_day" else fields.Date.subtract(today, days=1)

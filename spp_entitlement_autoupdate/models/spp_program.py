# Part of the SPP attendance suite. LGPL-3.
import pytz

from odoo import fields, models


class SppProgram(models.Model):
    _inherit = "spp.program"

    tolerates_overdraft = fields.Boolean(
        string="Tolerate Overdrafts",
        help="Book purchases above the balance of an entitlement too. Its balance is negative then, and the end of its "
        "cycle lists it as an exception.",
    )

    def _redemption_zone(self):
        """Time zone in which days of this program begin and end: its company's, UTC when the company has none."""
        return pytz.timezone(self.sudo().company_id.partner_id.tz or "UTC")

    def _redemption_day(self, moment=None):
        """Local day (date) of a naive UTC datetime, now by default, in the zone of this program."""
        moment = moment or fields.Datetime.now()
        return pytz.utc.localize(moment).astimezone(self._redemption_zone()).date()

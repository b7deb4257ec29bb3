# Part of the SPP attendance suite. LGPL-3.
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import split_every


class SessionAttendance(models.Model):
    _inherit = "spp.session.attendance"

    @api.model
    def _overdue_certificates(self):
        """Marks whose certificate is pending and whose last day for it is over where the session took place."""
        now = datetime.now(UTC)
        # no zone is a day ahead of UTC's next day: a certificate that is due later is not over anywhere
        due = self.search(
            Domain("certificate_state", "=", "pending")
            & Domain("certificate_due_date", "<=", fields.Date.to_date(now))
            & Domain("session_id.state", "!=", "cancelled"),
            order="id",
        )
        return due.filtered(
            lambda mark: mark.certificate_due_date < now.astimezone(ZoneInfo(mark.session_id.tz or "UTC")).date()
        )

    @api.model
    def _cron_miss_certificates(self, batch_size=500):
        """Absences whose certificate did not come in time are not excused any more; also in locked registers."""
        overdue = self.sudo()._overdue_certificates()
        remaining = len(overdue)
        for ids in split_every(batch_size, overdue.ids):
            batch = overdue.browse(ids).try_lock_for_update()
            # a certificate may have come since the search
            batch.filtered(lambda mark: mark.certificate_state == "pending")._miss_certificates()
            remaining -= len(ids)
            if not self.env["ir.cron"]._commit_progress(len(batch), remaining=remaining):
                break

# Part of the SPP attendance suite. LGPL-3.
"""Why sessions are cancelled."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class SessionCancelReason(models.Model):
    """Why a session did not take place."""

    _name = "spp.session.cancel.reason"
    _description = "Reason for Cancelling a Session"
    _order = "sequence, name, id"
    _of_all_companies = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        # sudo: nobody may delete what is used where he or she sees nothing
        for reason, count in (
            self.env["spp.session"]
            .sudo()
            .with_context(active_test=False)
            ._read_group([("cancel_reason_id", "in", self.ids)], ["cancel_reason_id"], ["__count"])
        ):
            raise UserError(
                self.env._(
                    "%(reason)s is in use (cancelled sessions: %(count)s): archive it instead.",
                    reason=reason.name,
                    count=count,
                )
            )

# Part of the SPP attendance suite. LGPL-3.
"""One window for all refusals: an excuse, an announced absence and an unlock are not refused without a reason."""

from odoo import fields, models
from odoo.exceptions import UserError

#: Which refusals ask for a sentence first.
REFUSALS = {
    "spp.session.attendance": "action_refuse_excuse",
    "spp.session.absence": "action_refuse",
    "spp.session.unlock": "action_refuse",
}


class AttendanceDecisionNote(models.TransientModel):
    """Asks why something is refused, then refuses it."""

    _name = "spp.attendance.decision.note"
    _description = "Reason of a Refusal"
    _own_dialog = True

    decision_model = fields.Char(required=True, readonly=True)
    record_ids = fields.Json(required=True, readonly=True, default=lambda self: self.env.context.get("active_ids"))
    note = fields.Char("Why", required=True)

    def action_confirm(self):
        """Refuse with the note; the method of the model checks who may do it.

        :raise UserError: when the window was opened for something else than a refusal
        """
        self.ensure_one()
        method = REFUSALS.get(self.decision_model)
        if not method:
            raise UserError(self.env._("There is nothing to refuse here: open the record and use its button."))
        records = self.env[self.decision_model].browse(self.record_ids)
        getattr(records, method)(note=self.note)
        return {"type": "ir.actions.act_window_close"}

# Part of the SPP attendance suite. LGPL-3.
"""The window that cancels sessions: what follows, the reason, and free times for a replacement."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class SessionCancel(models.TransientModel):
    """Cancel sessions: what follows is shown first, then it is done."""

    _name = "spp.session.cancel"
    _description = "Cancel Sessions"
    _own_dialog = True

    session_ids = fields.Many2many("spp.session", string="Sessions", readonly=True)
    session_count = fields.Integer(compute="_compute_consequences")
    skipped_count = fields.Integer(readonly=True, help="Chosen sessions that are completed or cancelled already.")
    consequences = fields.Html("What Follows", compute="_compute_consequences")
    reason_id = fields.Many2one("spp.session.cancel.reason")
    note = fields.Char()
    slot_ids = fields.One2many("spp.session.cancel.slot", "wizard_id", "Free for a Replacement", readonly=True)

    @api.depends("session_ids", "skipped_count")
    def _compute_consequences(self):
        for wizard in self:
            wizard.session_count = len(wizard.session_ids)
            sentences = wizard.session_ids._cancel_consequences() if wizard.session_ids else []
            if wizard.skipped_count:
                sentences.append(
                    self.env._(
                        "Chosen sessions that are over or cancelled already, and stay as they are: %s.",
                        wizard.skipped_count,
                    )
                )
            wizard.consequences = Markup("<ul>%s</ul>") % Markup().join(
                Markup("<li>%s</li>") % sentence for sentence in sentences
            )

    @api.model_create_multi
    def create(self, vals_list):
        wizards = super().create(vals_list)
        # a replacement is planned for one session
        for wizard in wizards.filtered(lambda wizard: len(wizard.session_ids) == 1):
            session = wizard.session_ids
            self.env["spp.session.cancel.slot"].create(
                [
                    {
                        "wizard_id": wizard.id,
                        "day": slot.day,
                        "weekday": format_date(self.env, slot.day, date_format="EEEE"),
                        "time_period": session._period_text(slot.start, slot.end, session.tz),
                        "is_usual": slot.is_usual,
                    }
                    for slot in session._replacement_slots()
                ]
            )
        return wizards

    def action_confirm(self):
        """Cancel the sessions.

        :return: action that closes the window (dict).
        :raise UserError: when no reason is given
        """
        self.ensure_one()
        self._cancel()
        return {"type": "ir.actions.act_window_close"}

    def _cancel(self):
        if not self.reason_id:
            raise UserError(self.env._("Choose a reason: those who were expected will ask for it."))
        self.session_ids.write(
            {"state": "cancelled", "cancel_reason_id": self.reason_id.id, "cancel_note": (self.note or "").strip()}
        )


class SessionCancelSlot(models.TransientModel):
    _name = "spp.session.cancel.slot"
    _description = "Free Time for a Replacement"
    _order = "id"
    _own_dialog = True

    wizard_id = fields.Many2one("spp.session.cancel", required=True, ondelete="cascade", index=True)
    weekday = fields.Char(readonly=True)
    day = fields.Date(required=True, readonly=True)
    time_period = fields.Char("Local Time", readonly=True)
    is_usual = fields.Boolean("Usual Weekday", readonly=True)

    def action_replace(self):
        """Cancel the session and plan the one that takes place instead of it; show that one.

        :return: window action (dict).
        :raise UserError: when no reason is given
        """
        self.ensure_one()
        self.wizard_id._cancel()
        session = self.wizard_id.session_ids.ensure_one()
        return session._create_replacement(self.day).get_formview_action()

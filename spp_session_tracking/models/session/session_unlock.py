# Part of the SPP attendance suite. LGPL-3.
"""A locked register that is opened for some hours: asked for, granted or refused."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.spp_integrity.clock import database_now

ACTIVITY = "spp_session_tracking.mail_activity_unlock_request"
#: A register that stays open for longer is not locked any more: one week.
LONGEST_HOURS = 168


class SessionUnlock(models.Model):
    """A locked register that a manager opened for some hours; every change made meanwhile refers to it.

    Nobody writes it directly: it is made and decided with the methods below.
    """

    _name = "spp.session.unlock"
    _description = "Register Unlock"
    _inherit = ["mail.thread", "mail.activity.mixin", "spp.guarded.fields.mixin"]
    _order = "id desc"
    _rec_name = "session_id"
    _company_path = "company_id"
    _area_path = "session_id.area_id"
    _area_open = (
        "('session_id.area_id', '=', False)",
        "('session_id.facilitator_id', '=', user.id)",
        "('session_id.co_facilitator_ids', 'in', [user.id])",
    )

    _system_fields = ("state", "granted_by_id", "granted_at", "grant_reason", "expires_at")

    session_id = fields.Many2one("spp.session", required=True, ondelete="cascade", index=True, readonly=True)
    state = fields.Selection(
        [("requested", "Requested"), ("granted", "Granted"), ("refused", "Refused")],
        required=True,
        readonly=True,
        default="requested",
        tracking=True,
    )
    requested_by_id = fields.Many2one("res.users", readonly=True, default=lambda self: self.env.uid)
    request_reason = fields.Char(readonly=True)
    granted_by_id = fields.Many2one("res.users", "Decided By", readonly=True)
    granted_at = fields.Datetime("Decided At", readonly=True)
    grant_reason = fields.Char("Reason of the Decision", readonly=True)
    expires_at = fields.Datetime("Open Until", readonly=True)
    is_open = fields.Boolean("Open Now", compute="_compute_is_open")
    change_ids = fields.One2many("spp.session.attendance.change", "unlock_id", "Changes Made", readonly=True)
    change_count = fields.Integer("Changes", compute="_compute_change_count")
    company_id = fields.Many2one(related="session_id.company_id", store=True)

    _one_open_request = models.UniqueIndex(
        "(session_id) WHERE state = 'requested'", "Somebody has asked already to unlock this register."
    )
    _granted_for_some_time = models.Constraint(
        "CHECK (state <> 'granted' OR (expires_at IS NOT NULL AND granted_at IS NOT NULL AND expires_at > granted_at"
        " AND expires_at <= granted_at + interval '168 hours'))",
        "A register is unlocked for at least a moment and at most 168 hours.",
    )

    @api.depends("state", "expires_at")
    def _compute_is_open(self):
        now = database_now(self.env)
        for unlock in self:
            unlock.is_open = unlock.state == "granted" and unlock.expires_at > now

    @api.depends("change_ids")
    def _compute_change_count(self):
        counts = dict(
            self.env["spp.session.attendance.change"]._read_group(
                [("unlock_id", "in", self.ids)], ["unlock_id"], ["__count"]
            )
        )
        for unlock in self:
            unlock.change_count = counts.get(unlock._origin, 0)

    # --- decisions

    def action_grant(self, hours=None, reason=None):
        """Unlock the registers that were asked for; the locks return by themselves.

        :param hours: number, more than 0 and at most 168; None: what each session's policy offers
        :param str reason: why; empty: the reason of the request
        :raise AccessError: for anybody but a session manager
        :raise UserError: when a session was cancelled meanwhile, or the hours are out of range
        """
        self._check_may_decide()
        todo = self.filtered(lambda unlock: unlock.state == "requested")
        todo.session_id._check_not_cancelled()
        now = database_now(self.env)
        for unlock in todo:
            wanted = unlock.session_id._unlock_hours(hours)
            # sudo: the state is nobody's to write; who may decide was checked
            unlock.sudo().write(
                {
                    "state": "granted",
                    "granted_by_id": self.env.uid,
                    "granted_at": now,
                    "grant_reason": (reason or "").strip() or unlock.request_reason,
                    "expires_at": now + timedelta(hours=wanted),
                }
            )
        todo._after_decision()
        todo.session_id._call_hook("_after_unlock")

    def action_refuse(self, note=None):
        """Refuse to unlock the registers that were asked for.

        :param str note: why; who asked is told this sentence
        :raise AccessError: for anybody but a session manager
        :raise UserError: without a note
        """
        self._check_may_decide()
        note = (note or "").strip()
        if not note:
            raise UserError(self.env._("Say why the register stays locked: who asked will read it."))
        todo = self.filtered(lambda unlock: unlock.state == "requested")
        # sudo: the state is nobody's to write; who may decide was checked
        todo.sudo().write(
            {
                "state": "refused",
                "granted_by_id": self.env.uid,
                "granted_at": database_now(self.env),
                "grant_reason": note,
            }
        )
        todo._after_decision()

    def _check_may_decide(self):
        if not self.env.user.has_group("spp_session_tracking.group_session_manager"):
            raise AccessError(self.env._("Only a session manager unlocks a register: ask one to do it."))
        self.check_access("read")
        self.session_id.check_access("write")

    def _after_decision(self):
        """Close the managers' to-dos and tell who asked; one message per request."""
        # sudo: to-dos and messages are written for others
        unlocks_sudo = self.sudo()
        unlocks_sudo.activity_unlink([ACTIVITY])
        for unlock in unlocks_sudo:
            asked = unlock.requested_by_id
            if asked == self.env.user or not asked.active:
                continue
            texts = unlock.with_context(lang=asked.lang)._decision_texts()
            unlock.message_notify(partner_ids=asked.partner_id.ids, **texts)

    def _decision_texts(self):
        self.ensure_one()
        session = self.session_id
        if self.state == "granted":
            subject = self.env._("Register unlocked: %s", session.display_name)
            body = self.env._(
                "The register of %(session)s is open until %(until)s. Every change goes into the log.",
                session=session._register_link(),
                until=session._local_time_text(self.expires_at)[:-3],
            )
        else:
            subject = self.env._("Register stays locked: %s", session.display_name)
            body = self.env._(
                "The register of %(session)s stays locked: %(why)s",
                session=session._register_link(),
                why=self.grant_reason,
            )
        return {"subject": subject, "body": body}

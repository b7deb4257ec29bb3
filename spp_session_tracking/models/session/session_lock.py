# Part of the SPP attendance suite. LGPL-3.
"""When a register locks, who may still correct it, and how it is unlocked."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.spp_integrity import named
from odoo.addons.spp_integrity.clock import database_now

from .session_unlock import ACTIVITY, LONGEST_HOURS


class Session(models.Model):
    _inherit = "spp.session"

    lock_datetime = fields.Datetime("Register Locks At", compute="_compute_register_times", store=True)
    is_locked = fields.Boolean("Register Locked", compute="_compute_is_locked", search="_search_is_locked")
    unlock_ids = fields.One2many("spp.session.unlock", "session_id", "Unlocks", readonly=True)
    unlock_request_count = fields.Integer("Unlock Requests", compute="_compute_unlock_request_count")

    # --- the lock

    @api.depends("lock_datetime", "unlock_ids.state", "unlock_ids.expires_at")
    def _compute_is_locked(self):
        now = database_now(self.env)
        open_unlocks = self._open_unlocks()
        for session in self:
            session.is_locked = (
                bool(session.lock_datetime) and session.lock_datetime <= now and session._origin.id not in open_unlocks
            )

    def _search_is_locked(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = database_now(self.env)
        unlocked = Domain("unlock_ids", "any", Domain("state", "=", "granted") & Domain("expires_at", ">", now))
        locked = Domain("lock_datetime", "<=", now) & ~unlocked
        wanted = set(value)
        if wanted == {True}:
            return locked
        return ~locked if wanted == {False} else Domain.TRUE if wanted else Domain.FALSE

    def _open_unlocks(self):
        """Unlocks in force now: dict session id -> id of the unlock; one query."""
        # sudo: every role may know that a register is open
        unlocks_sudo = (
            self.env["spp.session.unlock"]
            .sudo()
            .search_fetch(
                [
                    ("session_id", "in", self.ids),
                    ("state", "=", "granted"),
                    ("expires_at", ">", database_now(self.env)),
                ],
                ["session_id"],
                order="id",
            )
        )
        return {unlock.session_id.id: unlock.id for unlock in unlocks_sudo}

    def _check_register_unlocked(self):
        """:raise UserError: when one of the registers is locked"""
        if locked := self.filtered("is_locked"):
            raise UserError(
                self.env._("The register of %s is locked: ask a session manager to unlock it.", locked[0].display_name)
            )

    def _in_correction_time(self):
        """Of submitted registers, those whose facilitator may still correct them without giving a reason."""
        now = database_now(self.env)
        return self.filtered(
            lambda session: (
                session.submitted_at
                and session.submitted_at + timedelta(minutes=session.applied_policy_id.correction_minutes) > now
            )
        )

    def _open_for_facilitator(self):
        """Of submitted registers, those that the facilitator may change: corrections in time, and unlocked registers."""
        return self._in_correction_time() | self.browse(self._open_unlocks())

    # --- unlocking

    @api.depends("unlock_ids.state")
    def _compute_unlock_request_count(self):
        counts = dict(
            self.env["spp.session.unlock"]._read_group(
                [("session_id", "in", self.ids), ("state", "=", "requested")], ["session_id"], ["__count"]
            )
        )
        for session in self:
            session.unlock_request_count = counts.get(session._origin, 0)

    def action_request_unlock(self, reason=None):
        """Ask the session managers to unlock the register of this session.

        :param str reason: what has to be corrected
        :return: id of the `spp.session.unlock` record
        :raise AccessError: for anybody who does not (co-)facilitate the session
        :raise UserError: without a reason, when the register is not locked, or when somebody has asked already
        """
        self.ensure_one()
        if not self.has_access("write"):
            raise AccessError(self.env._("Only a facilitator of %s asks to unlock its register.", named(self)))
        reason = self._unlock_reason(reason)
        self._check_needs_unlock()
        # sudo: every role may know that somebody has asked already
        asked_sudo = (
            self.env["spp.session.unlock"]
            .sudo()
            .search([("session_id", "=", self.id), ("state", "=", "requested")], limit=1)
        )
        if asked_sudo:
            raise UserError(
                self.env._(
                    "%(who)s has asked already to unlock the register of %(session)s: a session manager will decide.",
                    who=asked_sudo.requested_by_id.name,
                    session=self.display_name,
                )
            )
        # sudo: requests are nobody's to create; who may ask was checked
        unlock_sudo = (
            self.env["spp.session.unlock"]
            .sudo()
            .create({"session_id": self.id, "requested_by_id": self.env.uid, "request_reason": reason})
        )
        managers = self._register_recipients()["manager"][self.id]
        # sudo: to-dos are written for others
        self.env["mail.activity"].sudo().create(
            [
                {
                    "activity_type_id": self.env.ref(ACTIVITY).id,
                    "res_model_id": self.env["ir.model"]._get_id("spp.session.unlock"),
                    "res_id": unlock_sudo.id,
                    "user_id": manager.id,
                    "automated": True,
                    "summary": self.with_context(lang=manager.lang).env._(
                        "%(who)s asks to unlock %(session)s", who=self.env.user.name, session=self.display_name
                    ),
                    "note": reason,
                }
                for manager in managers - self.env.user
            ]
        )
        return unlock_sudo.id

    def action_unlock(self, hours=None, reason=None):
        """Unlock the locked ones of these registers for some hours; open requests for them are granted with it.

        :param hours: number, more than 0 and at most 168; None: what each session's policy offers
        :param str reason: why
        :raise AccessError: for anybody but a session manager
        :raise UserError: without a reason, when none is locked, one is cancelled, or the hours are out of range
        """
        if not self.env.user.has_group("spp_session_tracking.group_session_manager"):
            raise AccessError(self.env._("Only a session manager unlocks a register: ask one to do it."))
        self.check_access("write")
        reason = self._unlock_reason(reason)
        if len(self) <= 1:
            self._check_needs_unlock()
        locked = self.filtered("is_locked")
        if not locked:
            raise UserError(self.env._("None of these registers is locked: they can be changed as they are."))
        unlocks = self.env["spp.session.unlock"]
        requests = unlocks.search([("session_id", "in", locked.ids), ("state", "=", "requested")])
        # sudo: requests are nobody's to create; who may unlock was checked
        requests |= unlocks.browse(
            unlocks.sudo().create([{"session_id": session.id} for session in locked - requests.session_id]).ids
        )
        requests.action_grant(hours, reason)

    @api.model
    def _unlock_reason(self, reason):
        reason = (reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why the register has to be unlocked: the log keeps it."))
        return reason

    def _unlock_hours(self, hours):
        hours = self.applied_policy_id.unlock_hours if hours is None else hours
        if not isinstance(hours, int | float) or not 0 < hours <= LONGEST_HOURS:
            raise UserError(self.env._("A register is unlocked for more than 0 and at most %s hours.", LONGEST_HOURS))
        return hours

    def _check_not_cancelled(self):
        if cancelled := self.filtered(lambda session: session.state == "cancelled"):
            raise UserError(
                self.env._("%s was cancelled: a cancelled session has no register.", cancelled[0].display_name)
            )

    def _check_needs_unlock(self):
        self._check_not_cancelled()
        if unlocked := self.filtered(lambda session: not session.is_locked):
            raise UserError(
                self.env._("The register of %s is not locked: it can be changed as it is.", unlocked[0].display_name)
            )

    def action_open_unlocks(self):
        """Open the unlocks of this session.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_unlock")
        return {**action, "domain": [("session_id", "=", self.id)], "context": {}}

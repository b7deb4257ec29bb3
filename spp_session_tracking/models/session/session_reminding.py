# Part of the SPP attendance suite. LGPL-3.
"""Missing registers: whose they are, who is told about them and when."""

from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.spp_integrity.clock import database_now

ACTIVITY = "spp_session_tracking.mail_activity_take_register"
#: Nobody is reminded of registers that are older than this.
REMIND_FOR = timedelta(days=30)
#: A second click within this time sends nothing more.
QUIET = timedelta(minutes=15)


class Session(models.Model):
    _inherit = "spp.session"

    reminder_ids = fields.One2many("spp.session.reminder", "session_id", "Reminders", readonly=True)
    minutes_overdue = fields.Integer(
        compute="_compute_minutes_overdue",
        help="Since the register was due; without a deadline, since the end of the session.",
    )
    is_overdue = fields.Boolean(compute="_compute_minutes_overdue", search="_search_is_overdue")
    is_of_my_branch = fields.Boolean(
        "Of My Branch", compute="_compute_is_of_my_branch", search="_search_is_of_my_branch"
    )

    _missing_registers = models.Index(
        "(end_datetime) WHERE submitted_at IS NULL AND state IN ('scheduled', 'in_progress')"
    )

    # --- the board

    @api.depends("submission_deadline", "end_datetime", "submitted_at", "state")
    def _compute_minutes_overdue(self):
        now = database_now(self.env)
        for session in self:
            due = session.submission_deadline or session.end_datetime
            missing = session.state in ("scheduled", "in_progress") and not session.submitted_at
            session.is_overdue = bool(missing and due and due < now)
            session.minutes_overdue = (now - due).total_seconds() // 60 if session.is_overdue else 0

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = database_now(self.env)
        overdue = (
            Domain("state", "in", ("scheduled", "in_progress"))
            & Domain("submitted_at", "=", False)
            & (
                Domain("submission_deadline", "<", now)
                | (Domain("submission_deadline", "=", False) & Domain("end_datetime", "<", now))
            )
        )
        wanted = set(value)
        if wanted == {True}:
            return overdue
        return ~overdue if wanted == {False} else Domain.TRUE if wanted else Domain.FALSE

    @api.depends_context("uid")
    @api.depends("area_id")
    def _compute_is_of_my_branch(self):
        mine = self.filtered_domain(self._my_branch_domain())
        for session in self:
            session.is_of_my_branch = session in mine

    def _search_is_of_my_branch(self, operator, value):
        if operator != "in":
            return NotImplemented
        mine, wanted = self._my_branch_domain(), set(value)
        if wanted == {True}:
            return mine
        return ~mine if wanted == {False} else Domain.TRUE if wanted else Domain.FALSE

    @api.model
    def _my_branch_domain(self):
        """Sessions in and below the areas whose branch head the user is."""
        # sudo: which branches somebody heads is no secret
        areas_sudo = self.env["spp.area"].sudo().search([("session_head_id", "=", self.env.uid)])
        return Domain("area_id", "child_of", areas_sudo.ids) if areas_sudo else Domain.FALSE

    # --- who is told

    def _register_recipients(self):
        """The people who are told about these registers; a fixed number of queries for any number of sessions.

        :return: dict recipient ("facilitator", "manager", "branch_head") -> dict session id -> `res.users` (active ones)
        """
        # sudo: who is told does not depend on the areas that the user works in
        sessions = self.sudo()
        managers = self.env.ref("spp_session_tracking.group_session_manager").sudo().all_user_ids  # sudo: as above
        # a company has few managers, and many sessions: the choice is made once per company
        of_company = {
            company: managers.filtered(
                lambda user, company=company: (
                    user.active and not user.share and (not company or company in user.company_ids)
                )
            )
            for company in [*sessions.company_id, self.env["res.company"]]
        }
        heads = sessions.area_id._nearest_session_heads()
        recipients = {"facilitator": {}, "manager": {}, "branch_head": {}}
        for session in sessions:
            facilitators = session.facilitator_id | session.co_facilitator_ids
            manager = session.roster_id.manager_id.filtered("active") or of_company[session.company_id]
            recipients["facilitator"][session.id] = facilitators.filtered("active")
            recipients["manager"][session.id] = manager
            recipients["branch_head"][session.id] = heads.get(session.area_id.id) or manager
        return recipients

    # --- reminding

    def _register_link(self):
        """A link, as HTML, to the roster screen of this session."""
        self.ensure_one()
        return Markup('<a href="/odoo/%s/spp-today">%s</a>') % (self.id, self.display_name)

    def action_remind(self):
        """Remind the facilitators of those of these registers that are missing now; twice within 15 minutes is once.

        :return: notification (client action dict) that says how many registers somebody was reminded of
        :raise AccessError: for anybody but a session manager or the branch head of all these sessions
        """
        self.check_access("read")
        if not self.env.user.has_group("spp_session_tracking.group_session_manager") and (
            self - self.filtered("is_of_my_branch")
        ):
            raise AccessError(self.env._("Only a session manager or the branch head reminds of missing registers."))
        now = database_now(self.env)
        missing = self.filtered(
            lambda session: (
                session.state in ("scheduled", "in_progress")
                and not session.submitted_at
                and session.end_datetime
                and session.end_datetime <= now
            )
        )
        # sudo: the log of reminders is nobody's to write
        log_sudo = self.env["spp.session.reminder"].sudo()
        reminded = log_sudo.search(
            [
                ("session_id", "in", missing.ids),
                ("recipient", "=", "facilitator"),
                ("sent_at", ">", now - QUIET),
            ]
        ).session_id
        todo = missing - reminded.with_env(self.env)
        # sudo: the log of reminders is nobody's to write
        todo.sudo()._send_reminders({session.id: [("facilitator", False)] for session in todo}, is_manual=True)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if todo else "info",
                "message": self.env._(
                    "Reminded of %(new)s registers; %(rest)s need no reminder now.",
                    new=len(todo),
                    rest=len(self) - len(todo),
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    @api.model
    def _due_reminders(self, limit):
        """Steps of the policies that are due and were not sent: of each recipient the newest only; one query.

        :param int limit: so many sessions at most
        :return: dict session id -> list of (recipient, hours), the latest step first
        """
        self.env["spp.session"].flush_model(
            ["end_datetime", "create_date", "submitted_at", "state", "applied_policy_id"]
        )
        self.env["spp.session.policy.reminder"].flush_model()
        self.env["spp.session.reminder"].flush_model()
        now = database_now(self.env)
        rows = self.env.execute_query(
            SQL(
                """
                WITH due AS (
                    SELECT DISTINCT ON (session.id, step.recipient) session.id, step.recipient, step.hours
                      FROM spp_session session
                      JOIN spp_session_policy_reminder step ON step.policy_id = session.applied_policy_id
                     WHERE session.submitted_at IS NULL AND session.state IN ('scheduled', 'in_progress')
                       AND session.end_datetime <= %(now)s
                       AND GREATEST(session.end_datetime, session.create_date) >= %(oldest)s
                       AND GREATEST(session.end_datetime, session.create_date) + step.hours * interval '1 hour' <= %(now)s
                  ORDER BY session.id, step.recipient, step.hours DESC
                ), unsent AS (
                    SELECT due.*, DENSE_RANK() OVER (ORDER BY due.id) AS place
                      FROM due
                     WHERE NOT EXISTS (
                            SELECT FROM spp_session_reminder sent
                             WHERE sent.session_id = due.id AND sent.recipient = due.recipient
                               AND NOT sent.is_manual AND sent.hours >= due.hours)
                )
                SELECT id, recipient, hours FROM unsent WHERE place <= %(limit)s ORDER BY id, hours DESC, recipient
                """,
                now=now,
                oldest=now - REMIND_FOR,
                limit=limit,
            )
        )
        due = {}
        for session_id, recipient, hours in rows:
            due.setdefault(session_id, []).append((recipient, hours))
        return due

    def _send_reminders(self, due, is_manual=False):
        """Tell the people and log it. Whoever is due for several reasons at once is told once.

        :param due: dict session id -> list of (recipient, hours)
        """
        recipients = self._register_recipients()
        now, told, log = database_now(self.env), [], []
        for session in self:
            users = self.env["res.users"]
            for recipient, hours in due[session.id]:
                of_step = recipients[recipient][session.id]
                users |= of_step
                log.append(
                    {
                        "session_id": session.id,
                        "recipient": recipient,
                        "hours": hours,
                        "is_manual": is_manual,
                        "user_ids": of_step.ids,
                        "sent_by_id": is_manual and self.env.uid,
                        "sent_at": now,
                    }
                )
            told += [(session, user) for user in users]
        # sudo: the log of reminders is nobody's to write
        self.env["spp.session.reminder"].sudo().create(log)
        self._schedule_register_activities(told)
        # mail is made per message: this is what a reminder is
        for session, user in told:
            texts = session.with_context(lang=user.lang)._reminder_texts(user)
            session.message_notify(partner_ids=user.partner_id.ids, subject=texts["summary"], body=texts["note"])

    def _schedule_register_activities(self, told):
        """One to-do per session and user; who has one keeps it.

        :param told: list of (session, user)
        """
        # sudo: to-dos are written for others
        activities_sudo = self.env["mail.activity"].sudo()
        sudo = self.sudo()  # sudo: as above
        have = {(activity.res_id, activity.user_id.id) for activity in sudo.activity_search([ACTIVITY])}
        activity_type, model_id = self.env.ref(ACTIVITY), self.env["ir.model"]._get_id("spp.session")
        # the reminder itself is the message: no second one about the to-do
        activities_sudo.with_context(mail_activity_quick_update=True, mail_create_nosubscribe=True).create(
            [
                {
                    "activity_type_id": activity_type.id,
                    "res_model_id": model_id,
                    "res_id": session.id,
                    "user_id": user.id,
                    "automated": True,
                    "date_deadline": session._utc_to_local(
                        session.submission_deadline or session.end_datetime, session.tz
                    ).date(),
                    **session.with_context(lang=user.lang)._reminder_texts(user),
                }
                for session, user in told
                if (session.id, user.id) not in have
            ]
        )

    def _reminder_texts(self, user):
        """Summary and note (HTML) of a reminder, in the language of the environment."""
        self.ensure_one()
        begun = self.register_state == "partly"
        mine = user in (self.facilitator_id | self.co_facilitator_ids)
        summary = (
            self.env._("Register not finished: %s", self.display_name)
            if begun
            else self.env._("Register not taken: %s", self.display_name)
        )
        deadline = self.submission_deadline
        if mine:
            note = self.env._("The session is over. Take its register: %s.", self._register_link())
        else:
            note = self.env._(
                "%(who)s has not submitted the register of %(session)s.",
                who=self.facilitator_id.name,
                session=self._register_link(),
            )
        if deadline:
            moment = f"{self._utc_to_local(deadline, self.tz):%Y-%m-%d %H:%M}"
            is_over = deadline <= database_now(self.env)
            due = self.env._("It was due on %s.", moment) if is_over else self.env._("It is due on %s.", moment)
            note = Markup("%s %s") % (note, due)
        return {"summary": summary, "note": note}

    # --- nothing left to remind of

    def _after_submit(self):
        super()._after_submit()
        self.activity_unlink([ACTIVITY])

    def _after_cancel(self):
        super()._after_cancel()
        self.activity_unlink([ACTIVITY])

    # --- cron

    @api.model
    def _cron_remind_missing_registers(self, batch_size=100):
        """Remind of registers that are missing, step by step as their policies say."""
        due = self._due_reminders(batch_size)
        while due:
            sessions = self.browse(due).try_lock_for_update()
            sessions._send_reminders(due)
            due = self._due_reminders(batch_size)
            # sessions that somebody else holds are looked at next time
            if not self.env["ir.cron"]._commit_progress(len(sessions), remaining=len(due)) or not sessions:
                return

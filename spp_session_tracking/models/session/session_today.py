# Part of the SPP attendance suite. LGPL-3.
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date

#: Registers that were forgotten longer ago are a matter for the managers' board.
OVERDUE_DAYS = 14


class Session(models.Model):
    _inherit = "spp.session"

    @api.model
    def load_my_day(self, everybody=False):
        """What the home of the roster screen lists: the sessions that the user (co-)facilitates today, where each of them
        takes place, the running one first; then his or her registers of the last days that are missing.

        :param bool everybody: all sessions of today instead, for session managers
        :return: list of dict with id, name, period (text), day (text, False: today), location, facilitator (text),
            is_running, register_state, due (text, False: no deadline), is_overdue, people and marked (numbers)
        :raise AccessError: when somebody else than a session manager asks for everybody's
        """
        if everybody and not self.env.user.has_group("spp_session_tracking.group_session_manager"):
            raise AccessError(self.env._("Only session managers see everybody's sessions: look at your own."))
        now = datetime.now(UTC)
        today = now.date()
        near = (
            Domain("date", ">=", today - timedelta(days=1 if everybody else OVERDUE_DAYS + 1))
            & Domain("date", "<=", today + timedelta(days=1))
            & Domain("state", "!=", "cancelled")
        )
        if not everybody:
            near &= Domain("facilitator_id", "=", self.env.uid) | Domain("co_facilitator_ids", "in", self.env.uid)
        sessions = self.search(near, order="start_datetime, id")
        of_today = sessions.filtered(lambda session: session._is_of_today(now))
        missing = (sessions - of_today).filtered(lambda session: not everybody and session._is_missing(now))
        marked = dict(
            self.env["spp.session.attendance"]._read_group(
                [("session_id", "in", (of_today | missing).ids)], ["session_id"], ["__count"]
            )
        )
        cards = [session._prepare_card(now, marked.get(session, 0)) for session in of_today]
        cards.sort(key=lambda card: not card["is_running"])
        return cards + [session._prepare_card(now, marked.get(session, 0)) for session in reversed(missing)]

    def _local_day(self, moment):
        """The day that `moment` (aware datetime) has where the session takes place."""
        return moment.astimezone(ZoneInfo(self.tz or "UTC")).date()

    def _is_running(self, moment):
        """Whether `moment` (UTC, as Odoo stores it) lies between start and end."""
        return bool(self.start_datetime and self.end_datetime) and self.start_datetime <= moment <= self.end_datetime

    def _is_of_today(self, now):
        """Whether the session is one of today, or of yesterday and goes on over midnight."""
        return self.date == self._local_day(now) or self._is_running(now.replace(tzinfo=None))

    def _is_missing(self, now):
        """Whether the register of an earlier day should have been taken and still can be."""
        return (
            self.register_state in ("none", "partly")
            and bool(self.end_datetime)
            and self.end_datetime <= now.replace(tzinfo=None)
            and not self.is_locked
        )

    def _prepare_card(self, now, marked):
        self.ensure_one()
        moment = now.replace(tzinfo=None)
        deadline = self.submission_deadline
        return {
            "id": self.id,
            "name": self.name,
            "period": self.time_period or "",
            "day": False if self._is_of_today(now) else format_date(self.env, self.date, date_format="EEE d MMM"),
            "location": self.location or "",
            "facilitator": self.facilitator_id.display_name,
            "is_running": self._is_running(moment),
            "register_state": self.register_state,
            "due": self._moment_text(deadline, now) if deadline else False,
            "is_overdue": self.register_state != "taken" and bool(deadline) and deadline < moment,
            "people": len(self.expected_participant_ids),
            "marked": marked,
        }

    def _moment_text(self, moment, now):
        """A UTC moment on the wall clock of the session, with the day when that is not today."""
        local = self._utc_to_local(moment, self.tz)
        if local.date() == self._local_day(now):
            return f"{local:%H:%M}"
        return f"{format_date(self.env, local.date(), date_format='EEE d MMM')} {local:%H:%M}"

    # ------------------------------------------------------------------ the way there

    def _roster_path(self):
        """The path of the roster screen of this session, for links in messages and on paper."""
        self.ensure_one()
        return f"/odoo/{self.id}/spp-today"

    def action_open_roster(self):
        """Open the roster screen on this session.

        :return: client action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id("spp_session_tracking.action_roster")
        return {**action, "context": {"active_id": self.id}}

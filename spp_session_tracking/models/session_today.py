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
        of_today = sessions.filtered(lambda session: session.date == session._local_day(now))
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
        is_today = self.date == self._local_day(now)
        deadline = self.submission_deadline
        return {
            "id": self.id,
            "name": self.name,
            "period": self._period_text(),
            "day": False if is_today else format_date(self.env, self.date, date_format="EEE d MMM"),
            "location": self.location or "",
            "facilitator": self.facilitator_id.display_name,
            "is_running": bool(self.start_datetime and self.end_datetime)
            and self.start_datetime <= moment <= self.end_datetime,
            "register_state": self.register_state,
            "due": self._moment_text(deadline, now) if deadline else False,
            "is_overdue": self.register_state != "taken" and bool(deadline) and deadline < moment,
            "people": len(self.expected_participant_ids),
            "marked": marked,
        }

    def _period_text(self):
        """Start and end on the wall clock of the session: ``16:00-17:30``."""
        self.ensure_one()
        return "-".join(self._clock_text(moment) for moment in (self.start_datetime, self.end_datetime) if moment)

    def _clock_text(self, moment):
        return f"{moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.tz or 'UTC')):%H:%M}"

    def _moment_text(self, moment, now):
        """A UTC moment on the wall clock of the session, with the day when that is not today."""
        day = self._local_day(moment.replace(tzinfo=UTC))
        clock = self._clock_text(moment)
        if day == self._local_day(now):
            return clock
        return f"{format_date(self.env, day, date_format='EEE d MMM')} {clock}"

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

    def action_print_sheet(self):
        """Print the paper rosters of these sessions.

        :return: report action (dict).
        """
        self.check_access("read")
        self.env["spp.session.sheet"]._print_for(self)
        return self.env.ref("spp_session_tracking.action_report_session_sheet").report_action(self)

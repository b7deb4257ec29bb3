# Part of the SPP attendance suite. LGPL-3.
"""Cancelling sessions with a reason, what follows from it, and taking it back."""

from datetime import timedelta
from typing import NamedTuple

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from odoo.addons.spp_integrity.clock import database_now

#: How far ahead a replacement is looked for, and how many proposals somebody can take in.
REPLACEMENT_DAYS = 14
REPLACEMENT_SLOTS = 6
#: Weeks before and after a session in which its roster shows on which weekdays it usually meets.
_USUAL_WEEKS = 8


class ReplacementSlot(NamedTuple):
    """A time at which a cancelled session could take place instead: the local day, start and end (UTC)."""

    day: object
    start: object
    end: object
    is_usual: bool


class Session(models.Model):
    """Cancelling with a reason, what follows from it, and taking it back.

    Marks of a cancelled session stay as they are and count for nobody; they count again when cancelling is undone.
    """

    _inherit = "spp.session"

    cancel_reason_id = fields.Many2one(
        "spp.session.cancel.reason",
        "Cancelled Because",
        ondelete="restrict",
        index="btree_not_null",
        readonly=True,
        copy=False,
        tracking=True,
    )
    cancel_note = fields.Char("Cancelling Note", readonly=True, copy=False, tracking=True)
    cancelled_at = fields.Datetime(readonly=True, copy=False)
    cancelled_by_id = fields.Many2one("res.users", ondelete="restrict", readonly=True, copy=False)
    state_before_cancel = fields.Selection(
        [("scheduled", "Scheduled"), ("in_progress", "In Progress")],
        "State Before Cancelling",
        readonly=True,
        copy=False,
    )
    replaces_session_id = fields.Many2one(
        "spp.session",
        "Replaces",
        ondelete="set null",
        index="btree_not_null",
        readonly=True,
        copy=False,
        tracking=True,
        check_company=True,
    )
    replacement_ids = fields.One2many("spp.session", "replaces_session_id", "Replaced By", readonly=True)

    # --- actions

    def action_open_cancel(self):
        """Show what follows from cancelling these sessions, before it is done.

        :return: window action (dict).
        :raise UserError: when all of them are completed or cancelled already.
        """
        self.check_access("write")
        open_sessions = self.filtered(lambda session: session.state in ("scheduled", "in_progress"))
        if not open_sessions:
            raise UserError(self.env._("Only scheduled and running sessions can be cancelled; these are over."))
        wizard = self.env["spp.session.cancel"].create(
            {"session_ids": open_sessions.ids, "skipped_count": len(self - open_sessions)}
        )
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_cancel")
        return {**action, "res_id": wizard.id}

    def action_undo_cancel(self):
        """Take cancelling back: the sessions are what they were before, and marks made in them count again.

        A planned replacement without marks is cancelled in turn.

        :raise UserError: when one of them is not cancelled, or its replacement has marks.
        """
        self.check_access("write")
        not_cancelled = self.filtered(lambda session: session.state != "cancelled")
        if not_cancelled:
            raise UserError(self.env._("%s is not cancelled: there is nothing to undo.", not_cancelled[0].display_name))
        replacements = self.replacement_ids.filtered(lambda session: session.state != "cancelled")
        taken = replacements.filtered(lambda session: session.state != "scheduled" or session.attendance_ids)
        if taken:
            raise UserError(
                self.env._(
                    "%(replacement)s took place instead of %(session)s and has a register already: "
                    "cancelling cannot be undone any more.",
                    replacement=taken[0].display_name,
                    session=taken[0].replaces_session_id.display_name,
                )
            )
        with self._collect_hooks():
            replacements.write(
                {"state": "cancelled", "cancel_note": self.env._("The session that it replaced takes place after all.")}
            )
            for state, sessions in self.grouped(lambda session: session.state_before_cancel or "scheduled").items():
                # sudo: the stamps are nobody's to write
                sessions.sudo().write(
                    {
                        "state": state,
                        "state_before_cancel": False,
                        "cancel_reason_id": False,
                        "cancel_note": False,
                        "cancelled_at": False,
                        "cancelled_by_id": False,
                    }
                )
            # people may have joined or left the roster in the meantime
            self.filtered("roster_id")._fill_expected_participants()

    # --- consequences

    def _cancel_consequences(self):
        """What follows from cancelling these sessions, one sentence each; other addons add theirs.

        :return: list of text
        """
        people = self.expected_participant_ids | self.attendance_ids.participant_id
        sentences = [
            self.env._("People concerned: %s.", len(people)),
            self.env._("The session leaves their denominator: it counts as neither attended nor missed.")
            if len(self) == 1
            else self.env._(
                "The %s sessions leave their denominators: they count as neither attended nor missed.", len(self)
            ),
        ]
        marks = len(self.attendance_ids)
        if marks:
            sentences.append(
                self.env._("Marks made already: %s. They are kept, and count again when this is undone.", marks)
            )
        return sentences

    def _replacement_slots(self):
        """When this session could take place instead: same local time, in the next two weeks.

        Offered are the weekdays on which the roster meets and the working days of its calendar, without closed days
        and times at which the facilitator or the roster has another session. A fixed number of queries.

        :return: list of `ReplacementSlot`, the usual weekdays first
        """
        self.ensure_one()
        today = self._utc_to_local(database_now(self.env), self.tz).date()
        first = max(self.date, today) + timedelta(days=1)
        days = [first + timedelta(days=offset) for offset in range(REPLACEMENT_DAYS)]
        usual, working = self._usual_weekdays(), self._working_weekdays()
        rosters, calendar = self.env["spp.session.roster"], self._closure_calendar()
        closures = rosters._closures(days[0], days[-1], calendar, self.company_id)
        busy = self._busy_periods(days[0], days[-1])
        slots = []
        for day in days:
            if day.weekday() not in usual | working:
                continue
            start, end = self._moments(
                day, self.start_time, self.end_time, self.ends_next_day, self.tz, self.session_type_id.duration_hours
            )
            is_closed = rosters._closing(closures, calendar, self.company_id, start, end, self.tz)
            if not is_closed and not any(begin < end and start < over for begin, over in busy):
                slots.append(ReplacementSlot(day, start, end, day.weekday() in usual))
        return sorted(slots, key=lambda slot: (not slot.is_usual, slot.day))[:REPLACEMENT_SLOTS]

    def _usual_weekdays(self):
        """The weekdays (0 is Monday) on which the roster meets around this session; of no roster, that of the session."""
        weekdays = {self.date.weekday()}
        if self.roster_id:
            weeks = timedelta(weeks=_USUAL_WEEKS)
            near = Domain("date", ">=", self.date - weeks) & Domain("date", "<=", self.date + weeks)
            sessions = self.search_fetch(
                near & Domain("roster_id", "=", self.roster_id.id) & Domain("replaces_session_id", "=", False), ["date"]
            )
            weekdays.update(day.weekday() for day in sessions.mapped("date"))
        return weekdays

    def _closure_calendar(self):
        return self.roster_id.calendar_id or self.company_id.resource_calendar_id

    def _working_weekdays(self):
        # sudo: whoever cancels need not be allowed to read working hours
        calendar_sudo = self._closure_calendar().sudo()
        return {int(number) for number in calendar_sudo.attendance_ids.mapped("dayofweek")}

    def _busy_periods(self, first, last):
        """Start and end of the other sessions that the facilitator or the roster has from `first` to `last`."""
        own = Domain("facilitator_id", "=", self.facilitator_id.id) | Domain(
            "co_facilitator_ids", "in", self.facilitator_id.ids
        )
        if self.roster_id:
            own |= Domain("roster_id", "=", self.roster_id.id)
        near = Domain("date", ">=", first - timedelta(days=2)) & Domain("date", "<=", last + timedelta(days=2))
        # sudo: only the times are used: a facilitator is busy in other areas and companies too
        others_sudo = self.sudo().search_fetch(
            own & near & Domain("state", "!=", "cancelled") & Domain("id", "!=", self.id),
            ["start_datetime", "end_datetime"],
        )
        return [(other.start_datetime, other.end_datetime) for other in others_sudo]

    def _create_replacement(self, day):
        """Plan the session that takes place instead of this one, at the same local time of another day.

        :param day: local ``datetime.date``
        :return: the new session
        """
        self.ensure_one()
        old, new = fields.Date.to_string(self.date), fields.Date.to_string(day)
        return self.copy({"date": day, "name": self.name.replace(old, new), "replaces_session_id": self.id})

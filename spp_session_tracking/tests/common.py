# Part of the SPP attendance suite. LGPL-3.
"""A roster in Jakarta with its people and sessions, and the steps by which tests make more of them."""

from datetime import UTC, date, datetime, timedelta

from odoo.fields import Command

from odoo.addons.spp_integrity.tests.common import ProgramStepsMixin, RemoteCallsMixin, SuiteCase


def where_it_is_noon():
    """A zone in which it is about noon now and its day, for a browser whose clock nobody can stop.

    :return: name of the zone, date
    """
    now = datetime.now(UTC)
    hours = 12 - now.hour
    return f"Etc/GMT{-hours:+d}", (now + timedelta(hours=hours)).date()  # west of Greenwich these zones have a plus


class SessionStepsMixin(RemoteCallsMixin, ProgramStepsMixin):
    """The steps to a world with rosters and registers in it."""

    @classmethod
    def make_roster(cls, people, session_type=None, since="2025-10-01", **values):
        """A roster in Jakarta, UTC+7: 06:00 there is 23:00 UTC of the day before.

        :param people: who is on it
        :param since: the day from which they are
        """
        session_type = session_type or cls.env["spp.session.type"].create({"name": "Health Session"})
        return cls.env["spp.session.roster"].create(
            {
                "name": "North",
                "session_type_id": session_type.id,
                "facilitator_id": cls.env.uid,
                "location": "North",
                "tz": "Asia/Jakarta",
                "membership_ids": [Command.create({"partner_id": person.id, "date_from": since}) for person in people],
                **values,
            }
        )

    @classmethod
    def hold(cls, person, first="2025-10-01", last="2025-10-01", roster=None):
        """Put a person of a roster on hold."""
        return cls.env["spp.session.roster.hold"].create(
            {
                "roster_id": (roster or cls.roster).id,
                "partner_id": person.id,
                "date_from": first,
                "date_to": last,
                "reason": "Abroad",
            }
        )

    @classmethod
    def enter_sessions(cls, sessions, moment):
        """See to it that sessions were entered at a moment, from which their deadline and lock may count."""
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE spp_session SET create_date = %s WHERE id = ANY(%s)", [moment, sessions.ids])
        sessions.invalidate_recordset()
        for name in ("submission_deadline", "lock_datetime"):
            cls.env.add_to_compute(sessions._fields[name], sessions)
        return sessions

    @classmethod
    def make_marks(cls, sessions, people, code="present", **values):
        """A mark for each of the people in each of the sessions.

        :param code: of the attendance status
        """
        status = cls.env["spp.attendance.status"]._by_code(code)
        return cls.env["spp.session.attendance"].create(
            [
                {"session_id": session.id, "participant_id": person.id, "status_id": status.id, **values}
                for session in sessions
                for person in people
            ]
        )


class SessionTrackingMixin(SessionStepsMixin):
    """A roster with four people in Jakarta, UTC+7: 06:00 there is 23:00 UTC of the day before."""

    @classmethod
    def set_up_sessions(cls):
        cls.facilitator, cls.other_facilitator = (
            cls.make_user(login, "spp_session_tracking.group_session_user")
            for login in ("facilitator", "other_facilitator")
        )
        cls.manager = cls.make_user("session_manager", "spp_session_tracking.group_session_manager")
        cls.people = cls.make_people(4)
        cls.policy = cls.env["spp.session.policy"].create(
            {
                "name": "Terminals",
                "grace_minutes": 5,
                "checkin_before_minutes": 90,
                "checkin_after_minutes": 360,
                "auto_submit": True,
                "correction_minutes": 0,
            }
        )
        cls.session_type = cls.env["spp.session.type"].create({"name": "Health Session"})
        cls.roster = cls.make_roster(
            cls.people, cls.session_type, facilitator_id=cls.facilitator.id, policy_id=cls.policy.id
        )
        cls.present, cls.late, cls.absent = (
            cls.env["spp.attendance.status"]._by_code(code) for code in ("present", "late", "absent")
        )

    @classmethod
    def make_sessions(cls, first=date(2025, 10, 1), last=date(2025, 10, 1)):
        return cls.roster.generate_sessions(first, last, 6.0, 8.0)


class SessionTrackingCase(SessionTrackingMixin, SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_sessions()

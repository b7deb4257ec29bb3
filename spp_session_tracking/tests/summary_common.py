# Part of the SPP attendance suite. LGPL-3.
"""Ten submitted sessions, and how four people attended them."""

from datetime import date

from .register_common import RegisterCase

YEAR = {"attendance_date_from": "2025-01-01", "attendance_date_to": "2025-12-31"}


class SummaryCase(RegisterCase):
    """Ten sessions that should be attended to 80 %: Person 1 to 4 attend 10, 8, 7 and none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sessions = cls.make_sessions(date(2025, 10, 1), date(2025, 10, 10))
        cls.session_type.required_attendance_percentage = 80
        for number, session in enumerate(cls.sessions, 1):
            for person, attends in zip(cls.people, (10, 8, 7, 0), strict=True):
                status = "late" if number <= 2 and person == cls.people[1] else "present"
                cls.mark(cls, session, person, status if number <= attends else "absent")
        cls.sessions.action_submit()
        cls.env.flush_all()

    def rows(self, user=None, **context):
        self.env.flush_all()
        self.env.invalidate_all()
        summary = self.env["spp.attendance.summary"].with_user(user or self.manager).with_context(**(context or YEAR))
        return summary.search([("partner_id", "in", self.people.ids)], order="id")

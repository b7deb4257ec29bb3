# Part of the SPP attendance suite. LGPL-3.
"""Four submitted sessions, and a person whose certificate for two of them is still to come."""

from datetime import date, timedelta

from freezegun import freeze_time

from .register_common import RegisterCase


class CertificatesCase(RegisterCase):
    """Four sessions; Person 1 comes to the first two, and is ill, certificate to come, at the other two."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.person = cls.people[0]
        cls.sessions = cls.make_sessions(date(2025, 10, 1), date(2025, 10, 4))
        for session, status in zip(cls.sessions, ("present", "present", "medical", "medical"), strict=True):
            cls.mark(cls, session, cls.person, status)
            with freeze_time(session.end_datetime + timedelta(hours=1)):
                session.with_user(cls.facilitator).action_submit()
        cls.marks = cls.sessions.attendance_ids.filtered(lambda mark: mark.participant_id == cls.person).sorted(
            "session_date"
        )
        cls.ill = cls.marks[2:]

    def run_cron(self, moment):
        self.env.flush_all()
        cron = self.env.ref("spp_session_tracking.ir_cron_miss_certificates")
        with self.enter_registry_test_mode(), freeze_time(moment):
            cron.method_direct_trigger()
        self.env.invalidate_all()

# Part of the SPP attendance suite. LGPL-3.
from datetime import timedelta

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user


class AttendanceComplianceMixin:
    """A program with a cycle in October 2025 and a roster whose sessions are on the first five days of it."""

    @classmethod
    def set_up_compliance(cls):
        cls.viewer, cls.officer, cls.manager = (
            new_test_user(cls.env, f"programs_{level}", f"base.group_user,spp_programs.group_programs_{level}")
            for level in ("viewer", "officer", "manager")
        )
        cls.people = cls.env["res.partner"].create(
            [{"name": f"Person {n}", "is_registrant": True} for n in range(1, 6)]
        )
        cls.program = cls.env["spp.program"].create({"name": "Attend and Receive", "target_type": "individual"})
        cls.roster = cls.env["spp.session.roster"].create(
            {
                "name": "North",
                "session_type_id": cls.env["spp.session.type"].create({"name": "Health Session"}).id,
                "facilitator_id": cls.env.uid,
                "location": "North",
                "tz": "Asia/Jakarta",
                "membership_ids": [
                    Command.create({"partner_id": person.id, "date_from": "2025-10-01"}) for person in cls.people
                ],
            }
        )
        cls.sessions = cls.roster.generate_sessions("2025-10-01", "2025-10-05", 6.0, 8.0).sorted("date")
        cls.cycle = (
            cls.env["spp.cycle"]
            .with_context(spp_historical_import=True)
            .create(
                {
                    "name": "October 2025",
                    "program_id": cls.program.id,
                    "start_date": "2025-10-01",
                    "end_date": "2025-10-31",
                    "attendance_required": True,
                    "attendance_threshold": 80,
                    "attendance_filter_at_end": True,
                }
            )
        ).with_context(spp_historical_import=False)
        cls.memberships = cls.env["spp.cycle.membership"].create(
            [{"cycle_id": cls.cycle.id, "partner_id": person.id, "state": "enrolled"} for person in cls.people]
        )

    @classmethod
    def attend(cls, person, count, code="present", sessions=None):
        """Mark a person in the first `count` sessions."""
        status = cls.env["spp.attendance.status"]._by_code(code)
        return cls.env["spp.session.attendance"].create(
            [
                {"session_id": session.id, "participant_id": person.id, "status_id": status.id}
                for session in (sessions or cls.sessions)[:count]
            ]
        )

    def decide(self, cycle=None):
        return (cycle or self.cycle)._start_attendance_run()

    def decision(self, run, person):
        return run.decision_ids.filtered(lambda decision: decision.partner_id == person)


class AttendanceComplianceCase(AttendanceComplianceMixin, TransactionCase):
    def later(self):
        """In a test everything happens in one transaction, at one moment: let an hour pass."""
        self.env.flush_all()
        self.env.cr._now = self.env.cr.now() + timedelta(hours=1)
        self.addCleanup(setattr, self.env.cr, "_now", None)
        self.env.invalidate_all()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True, no_reset_password=True))
        cls.set_up_compliance()

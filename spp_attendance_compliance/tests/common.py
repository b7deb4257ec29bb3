# Part of the SPP attendance suite. LGPL-3.
"""A cycle in October 2025 whose attendance is asked for, and the steps from marks to decisions."""

from datetime import timedelta

from odoo.addons.spp_integrity.tests.common import SuiteCase
from odoo.addons.spp_session_tracking.tests.common import SessionStepsMixin

# What OpenSPP calls the parameter of the automatic mechanisms, and what its addon of programs would.
FILTERING_PARAMETERS = (
    "spp_programs_compliance_criteria.beneficiaries_automated_filtering_mechanism",
    "spp_programs.beneficiaries_automated_filtering_mechanism",
)


class AttendanceComplianceMixin(SessionStepsMixin):
    """A program with a cycle in October 2025 and a roster whose sessions are on the first five days of it."""

    @classmethod
    def set_up_compliance(cls):
        cls.viewer, cls.officer, cls.manager = (
            cls.make_user(f"programs_{level}", f"spp_programs.group_programs_{level}")
            for level in ("viewer", "officer", "manager")
        )
        cls.people = cls.make_people(5)
        cls.program = cls.make_program()
        cls.roster = cls.make_roster(cls.people)
        cls.sessions = cls.roster.generate_sessions("2025-10-01", "2025-10-05", 6.0, 8.0).sorted("date")
        cls.cycle = cls.make_attendance_cycle(cls.program, cls.people, attendance_filter_at_end=True)
        cls.memberships = cls.cycle.cycle_membership_ids

    @classmethod
    def make_attendance_cycle(cls, program, members=(), **requirement):
        """A cycle in October 2025 that asks for 80 % of the sessions, unless the requirement says something else."""
        values = {"name": "October 2025", "attendance_required": True, "attendance_threshold": 80, **requirement}
        return cls.make_cycle(program, "2025-10-01", "2025-10-31", members, **values)

    @classmethod
    def attend(cls, person, count, code="present", sessions=None):
        """Mark a person in the first `count` sessions."""
        return cls.make_marks((sessions or cls.sessions)[:count], person, code)

    @classmethod
    def attend_and_submit(cls, *counts):
        """Mark each of the people in the first sessions, as many as his or her number, and submit the registers."""
        for person, count in zip(cls.people, counts, strict=True):
            cls.attend(person, count)
        cls.sessions.action_submit()

    def decide(self, cycle=None):
        return (cycle or self.cycle)._start_attendance_run()

    def decision(self, run, person):
        return run.decision_ids.filtered(lambda decision: decision.partner_id == person)


class AttendanceComplianceCase(AttendanceComplianceMixin, SuiteCase):
    def later(self):
        """In a test everything happens in one transaction, at one moment: let an hour pass."""
        self.env.flush_all()
        self.env.cr._now = self.env.cr.now() + timedelta(hours=1)
        self.addCleanup(setattr, self.env.cr, "_now", None)
        self.env.invalidate_all()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_compliance()

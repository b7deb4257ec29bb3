# Part of the SPP attendance suite. LGPL-3.
"""Opening, taking and correcting a register of four hundred people needs no query per person."""

from datetime import date, timedelta

from odoo.fields import Command
from odoo.tests import tagged

from .common import SessionTrackingCase

FEW, MANY = 40, 400
#: Odoo stores 100 rows of a table in one statement: so many more for each table that the marks of 400 people change.
MORE = 3


@tagged("post_install", "-at_install")
class TestRegisterQueries(SessionTrackingCase):
    """The number of queries depends on how many people are in a register only by Odoo's own statements per 100 rows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.auto_submit = False
        cls.sessions = {size: cls.make_class(size) for size in (FEW, MANY)}

    @classmethod
    def make_class(cls, size):
        """Three open sessions of a roster; some people are on hold, the absences of some are announced."""
        people = cls.env["res.partner"].create(
            [{"name": f"Person {n} of {size}", "is_registrant": True} for n in range(size)]
        )
        first = date(2025, 10, 1)
        roster = cls.roster.copy({"name": f"Class of {size}"})
        roster.membership_ids = [Command.create({"partner_id": person.id, "date_from": first}) for person in people]
        roster.hold_ids = [
            Command.create({"partner_id": person.id, "date_from": first, "date_to": date(2025, 12, 1), "reason": "Ill"})
            for person in people[: size // 20]
        ]
        cls.env["spp.session.absence"].create(
            [
                {
                    "partner_id": person.id,
                    "date_from": first,
                    "date_to": date(2025, 12, 1),
                    "reason_id": cls.env.ref("spp_session_tracking.attendance_reason_family_emergency").id,
                }
                for person in people[size // 20 : size // 10]
            ]
        )
        return roster.generate_sessions(first, first + timedelta(days=2), 6.0, 8.0)

    def count(self, function):
        """Queries of a call in an empty cache, all it leaves to write included."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def counts(self, function):
        """The number of queries for few and for many people; the first sessions warm up what is remembered anyway."""
        sessions = [self.sessions[size].with_user(self.facilitator) for size in (FEW, MANY)]
        for first, _second, _third in sessions:
            self.count(lambda session=first: function(session))
        return [self.count(lambda session=session: function(session)) for _first, session, _third in sessions]

    def marks(self, session, code="present"):
        """What the roster screen sends for everybody but a tenth of the people, those on hold, and the announced ones."""
        size = len(session.expected_participant_ids)
        return [
            {"participant_id": row["participant_id"], "status": code, "base": row["status"]}
            for row in session.load_roster()["rows"]
            if int(row["name"].split()[1]) >= size // 5
        ]

    def assertCost(self, few, many, at_most, tables=0):
        """The ceiling for few people, and how many tables are written in more statements for many."""
        self.assertLessEqual(few, at_most)
        self.assertEqual(many - few, tables * MORE)

    def test_opening(self):
        few, many = self.counts(lambda session: session.load_roster())
        self.assertCost(few, many, at_most=30)

    def test_submitting(self):
        few, many = self.counts(lambda session: session.save_roster(self.marks(session), submit=True))
        self.assertCost(few, many, at_most=85, tables=1)
        submitted = self.sessions[MANY][1]
        self.assertTrue(submitted.submitted_at)
        self.assertEqual(len(submitted.attendance_ids), MANY)

    def test_submitting_without_marks(self):
        few, many = self.counts(lambda session: session.action_submit())
        self.assertCost(few, many, at_most=45, tables=1)

    def test_changing_everybody(self):
        for size in (FEW, MANY):
            for session in self.sessions[size]:
                session.save_roster(self.marks(session))
        few, many = self.counts(lambda session: session.save_roster(self.marks(session, "absent")))
        # the marks whose arrival a person said lose it, the others never had one: two kinds of rows
        self.assertCost(few, many, at_most=45, tables=2)

    def test_correcting_a_submitted_register(self):
        sessions = self.sessions[FEW] | self.sessions[MANY]
        sessions.action_submit()
        corrected = {"status_id": self.present.id, "correction_reason": "The paper register says so"}
        few, many = self.counts(lambda session: session.with_user(self.manager).attendance_ids.write(dict(corrected)))
        # the marks and the log of their changes
        self.assertCost(few, many, at_most=30, tables=2)
        self.assertEqual(len(self.sessions[MANY][1].attendance_ids.change_ids), MANY)

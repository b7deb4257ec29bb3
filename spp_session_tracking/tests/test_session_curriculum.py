# Part of the SPP attendance suite. LGPL-3.
"""Topics that people covered, the share of a curriculum that makes, and who sees it."""

from datetime import date

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestSessionCurriculum(SessionTrackingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fds = cls.env["spp.session.type"].create(
            {
                "name": "Course",
                "track_topics": True,
                "topic_ids": [Command.create({"name": name, "sequence": n}) for n, name in enumerate("ABC", 1)],
            }
        )
        cls.roster.session_type_id = cls.fds
        cls.first, cls.second, cls.third = cls.make_sessions(date(2025, 10, 1), date(2025, 10, 3)).sorted("date")
        cls.a, cls.b, cls.c = cls.fds.topic_ids
        cls.first.topic_ids, cls.second.topic_ids, cls.third.topic_ids = cls.a | cls.b, cls.b, cls.c
        cls.viewer = cls.make_user("viewer", "spp_session_tracking.group_session_viewer")

    def mark(self, session, *people):
        self.env["spp.session.attendance"].create(
            [{"session_id": session.id, "participant_id": person.id, "status_id": self.present.id} for person in people]
        )

    def curriculum(self, person):
        self.env.invalidate_all()  # what a view says is not known to change
        return self.env["spp.session.curriculum"].search(
            [("partner_id", "=", person.id), ("session_type_id", "=", self.fds.id)]
        )

    def test_every_topic_attended_completes_the_curriculum(self):
        ana, ben, *_others = self.people
        self.mark(self.first, ana)
        self.assertEqual(self.curriculum(ana).covered_count, 0, "nothing is covered before the register is submitted")
        self.first.action_submit()
        mine = self.curriculum(ana)
        self.assertEqual((mine.covered_count, mine.topic_count, mine.is_complete), (2, 3, False))
        self.assertAlmostEqual(mine.completion, 200 / 3)
        self.assertEqual(mine.missing_topics, "C")
        self.assertEqual(self.curriculum(ben).missing_topics, "A, B, C", "absent from the first session")
        self.mark(self.third, ana)
        self.third.action_submit()
        mine = self.curriculum(ana)
        self.assertEqual((mine.completion, mine.is_complete), (100.0, True))
        self.assertEqual(mine.completed_on, date(2025, 10, 3))
        self.assertFalse(mine.missing_topics)

    def test_only_active_topics_are_modules(self):
        self.mark(self.first, self.people[0])
        self.first.action_submit()
        self.c.active = False
        self.assertTrue(self.curriculum(self.people[0]).is_complete)
        self.fds.track_topics = False
        self.assertFalse(self.curriculum(self.people[0]))

    def test_cancelled_sessions_cover_nothing(self):
        self.mark(self.first, self.people[0])
        self.first.action_cancel()
        self.assertEqual(self.curriculum(self.people[0]).covered_count, 0)
        self.first.action_undo_cancel()
        self.first.action_submit()
        self.assertEqual(self.curriculum(self.people[0]).covered_count, 2)

    def test_who_misses_which_topic(self):
        self.mark(self.first, self.people[0], self.people[1])
        self.first.action_submit()
        topics = self.env["spp.session.curriculum.topic"]
        missing = topics.search([("topic_id", "=", self.a.id), ("is_covered", "=", False)])
        self.assertEqual(missing.partner_id, self.people[2] | self.people[3])
        action = self.curriculum(self.people[0]).action_view_topics()
        rows = topics.search(action["domain"])
        self.assertEqual(rows.mapped("topic_id.name"), ["A", "B", "C"])
        self.assertEqual(rows.mapped("is_covered"), [True, True, False])
        self.assertEqual(rows[0].covered_on, date(2025, 10, 1))

    def test_people_join_a_curriculum_with_their_first_mark(self):
        guest = self.env["res.partner"].create({"name": "Guest", "is_registrant": True})
        self.assertFalse(self.curriculum(guest))
        self.mark(self.first, guest)
        self.assertEqual(self.curriculum(guest).topic_count, 3)

    def test_grouped_and_filtered(self):
        self.mark(self.first, self.people[0])
        self.first.action_submit()
        groups = self.env["spp.session.curriculum"]._read_group(
            [("session_type_id", "=", self.fds.id)], ["session_type_id", "is_complete"], ["__count", "completion:avg"]
        )
        self.assertEqual([(count, round(average, 2)) for *_group, count, average in groups], [(4, 16.67)])

    def test_on_the_registrant(self):
        ana = self.people[0]
        self.mark(self.first, ana)
        self.first.action_submit()
        seen = ana.with_user(self.viewer)
        self.assertEqual(seen.session_attendance_count, 1)
        self.assertAlmostEqual(seen.session_curriculum_completion, 200 / 3)
        self.assertTrue(seen.has_session_curriculum)
        for action, model in (
            ("action_view_session_attendance", "spp.session.attendance"),
            ("action_view_session_curriculum", "spp.session.curriculum"),
        ):
            result = self.rpc(self.viewer, ana, action)
            self.assertEqual(result["res_model"], model)
            self.assertEqual(len(self.env[model].with_user(self.viewer).search(result["domain"])), 1)

    def test_roles(self):
        for user in (self.viewer, self.facilitator, self.manager):
            self.assertEqual(
                len(
                    self.rpc(
                        user, self.env["spp.session.curriculum"], "search", [("session_type_id", "=", self.fds.id)]
                    )
                ),
                4,
            )
        employee = self.make_user("employee")
        for model in ("spp.session.curriculum", "spp.session.curriculum.topic"):
            with self.assertRaises(AccessError):
                self.rpc(employee, self.env[model], "search", [])
        with self.assertRaises(AccessError):
            self.people[0].with_user(employee).read(["session_attendance_count"])

    def test_people_of_own_companies_and_areas_only(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        north, south = self.env["spp.area"].create([{"draft_name": "N"}, {"draft_name": "S"}])
        ana, ben, cho, dan = self.people
        ana.area_id, ben.area_id, cho.area_id = north, south, north
        cho.company_id = company
        self.viewer.center_area_ids = north
        for model in ("spp.session.curriculum", "spp.session.curriculum.topic"):
            rows = self.env[model].with_user(self.viewer).search([("session_type_id", "=", self.fds.id)])
            self.assertEqual(rows.partner_id, ana, model)
        self.assertNotIn(dan, rows.partner_id)

    def test_a_fixed_number_of_queries(self):
        counts = []
        for people in (self.people[:1], self.people):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            rows = self.env["spp.session.curriculum"].search([("partner_id", "in", people.ids)])
            rows.mapped("missing_topics")
            people.mapped("session_curriculum_completion")
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

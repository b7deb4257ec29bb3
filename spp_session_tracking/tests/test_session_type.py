# Part of the SPP attendance suite. LGPL-3.
"""The types that ship, what new sessions take from theirs, the topics of a type, and sessions too full or empty."""

from datetime import date

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestSessionType(SessionTrackingCase):
    def ref(self, name):
        return self.env.ref(f"spp_session_tracking.{name}")

    def plan(self, session_type, **vals):
        return self.env["spp.session"].create({"name": "Session", "session_type_id": session_type.id, **vals})

    # --- shipped data

    def test_shipped_types(self):
        for name, code, frequency, hours, topics in (
            ("training", "TRAINING", "monthly", 3.0, ["Business Skills", "Agriculture", "Digital Literacy"]),
            ("group_meeting", "MEETING", "biweekly", 2.0, []),
            (
                "fds",
                "FDS",
                "monthly",
                2.0,
                ["Nutrition", "Education", "Financial Literacy", "Health", "Child Protection"],
            ),
            ("workshop", "WORKSHOP", "one_time", 4.0, []),
        ):
            session_type = self.ref(f"session_type_{name}")
            self.assertEqual(
                (session_type.code, session_type.frequency, session_type.duration_hours), (code, frequency, hours)
            )
            self.assertEqual(session_type.topic_ids.mapped("name"), topics)
            self.assertEqual(session_type.track_topics, bool(topics))
            self.assertEqual(session_type.required_attendance_percentage, 80.0)

    def test_topics_of_the_contract_resolve(self):
        names = ("nutrition", "education", "financial_literacy", "parenting", "livelihood", "business")
        active = {name: self.ref(f"topic_{name}").active for name in names}
        self.assertEqual([name for name in names if not active[name]], ["parenting", "livelihood"])
        self.assertEqual(self.ref("topic_business").name, "Business Skills")

    def test_all_topics_of_a_type_are_shown(self):
        action = self.ref("session_type_fds").action_view_topics()
        topics = self.env["spp.session.topic"].with_context(**action["context"]).search(action["domain"])
        self.assertEqual(len(topics), 6)
        self.assertIn(self.ref("topic_parenting"), topics)

    # --- defaults for new sessions

    def test_a_new_session_belongs_to_the_area_of_its_roster(self):
        north, south = self.env["spp.area"].create(
            [{"draft_name": "North", "code": "N"}, {"draft_name": "South", "code": "S"}]
        )
        self.roster.area_id = north
        session = self.plan(self.session_type, roster_id=self.roster.id)
        self.assertEqual(session.area_id, north)
        self.assertEqual(self.plan(self.session_type, roster_id=self.roster.id, area_id=south.id).area_id, south)
        session.roster_id = self.roster.copy({"area_id": south.id})
        self.assertEqual(session.area_id, north, "a session that exists stays where it is")

    def test_a_new_session_takes_location_and_roster(self):
        self.session_type.write({"default_location": "Hall", "default_roster_id": self.roster.id})
        self.roster.location = False
        session = self.plan(self.session_type, date="2025-10-01")
        self.assertEqual((session.location, session.roster_id), ("Hall", self.roster))
        self.assertEqual(session.tz, "Asia/Jakarta", "the zone of the roster")
        self.assertEqual(session.expected_participant_ids, self.people)
        own = self.plan(self.session_type, location="Garden", roster_id=False)
        self.assertEqual((own.location, own.roster_id), ("Garden", self.env["spp.session.roster"]))
        self.session_type.default_location = "School"
        self.assertEqual(session.location, "Hall", "sessions that exist stay where they are")

    def test_the_roster_says_where_before_the_type_does(self):
        self.session_type.default_location = "Hall"
        self.assertEqual(self.make_sessions().location, "North")
        self.roster.location = False
        self.assertEqual(self.make_sessions(date(2025, 10, 2), date(2025, 10, 2)).location, "Hall")

    def test_in_the_form_suggestions_give_way_and_typed_text_stays(self):
        other = self.env["spp.session.type"].create({"name": "Other", "default_location": "Barn"})
        self.session_type.default_location = "Hall"
        form = Form(self.env["spp.session"])
        form.name, form.session_type_id = "Session", self.session_type
        self.assertEqual(form.location, "Hall")
        form.session_type_id = other
        self.assertEqual(form.location, "Barn")
        form.location = "Under the tree"
        form.session_type_id = self.session_type
        self.assertEqual(form.location, "Under the tree")

    def test_in_the_form_the_roster_of_the_former_type_gives_way(self):
        other = self.env["spp.session.type"].create({"name": "Other"})
        self.session_type.default_roster_id = self.roster
        form = Form(self.env["spp.session"])
        form.name, form.session_type_id = "Session", self.session_type
        self.assertEqual(form.roster_id, self.roster)
        form.session_type_id = other
        self.assertFalse(form.roster_id)
        form.roster_id = self.roster
        self.assertEqual(form.save().roster_id, self.roster, "what was chosen by hand stays")

    def test_a_roster_of_another_company_is_no_default(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        shared = self.env["spp.session.type"].create(
            {"name": "Shared", "company_id": False, "default_roster_id": self.roster.id}
        )
        self.assertEqual(self.plan(shared).roster_id, self.roster)
        self.assertFalse(self.plan(shared, company_id=company.id).roster_id)

    # --- percentage, copy, deletion

    def test_both_spellings_of_the_percentage(self):
        new = self.env["spp.session.type"].create({"name": "New", "required_attendance_pct": 100.0})
        self.assertEqual(new.required_attendance_percentage, 100.0)
        new.required_attendance_percentage = 0.0
        self.assertEqual(new.required_attendance_pct, 0.0)

    def test_duplicating(self):
        training = self.ref("session_type_training")
        copy = training.copy()
        self.assertEqual((copy.name, copy.code), ("Training Session (copy)", False))
        self.assertEqual(copy.topic_ids.mapped("name"), training.topic_ids.mapped("name"))
        self.assertEqual(copy.topic_ids & training.topic_ids, self.env["spp.session.topic"])
        self.assertEqual(training.copy({"name": "Own name", "code": "OWN"}).name, "Own name")

    def test_a_used_type_is_not_deleted(self):
        self.make_sessions(date(2025, 10, 1), date(2025, 10, 3))
        with self.assertRaisesRegex(
            UserError,
            r"Health Session is in use \(sessions: 3, rosters: 1, announced absences: 0\): archive it instead",
        ):
            self.session_type.unlink()
        self.session_type.action_archive()
        self.env["spp.session.type"].create({"name": "Unused"}).unlink()

    def test_a_covered_topic_is_not_deleted(self):
        fds, topic = self.ref("session_type_fds"), self.ref("topic_health")
        self.plan(fds, topic_ids=[Command.set(topic.ids)])
        with self.assertRaisesRegex(UserError, r"Health is in use \(sessions: 1\): archive it instead"):
            topic.unlink()
        with self.assertRaisesRegex(ValidationError, r"Health is in use by another type \(sessions: 1\)"):
            topic.session_type_id = self.ref("session_type_training")
        self.ref("topic_education").unlink()

    # --- topics of sessions

    def test_topics_only_when_the_type_tracks_them(self):
        topic = self.ref("topic_nutrition")
        with self.assertRaisesRegex(ValidationError, "Sessions of the type Health Session have no topics"):
            self.plan(self.session_type, topic_ids=[Command.set(topic.ids)])
        self.session_type.track_topics = True
        with self.assertRaisesRegex(ValidationError, "Nutrition is a topic of the type Family Development Session"):
            self.plan(self.session_type, topic_ids=[Command.set(topic.ids)])
        session = self.plan(self.ref("session_type_fds"), topic_ids=[Command.set(topic.ids)])
        free = self.env["spp.session.topic"].create({"name": "Of any type"})
        session.topic_ids |= free
        self.assertEqual(session.topic_ids, topic | free)
        with self.assertRaisesRegex(ValidationError, "Nutrition is a topic of the type"):
            session.session_type_id = self.ref("session_type_training")

    def test_the_form_drops_topics_of_another_type(self):
        fds, training = self.ref("session_type_fds"), self.ref("session_type_training")
        free = self.env["spp.session.topic"].create({"name": "Of any type"})
        session = self.plan(fds, topic_ids=[Command.set((fds.topic_ids[0] | free).ids)])
        with Form(session) as form:
            form.session_type_id = training
        self.assertEqual(session.topic_ids, free)
        with Form(session) as form:
            form.session_type_id = self.session_type
        self.assertFalse(session.topic_ids)

    # --- capacity and empty sessions

    def test_more_people_than_places(self):
        session = self.make_sessions()
        self.assertFalse(session.is_over_capacity, "0 is no limit")
        session.max_participants = 4
        self.assertFalse(session.is_over_capacity)
        session.max_participants = 3
        self.assertTrue(session.is_over_capacity)
        self.assertEqual(session.expected_count, 4)
        session.action_submit()
        self.assertEqual(session.state, "completed", "a warning, not an obstacle")

    def test_a_session_without_anybody_is_not_submitted(self):
        empty = self.plan(self.session_type)
        for action in ("action_submit", "action_complete"):
            empty.action_start()
            with self.assertRaisesRegex(UserError, "Nobody is expected in Session and nobody is marked"):
                getattr(empty, action)()
        self.env["spp.session.attendance"].create(
            {"session_id": empty.id, "participant_id": self.people[0].id, "status_id": self.present.id}
        )
        empty.action_submit()
        self.assertEqual(empty.state, "completed", "somebody who came unexpected is enough")

    def test_the_system_passes_over_sessions_without_anybody(self):
        empty = self.plan(self.session_type, date="2025-10-01", policy_id=self.policy.id)
        full = self.make_sessions()
        with self.enter_registry_test_mode():
            self.env.ref("spp_session_tracking.ir_cron_submit_due_sessions").method_direct_trigger()
        self.assertEqual((empty.state, full.state), ("scheduled", "completed"))

# Part of the SPP attendance suite. LGPL-3.
"""What calls that no screen makes do not reach: excuses, plans, unlocks, the log."""

from datetime import date, datetime, timedelta

from freezegun import freeze_time
from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .register_common import RegisterCase


@tagged("post_install", "-at_install")
@freeze_time("2025-10-10 12:00:00")
class TestForgedCalls(RegisterCase):
    """What a facilitator cannot reach with calls that no screen makes."""

    def setUp(self):
        super().setUp()
        self.session = self.make_sessions(date(2025, 10, 11), date(2025, 10, 11))
        self.excused = self.env["spp.attendance.status"]._by_code("excused")
        self.other_reason = self.env.ref("spp_session_tracking.attendance_reason_other")

    def create_mark(self, values, context=None):
        values = {"session_id": self.session.id, "participant_id": self.people[0].id, **values}
        return self.rpc_create(self.facilitator, "spp.session.attendance", values, context=context)

    # --- excuses

    def test_the_context_grants_no_excuse(self):
        mark = self.create_mark({})
        self.rpc(
            self.facilitator,
            mark,
            "write",
            {"status_id": self.excused.id, "reason_id": self.other_reason.id},
            context={"excuse_decision": True},
        )
        self.assertEqual((mark.status_id, mark.excuse_state), (self.absent, "requested"))

    def test_defaults_grant_no_excuse(self):
        self.policy.excuse_needs_reason = True
        granted = self.create_mark({"status_id": self.excused.id}, {"default_excuse_state": "granted"})
        self.assertEqual((granted.status_id, granted.excuse_state), (self.absent, "requested"))
        granted.unlink()
        mark = self.create_mark({}, {"default_status_id": self.excused.id})
        self.assertEqual(mark.status_id, self.absent)
        values = {"participant_id": self.people[1].id, "status_id": self.excused.id}
        asked_id = self.rpc(
            self.facilitator,
            self.env["spp.session.attendance"],
            "create",
            values,
            context={"default_session_id": self.session.id},
        )
        asked = self.env["spp.session.attendance"].browse(asked_id)
        self.assertEqual((asked.status_id, asked.excuse_state), (self.absent, "requested"))

    def test_own_defaults_grant_no_excuse(self):
        for name, value in (("excuse_state", "granted"), ("standing", "guest")):
            self.env["ir.default"].with_user(self.facilitator).set(
                "spp.session.attendance", name, value, user_id=self.facilitator.id
            )
        mark = self.create_mark({})
        self.assertEqual((mark.excuse_state, mark.standing), (False, "expected"))

    # --- what the system keeps

    def test_what_the_system_keeps_of_a_mark(self):
        mark = self.create_mark({})
        absence = self.env["spp.session.absence"].create(
            {"partner_id": self.people[1].id, "reason_id": self.other_reason.id}
        )
        for values in (
            {"standing": "guest"},
            {"is_unexplained": False},
            {"late_minutes": 0},
            {"presence_percentage": 100.0},
            {"is_announced": True},
            {"absence_id": absence.id},
            {"session_date": "2024-01-01"},
            {"session_type_id": self.session_type.copy().id},
            {"company_id": False},
        ):
            for user in (self.facilitator, self.manager):
                with self.assertRaisesRegex(AccessError, "by itself", msg=str(values)):
                    self.rpc(user, mark, "write", values)

    def test_who_marks_is_a_person(self):
        mark = self.create_mark({"source": "submission"})
        self.assertEqual(mark.source, "person")
        self.session.expected_participant_ids = [Command.link(person.id) for person in self.people]
        self.rpc(self.facilitator, self.session, "action_submit")
        missing = self.session.attendance_ids - mark
        self.assertEqual(set(missing.mapped("source")), {"submission"})
        self.rpc(self.facilitator, missing[0], "write", {"status_id": self.present.id})
        self.assertEqual(missing[0].source, "person", "what a person corrected is a person's mark")

    def test_the_context_decides_nothing_when_submitting(self):
        context = {"default_excuse_state": "granted", "default_source": "person", "default_notes": "Forged"}
        self.rpc(self.facilitator, self.session, "action_submit", context=context)
        marks = self.session.attendance_ids
        self.assertEqual(len(marks), len(self.people))
        self.assertFalse(any(marks.mapped("excuse_state")) or any(marks.mapped("notes")))
        self.assertEqual(set(marks.mapped("source")), {"submission"})

    def test_completing_is_submitting(self):
        self.rpc(self.facilitator, self.session, "action_start")
        self.rpc(self.facilitator, self.session, "write", {"state": "completed", "notes": "Done"})
        self.assertEqual((self.session.state, self.session.notes), ("completed", "Done"))
        self.assertEqual(self.session.submitted_by_id, self.facilitator)
        self.assertEqual(len(self.session.attendance_ids), len(self.people))

    def test_a_reason_is_a_sentence(self):
        self.policy.correction_minutes = 0
        self.session.action_submit()
        for reason in (True, ["why"], "  ", "A context is no place for a reason"):
            with self.assertRaises(UserError, msg=str(reason)):
                self.rpc(
                    self.manager,
                    self.session.attendance_ids[0],
                    "write",
                    {"status_id": self.present.id},
                    context={"attendance_change_reason": reason},
                )

    def test_minutes_that_nobody_can_be_late(self):
        for minutes in (10**9, float("inf"), float("nan"), -5, "seven"):
            with self.subTest(minutes=minutes):
                item = {
                    **{"participant_id": self.people[0].id, "status": "late", "base": False},
                    **{"sent": ["late"], "late_minutes": minutes},
                }
                self.rpc(self.facilitator, self.session, "save_roster", [item])
                arrival = self.session.attendance_ids.attendance_time
                self.assertIn(arrival, (False, self.session.start_datetime))

    def test_only_registrants_are_added(self):
        household, stranger = self.env["res.partner"].create(
            [{"name": "Household", "is_registrant": True, "is_group": True}, {"name": "Supplier"}]
        )
        for person in (household, stranger):
            window = (
                self.env["spp.session.add.participants"]
                .with_user(self.facilitator)
                .create({"session_id": self.session.id, "partner_ids": person.ids})
            )
            with self.assertRaisesRegex(UserError, person.name):
                window.action_add()

    # --- areas

    def test_who_is_expected_does_not_depend_on_the_areas_of_the_user(self):
        north, south = self.env["spp.area"].create([{"draft_name": "North"}, {"draft_name": "South"}])
        self.people[0].area_id = north
        self.people[1:].area_id = south
        for user in (self.facilitator, self.manager):
            user.center_area_ids = north
        self.env["spp.session.roster.hold"].create(
            {
                **{"roster_id": self.roster.id, "partner_id": self.people[1].id, "reason": "Abroad"},
                **{"date_from": self.session.date, "date_to": self.session.date},
            }
        )
        self.roster.area_id = north
        self.session.area_id = north
        day = self.session.date + timedelta(days=1)
        planned = self.roster.with_user(self.manager).generate_sessions(day, day, 6.0, 8.0).sudo()
        planned.invalidate_recordset()
        self.assertEqual(planned.expected_participant_ids, self.people)
        self.rpc(self.facilitator, self.session, "action_submit")
        codes = {mark.participant_id: mark.status_id.code for mark in self.session.attendance_ids}
        self.assertEqual([codes.get(person) for person in self.people], ["absent", "on_hold", "absent", "absent"])

    def test_what_the_system_keeps_of_a_session(self):
        now = datetime(2025, 10, 10, 12, 0)
        for values in (
            {"submitted_at": now},
            {"submitted_by_id": self.manager.id},
            {"lock_datetime": False},
            {"submission_deadline": False},
            {"register_state": "taken"},
            {"applied_policy_id": self.policy.copy().id},
            {"start_datetime": now},
            {"end_datetime": now},
            {"cancelled_at": now},
            {"cancelled_by_id": self.manager.id},
            {"state_before_cancel": "in_progress"},
        ):
            for user in (self.facilitator, self.manager):
                with self.assertRaisesRegex(AccessError, "by itself", msg=str(values)):
                    self.rpc(user, self.session, "write", values)

    # --- planning

    def test_facilitators_do_not_plan(self):
        for values in (
            {"name": "Mine"},
            {"session_type_id": self.session_type.copy().id},
            {"roster_id": False},
            {"date": "2025-10-09"},
            {"start_time": 10.0},
            {"end_time": 23.0},
            {"ends_next_day": True},
            {"tz": "UTC"},
            {"facilitator_id": self.other_facilitator.id},
            {"co_facilitator_ids": [Command.link(self.other_facilitator.id)]},
            {"location": "Elsewhere"},
            {"area_id": False},
            {"expected_participant_ids": [Command.clear()]},
            {"max_participants": 1},
            {"policy_id": self.policy.copy().id},
            {"company_id": False},
            {"checkin_from": False},
            {"checkin_until": False},
            {"occurrence_datetime": False},
            {"replaces_session_id": False},
        ):
            with self.assertRaisesRegex(AccessError, "session manager", msg=str(values)):
                self.rpc(self.facilitator, self.session, "write", values)
        self.rpc(self.manager, self.session, "write", {"max_participants": 12, "location": "Hall"})
        self.session_type.track_topics = True
        topic = self.env["spp.session.topic"].create({"name": "Food", "session_type_id": self.session_type.id})
        self.rpc(
            self.facilitator,
            self.session,
            "write",
            {"notes": "Bring paper", "topic_ids": [Command.link(topic.id)], "state": "in_progress"},
        )
        self.assertEqual((self.session.notes, self.session.topic_ids), ("Bring paper", topic))
        self.assertEqual((self.session.location, self.session.max_participants), ("Hall", 12))

    def test_the_form_says_so(self):
        for user, readonly in ((self.facilitator, True), (self.manager, False)):
            model = self.env["spp.session"].with_user(user)
            self.assertEqual(model.fields_get(["policy_id"], ["readonly"])["policy_id"]["readonly"], readonly)
            form = etree.fromstring(model.get_view(self.env.ref("spp_session_tracking.view_session_form").id)["arch"])
            shown = {node.get("name"): node.get("readonly") for node in form.xpath("//field[not(ancestor::field)]")}
            for name in ("policy_id", "date", "expected_participant_ids"):
                self.assertEqual(shown[name] in ("1", "True"), readonly, name)
            self.assertNotIn(shown["notes"], ("1", "True"))

    # --- unlocks, announced absences, the log

    def test_the_context_unlocks_nothing(self):
        locked = self.make_sessions()
        self.assertTrue(locked.is_locked)
        self.rpc(
            self.facilitator,
            locked,
            "action_request_unlock",
            "Paper list",
            context={
                "default_state": "granted",
                "default_granted_at": "2025-10-10 12:00:00",
                "default_expires_at": "2025-10-14 16:00:00",
            },
        )
        self.assertEqual(locked.unlock_ids.state, "requested")
        self.assertFalse(locked.unlock_ids.expires_at)
        self.assertTrue(locked.is_locked)

    def test_the_context_accepts_no_absence(self):
        values = {"partner_id": self.people[0].id, "reason_id": self.other_reason.id}
        self.assertEqual(self.other_reason.granted_by, "manager")
        with self.assertRaises(AccessError):
            self.rpc(
                self.facilitator,
                self.env["spp.session.absence"],
                "create",
                values,
                context={"default_state": "accepted"},
            )
        absence_id = self.rpc(
            self.facilitator, self.env["spp.session.absence"], "create", {**values, "state": "accepted"}
        )
        self.assertEqual(self.env["spp.session.absence"].browse(absence_id).state, "requested")

    def test_the_context_backdates_no_change(self):
        mark = self.create_mark({})
        self.session.action_submit()
        self.rpc(
            self.facilitator,
            mark,
            "write",
            {"status_id": self.present.id},
            context={"default_change_date": "2020-01-01 00:00:00", "default_user_id": self.manager.id},
        )
        self.assertGreater(mark.change_ids.change_date.year, 2020)
        self.assertEqual(mark.change_ids.user_id, self.facilitator)

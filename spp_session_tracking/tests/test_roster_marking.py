# Part of the SPP attendance suite. LGPL-3.
"""Reasons, minutes, remarks, corrections and guests as the roster screen sends them."""

from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
@freeze_time("2025-10-01 02:00:00")
class TestRosterMarking(SessionTrackingCase):
    """What the roster screen sends besides statuses: reasons, guests, corrections, copies."""

    def setUp(self):
        super().setUp()
        self.own_policy = self.env["spp.session.policy"].create({"name": "Class", "correction_minutes": 15})
        self.roster.policy_id = self.own_policy
        self.session = self.make_sessions().with_user(self.facilitator)
        self.family = self.env.ref("spp_session_tracking.attendance_reason_family_emergency")
        self.other = self.env.ref("spp_session_tracking.attendance_reason_other")

    def item(self, person, status, **values):
        return {"participant_id": person.id, "status": status, "base": False, **values}

    def mark_of(self, person):
        return self.session.sudo().attendance_ids.filtered(lambda mark: mark.participant_id == person)

    def row_of(self, person, user=None):
        rows = self.session.with_user(user or self.facilitator).load_roster()["rows"]
        return next(row for row in rows if row["participant_id"] == person.id)

    # --- reasons

    def test_an_excuse_that_is_not_the_facilitators_to_grant_is_asked(self):
        item = self.item(self.people[0], "excused", reason_id=self.other.id)
        self.session.save_roster([item])
        mark = self.mark_of(self.people[0])
        self.assertEqual((mark.status_id, mark.excuse_state), (self.absent, "requested"))
        row = self.row_of(self.people[0])
        self.assertEqual(
            (row["status"], row["decided"], row["excuse_state"], row["reason_id"]),
            ("absent", "excused", "requested", self.other.id),
        )
        written = mark.write_date
        self.assertFalse(self.session.save_roster([item])["conflicts"], "sent twice is no conflict with oneself")
        shown = self.item(self.people[0], "absent", reason_id=self.other.id, base="excused")
        self.session.save_roster([shown], submit=True)
        self.assertEqual((mark.excuse_state, mark.write_date), ("requested", written))
        self.session.save_roster([self.item(self.people[0], "absent", base="excused", reason_id=False)])
        self.assertFalse(mark.excuse_state, "a plain absence takes the request back")

    def test_a_granted_excuse_keeps_its_reason(self):
        item = self.item(self.people[0], "excused", reason_id=self.family.id)
        self.session.save_roster([item], submit=True)
        mark = self.mark_of(self.people[0])
        self.assertEqual((mark.status_id.code, mark.excuse_state, mark.reason_id), ("excused", "granted", self.family))
        self.session.save_roster([item], submit=True)
        self.assertFalse(mark.change_ids)

    def test_limits_are_counted_without_the_session_itself(self):
        self.family.limit_count = 1
        self.assertEqual(self.row_of(self.people[0])["used"], {})
        earlier = self.make_sessions(date(2025, 10, 2), date(2025, 10, 2)).with_user(self.facilitator)
        earlier.save_roster([self.item(self.people[0], "excused", reason_id=self.family.id)])
        self.assertEqual(self.row_of(self.people[0])["used"], {self.family.id: 1})
        self.session.save_roster([self.item(self.people[0], "excused", reason_id=self.family.id)])
        self.assertEqual(self.mark_of(self.people[0]).excuse_state, "requested", "the limit is used up")
        self.session.with_user(self.manager).save_roster(
            [self.item(self.people[0], "excused", reason_id=self.family.id, base="excused")]
        )
        self.mark_of(self.people[0]).with_user(self.manager).action_grant_excuse()
        self.assertEqual(self.row_of(self.people[0])["used"], {self.family.id: 1})

    def test_who_may_grant_is_said_to_each(self):
        for user, granted in ((self.facilitator, False), (self.manager, True)):
            reasons = {reason["id"]: reason for reason in self.session.with_user(user).load_roster()["reasons"]}
            self.assertEqual(reasons[self.other.id]["is_granted_here"], granted)
            self.assertEqual(reasons[self.family.id]["is_limited_here"], not granted)
            self.assertTrue(reasons[self.family.id]["is_granted_here"])

    # --- minutes and remarks

    def test_minutes_and_remarks(self):
        self.session.save_roster(
            [
                self.item(self.people[0], "late", late_minutes=14, notes=" bus "),
                self.item(self.people[1], "partial", late_minutes=40),
                self.item(self.people[2], "late", late_minutes=None),
            ]
        )
        row = self.row_of(self.people[0])
        self.assertEqual((row["late_minutes"], row["notes"]), (14, "bus"))
        self.assertEqual(self.row_of(self.people[1])["late_minutes"], 40)
        self.assertFalse(self.mark_of(self.people[2]).attendance_time, "a time that nobody knows is not made up")

    def test_the_second_that_a_terminal_saw_stays(self):
        arrival = datetime(2025, 9, 30, 23, 14, 37)
        mark = self.env["spp.session.attendance"].create(
            {
                "session_id": self.session.id,
                "participant_id": self.people[0].id,
                "status_id": self.late.id,
                "attendance_time": arrival,
            }
        )
        self.session.save_roster([self.item(self.people[0], "late", base="late", late_minutes=14)])
        self.assertEqual(mark.attendance_time, arrival)
        self.session.save_roster([self.item(self.people[0], "late", base="late", late_minutes=10)])
        self.assertEqual(mark.attendance_time, datetime(2025, 9, 30, 23, 10))

    def test_another_teachers_remark_is_not_wiped(self):
        self.session.sudo().co_facilitator_ids = self.other_facilitator
        self.session.with_user(self.other_facilitator).save_roster(
            [self.item(self.people[0], "late", late_minutes=12, notes="bus")]
        )
        mine = self.item(self.people[0], "late", late_minutes=20, notes="", reason_id=False)
        self.session.save_roster([{**mine, "changed": []}])
        row = self.row_of(self.people[0])
        self.assertEqual((row["notes"], row["late_minutes"]), ("bus", 12))
        self.session.save_roster([{**mine, "changed": ["late_minutes"]}])
        row = self.row_of(self.people[0])
        self.assertEqual((row["notes"], row["late_minutes"]), ("bus", 20))
        self.session.save_roster([{**mine, "changed": ["notes"]}])
        self.assertEqual(self.row_of(self.people[0])["notes"], "")

    def test_taking_back_that_somebody_was_late(self):
        self.session.save_roster([self.item(self.people[0], "late", late_minutes=12)])
        self.session.save_roster([self.item(self.people[0], "absent", base="late")])
        self.assertFalse(self.mark_of(self.people[0]).attendance_time)

    def test_what_was_sent_without_an_answer_is_no_conflict(self):
        self.session.save_roster([self.item(self.people[0], "absent")])
        answer = self.session.save_roster([self.item(self.people[0], "late", sent=["absent"])])
        self.assertFalse(answer["conflicts"])
        self.assertEqual(self.mark_of(self.people[0]).status_id, self.late)

    # --- corrections, locks

    def submitted(self, minutes_ago):
        self.session.save_roster([self.item(self.people[0], "present")], submit=True)
        self.session.sudo().submitted_at = fields.Datetime.now() - timedelta(minutes=minutes_ago)

    def test_within_the_time_for_corrections_no_reason_is_asked(self):
        self.submitted(5)
        roster = self.session.load_roster()
        self.assertEqual((roster["can_mark"], roster["correction"]), (True, "optional"))
        self.assertTrue(roster["correction_until"])
        self.session.save_roster([self.item(self.people[0], "absent", base="present")])
        self.assertEqual(self.mark_of(self.people[0]).change_ids.new_status_id, self.absent)

    def test_later_only_managers_correct_and_they_say_why(self):
        self.submitted(20)
        roster = self.session.load_roster()
        self.assertEqual((roster["can_mark"], roster["correction"]), (False, False))
        self.assertIn("ask a session manager", roster["notice"])
        correction = [self.item(self.people[0], "absent", base="present")]
        with self.assertRaises(AccessError):
            self.session.save_roster(correction, reason="wrong child")
        by_manager = self.session.with_user(self.manager)
        self.assertEqual(by_manager.load_roster()["correction"], "required")
        with self.assertRaisesRegex(UserError, "say why"), self.env.cr.savepoint():
            by_manager.save_roster(correction)
        by_manager.save_roster(correction, reason="wrong child")
        change = self.mark_of(self.people[0]).change_ids
        self.assertEqual(
            (change.reason, change.user_id, change.old_status_id), ("wrong child", self.manager, self.present)
        )

    def test_a_locked_register_says_so(self):
        self.env.flush_all()  # the deadline is computed together with the lock
        self.session.sudo().lock_datetime = fields.Datetime.now() - timedelta(hours=1)
        roster = self.session.load_roster()
        self.assertEqual(
            (roster["can_mark"], roster["can_ask_unlock"], roster["unlock_is_asked"]), (False, True, False)
        )
        self.assertIn("locked", roster["notice"])
        with self.assertRaisesRegex(UserError, "is locked"):
            self.session.save_roster([self.item(self.people[0], "absent")])
        self.assertFalse(self.session.with_user(self.other_facilitator).load_roster()["can_ask_unlock"])
        self.env["spp.session.unlock"].sudo().create({"session_id": self.session.id, "request_reason": "late paper"})
        self.assertTrue(self.session.load_roster()["unlock_is_asked"])

    def test_others_and_cancelled_sessions_say_why(self):
        viewer = self.make_user("viewer", "spp_session_tracking.group_session_viewer")
        for user in (self.other_facilitator, viewer):
            roster = self.session.with_user(user).load_roster()
            self.assertEqual((roster["can_mark"], roster["can_ask_unlock"]), (False, False))
            self.assertIn(self.facilitator.name, roster["notice"])
        self.session.sudo().state = "cancelled"
        self.assertIn("cancelled", self.session.load_roster()["notice"])

    # --- guests, the session before

    def test_a_guest_is_added_and_known_as_one(self):
        guest = self.env["res.partner"].create({"name": "Dóra Guest", "is_registrant": True})
        group = self.env["res.partner"].create({"name": "Dóra Family", "is_registrant": True, "is_group": True})
        customer = self.env["res.partner"].create({"name": "Dóra Customer"})
        self.assertEqual(self.session.search_guests("dóra"), [{"participant_id": guest.id, "name": guest.display_name}])
        self.assertEqual(self.session.search_guests("d"), [])
        self.assertEqual(self.session.search_guests("Person"), [], "who is on the roster is no guest")
        item = self.item(guest, "present", is_guest=True)
        self.session.save_roster([item, item])
        self.session.save_roster([item], submit=True)
        self.assertEqual(self.mark_of(guest).standing, "guest")
        self.assertTrue(self.row_of(guest)["is_guest"])
        for stranger in (group, customer):
            with self.assertRaisesRegex(UserError, "not in this session"):
                self.session.save_roster([self.item(stranger, "present", is_guest=True)])

    def test_the_session_before_is_copied_without_its_excuses(self):
        with self.assertRaisesRegex(UserError, "no earlier register"):
            self.session.load_previous_marks()
        self.session.save_roster(
            [
                self.item(self.people[0], "absent"),
                self.item(self.people[1], "late", late_minutes=20),
                self.item(self.people[2], "excused", reason_id=self.family.id),
            ],
        )
        later = self.make_sessions(date(2025, 10, 3), date(2025, 10, 3)).with_user(self.facilitator)
        self.make_sessions(date(2025, 10, 2), date(2025, 10, 2))  # nobody took this one
        self.assertEqual(later.load_roster()["previous"], self.session.name)
        answer = later.load_previous_marks()
        self.assertEqual(answer["name"], self.session.name)
        self.assertEqual(
            answer["marks"],
            [
                {"participant_id": self.people[0].id, "status": "absent"},
                {"participant_id": self.people[1].id, "status": "late"},
            ],
        )
        self.assertFalse(later.attendance_ids, "nothing is stored")

    def test_helpers_are_for_those_who_mark(self):
        self.assertTrue(self.rpc(self.manager, self.session, "load_roster"))
        for method, args in (
            ("search_guests", ["Person"]),
            ("load_previous_marks", []),
            ("save_roster", [[]]),
            ("action_mark_everybody", []),
        ):
            with self.assertRaises(AccessError, msg=method):
                self.rpc(self.other_facilitator, self.session, method, *args)

    # --- size

    def test_remarks_minutes_and_corrections_of_many_need_no_query_each(self):
        counts = []
        for size, day in ((40, 10), (400, 11)):
            people = self.env["res.partner"].create(
                [{"name": f"{size}-{n}", "is_registrant": True} for n in range(size)]
            )
            session = self.make_sessions(date(2025, 10, day), date(2025, 10, day))
            session.expected_participant_ids = people
            session = session.with_user(self.facilitator)
            codes = ["present", "absent", "late", "excused"]
            first = [self.item(person, code) for person, code in zip(people, codes * 100, strict=False)]
            second = [
                self.item(person, "late", base=code, late_minutes=number, notes=f"remark {number}")
                for number, (person, code) in enumerate(zip(people, codes * 100, strict=False))
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            session.save_roster(first, submit=True)
            session.save_roster(second)
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, f"queries for 40 and for 400 people: {counts}")

# Part of the SPP attendance suite. LGPL-3.
"""Which absences open a case, what closes it again, who gets the to-do and who may do what."""

from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.spp_integrity import with_guarded
from odoo.addons.spp_session_tracking.tests.register_common import RegisterCase


@tagged("post_install", "-at_install")
class TestFollowUp(RegisterCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.write({"flag_in_row": 3, "flag_count": 4, "flag_window": 8, "flag_same_weekday": 3})

    def course(self, *letters, person=0, step=1, first=date(2025, 10, 1)):
        """Submitted sessions in which one person is (P)resent, (A)bsent, excused (J) or absent with a reason (R).

        The others are always present, so that nothing is said about them.
        """
        sessions = self.env["spp.session"]
        absences = {"P": "present", "A": "absent", "J": "excused", "R": "absent", "L": "late"}
        for number, letter in enumerate(letters):
            session = self.make_sessions(first + timedelta(number * step), first + timedelta(number * step))
            for index, each in enumerate(self.people):
                mine = index == person
                vals = {"reason_id": self.env.ref("spp_session_tracking.attendance_reason_other").id}
                mark = self.mark(session, each, absences[letter] if mine else "present")
                if mine and letter == "R":
                    mark.write({"status_id": self.absent.id, **vals})
            session.sudo().action_submit()
            sessions |= session
        self.env.flush_all()
        return sessions

    def cases(self, person=0, **values):
        cases = self.env["spp.attendance.follow.up"].search(
            [("partner_id", "=", self.people[person].id), *((name, "=", value) for name, value in values.items())]
        )
        return cases

    def kinds(self, person=0):
        return sorted(self.cases(person, state="open").mapped("kind"))

    def mark_of(self, session, person=0):
        return session.attendance_ids.filtered(lambda mark: mark.participant_id == self.people[person])

    # --- a late status of the programme's own

    def own_late(self):
        return self.env["spp.attendance.status"].create(
            {"name": "Tardy", "code": "tardy", "kind": "late", "weight": 1, "is_attended": True}
        )

    def test_an_own_late_status_ends_a_row_of_absences(self):
        sessions = self.course("A", "A", "A")
        self.assertIn("in_row", self.kinds())
        mark = with_guarded(self.mark_of(sessions[1]), attendance_change_reason="Paper list")
        mark.status_id = self.own_late()
        self.assertEqual(self.kinds(), ["unexplained"])

    def test_own_late_arrivals_take_attendance_away_from_what_is_required(self):
        self.session_type.required_attendance_percentage = 60
        self.policy.write({"late_counting": "absences", "lates_per_absence": 1})
        sessions = self.course("P", "P", "P", "P")
        mark = with_guarded(self.mark_of(sessions[0]), attendance_change_reason="Paper list")
        mark.status_id = self.own_late()
        follow_ups = self.env["spp.attendance.follow.up"]
        october = (date(2025, 10, 1), date(2025, 10, 31))
        follow_ups._open_requirement(*october, self.people, self.session_type)
        self.assertFalse(self.kinds(), "3 of 4 are enough")
        mark = with_guarded(self.mark_of(sessions[1]), attendance_change_reason="Paper list")
        mark.status_id = self.env["spp.attendance.status"]._by_code("tardy")
        follow_ups._open_requirement(*october, self.people, self.session_type)
        self.assertEqual((self.kinds(), self.cases().rate), (["below_requirement"], 50))

    # --- unexplained absences

    def test_an_unexplained_absence_opens_one_case_that_later_ones_update(self):
        sessions = self.course("P", "A")
        case = self.cases()
        self.assertEqual((case.kind, case.state, case.absence_count), ("unexplained", "open", 1))
        self.assertEqual(case.explanation, "Absent on 10/02/2025, and nobody said why.")
        self.assertEqual((case.responsible_id, case.roster_id), (self.facilitator, self.roster))
        self.assertEqual(case.attendance_ids, self.mark_of(sessions[1]))
        self.course("P", "A", first=date(2025, 10, 3))
        self.assertEqual(self.cases(), case)
        self.assertEqual((case.absence_count, case.first_day, case.last_day), (2, date(2025, 10, 2), date(2025, 10, 4)))
        self.assertEqual(case.explanation, "Absent 2 times from 10/02/2025 to 10/04/2025, and nobody said why.")
        self.assertEqual(len(case.attendance_ids), 2)

    def test_nobody_is_flagged_for_what_was_explained(self):
        self.course("P", "J", "R", "L")
        self.assertFalse(self.cases())
        for person in (1, 2, 3):
            self.assertFalse(self.cases(person))

    def test_an_excuse_that_is_asked_for_is_not_unexplained(self):
        session = self.make_sessions()
        other = self.env.ref("spp_session_tracking.attendance_reason_other")
        mark = self.mark(session, self.people[0], "absent")
        with freeze_time("2025-10-01 00:00:00"):
            mark.with_user(self.facilitator).write({"status_id": other.status_id.id, "reason_id": other.id})
        self.assertEqual(mark.excuse_state, "requested")
        session.action_submit()
        self.assertFalse(self.cases())

    def test_corrections_close_and_open_by_themselves(self):
        session = self.course("A")
        case = self.cases()
        corrected = {"status_id": self.present.id, "correction_reason": "Paper list"}
        with freeze_time("2025-10-02 00:00:00"):
            self.rpc(self.manager, self.mark_of(session), "write", corrected)
        self.assertEqual((case.state, case.closed_by_id.id), ("done", False))
        self.mark_of(session).write({"status_id": self.absent.id})
        self.assertEqual(len(self.cases()), 2)
        self.assertEqual(self.kinds(), ["unexplained"])
        self.mark_of(session).unlink()
        self.assertEqual(self.kinds(), [])

    @freeze_time("2025-10-02 01:00:00")
    def test_an_announced_absence_closes_the_case(self):
        self.course("A")
        self.assertEqual(self.kinds(), ["unexplained"])
        self.env["spp.session.absence"].with_user(self.manager).create(
            {
                "partner_id": self.people[0].id,
                "date_from": "2025-10-01",
                "date_to": "2025-10-01",
                "reason_id": self.env.ref("spp_session_tracking.attendance_reason_family_emergency").id,
            }
        )
        self.assertEqual(self.kinds(), [])

    def test_a_hold_entered_later_closes_the_case(self):
        self.course("A")
        self.env["spp.session.roster.hold"].create(
            {
                "roster_id": self.roster.id,
                "partner_id": self.people[0].id,
                "date_from": "2025-10-01",
                "date_to": "2025-10-02",
                "reason": "Abroad",
            }
        )
        self.assertEqual(self.kinds(), [])

    # --- patterns

    def test_in_a_row(self):
        self.course("P", "A", "A")
        self.assertEqual(self.kinds(), ["unexplained"])
        self.course("A", first=date(2025, 10, 4))
        case = self.cases(kind="in_row")
        self.assertEqual(self.kinds(), ["in_row", "unexplained"])
        self.assertEqual(
            case.explanation, "Absent 3 times in a row from 10/02/2025 to 10/04/2025, and nobody said why."
        )
        self.course("P", first=date(2025, 10, 5))
        self.assertEqual((case.state, self.kinds()), ("done", ["unexplained"]))

    def test_excused_sessions_do_not_break_a_row_and_explained_absences_do(self):
        self.course("A", "J", "A", "A")
        self.assertIn("in_row", self.kinds())
        self.course("A", "R", "A", "A", person=1, first=date(2025, 11, 1))
        self.assertNotIn("in_row", self.kinds(1))

    def test_often_among_the_last(self):
        sessions = self.course(*"PAPARPAP")
        case = self.cases(kind="frequent")
        self.assertEqual((case.absence_count, case.session_count), (4, 8))
        self.assertEqual(case.explanation, "Absent in 4 of the last 8 sessions, from 10/02/2025 to 10/07/2025.")
        self.assertEqual(len(case.attendance_ids), 4)
        self.course("P", first=date(2025, 10, 9))
        self.assertEqual(case.state, "open", "the oldest absence is still among the last 8")
        self.course("P", first=date(2025, 10, 10))
        self.assertEqual(case.state, "done")
        self.assertEqual(len(sessions), 8)

    def test_always_the_same_weekday(self):
        # Wednesdays and Saturdays: absent on every Saturday
        days = [date(2025, 10, 1) + timedelta(week * 7 + shift) for week in range(3) for shift in (0, 3)]
        for day in days:
            self.course("A" if day.isoweekday() == 6 else "P", first=day)
        case = self.cases(kind="weekday")
        self.assertEqual((case.state, case.absence_count, case.session_count), ("open", 3, 6))
        self.assertEqual(
            case.explanation,
            "Absent 3 times in the last 6 sessions, always on a Saturday, from 10/04/2025 to 10/18/2025.",
        )
        self.course("A", first=date(2025, 10, 22))  # a Wednesday
        self.assertEqual(case.state, "done")

    def test_a_roster_that_meets_on_one_weekday_only_has_no_weekday_pattern(self):
        self.course("P", "A", "P", "A", "A", step=7)
        self.assertNotIn("weekday", self.kinds())

    def test_a_policy_may_flag_nothing(self):
        self.policy.write({"flag_in_row": 0, "flag_count": 0, "flag_same_weekday": 0})
        self.course(*"AAAAAA")
        self.assertEqual(self.kinds(), ["unexplained"])

    def test_session_types_are_looked_at_apart(self):
        self.course("A", "A")
        other = self.roster.copy(
            {
                "name": "Other",
                "session_type_id": self.env["spp.session.type"].create({"name": "Other"}).id,
                "membership_ids": [Command.create({"partner_id": self.people[0].id, "date_from": "2025-10-01"})],
            }
        )
        other.generate_sessions(date(2025, 10, 3), date(2025, 10, 3), 6.0, 8.0).action_submit()
        self.assertEqual(self.kinds(), ["unexplained", "unexplained"])

    # --- what a person decided

    def test_what_was_settled_stays_settled_until_there_is_something_new(self):
        sessions = self.course("A", "A", "A")
        cases = self.cases(state="open")
        self.assertEqual(self.kinds(), ["in_row", "unexplained"])
        self.rpc(self.facilitator, cases, "action_done", "The mother was ill")
        self.assertEqual(set(cases.mapped("closed_by_id.id")), {self.facilitator.id})
        self.env["spp.attendance.follow.up"]._refresh(self.people, self.session_type)
        self.mark_of(sessions[0]).write({"notes": "x"})
        self.assertEqual(self.kinds(), [])
        self.course("A", first=date(2025, 10, 4))
        self.assertEqual(self.kinds(), ["frequent", "in_row", "unexplained"])
        self.assertEqual(self.cases(state="open", kind="unexplained").absence_count, 1, "the new one only")
        self.assertEqual(self.cases(state="open", kind="in_row").absence_count, 4)

    def test_an_older_register_that_comes_in_late_is_something_new(self):
        self.course("A", first=date(2025, 10, 5))
        self.cases().action_dismiss()
        self.course("A", first=date(2025, 10, 1))
        self.assertEqual(self.cases(state="open").last_day, date(2025, 10, 1))

    def test_opening_again(self):
        self.course("A")
        case = self.cases()
        self.rpc(self.facilitator, case, "action_dismiss", "A misunderstanding")
        self.assertEqual((case.state, case.note), ("dismissed", "A misunderstanding"))
        self.rpc(self.facilitator, case, "action_reopen")
        self.assertEqual((case.state, case.closed_by_id.id), ("open", False))
        self.rpc(self.facilitator, case, "action_dismiss")
        self.course("A", first=date(2025, 10, 9))
        with self.assertRaisesRegex(UserError, "Another case of this kind is open"):
            self.rpc(self.facilitator, case, "action_reopen")

    def test_a_clerk_of_another_area_is_told_no_name(self):
        """Who is responsible for a case may decide on it, whatever area its person lives in, and reads no names there."""
        self.course("A")
        case = self.cases()
        self.rpc(self.facilitator, case, "action_dismiss")
        self.course("A", first=date(2025, 10, 9))
        person = case.partner_id
        north, south = self.env["spp.area"].create([{"draft_name": "North"}, {"draft_name": "South"}])
        person.area_id = north
        for area, shown in ((north, person.display_name), (south, f"Contact number {person.id}")):
            self.facilitator.center_area_ids = area
            with self.assertRaises(UserError) as caught:
                self.rpc(self.facilitator, case, "action_reopen")
            self.assertEqual(
                str(caught.exception), f"Another case of this kind is open for {shown}: go on with that one."
            )
        self.assertRefused(self.facilitator, person, "read", ["name"])

    @freeze_time("2025-10-01 12:00:00")
    def test_opening_again_what_has_no_cause_any_more(self):
        self.course("A")
        case = self.cases()
        self.rpc(self.facilitator, case, "action_dismiss")
        case.attendance_ids.with_user(self.manager).status_id = self.env["spp.attendance.status"]._by_kind("present")
        self.rpc(self.facilitator, case, "action_reopen")
        self.assertEqual(case.state, "done")

    def test_who_has_a_case_is_not_deleted(self):
        self.course("A")
        model_and_field = ("spp.attendance.follow.up", "partner_id")
        self.assertIn(model_and_field, self.env["res.partner"]._session_records())
        self.assertTrue(self.people[0]._first_used_in(*model_and_field))

    # --- to-dos

    def run_cron(self, moment, name="make_follow_up_activities"):
        self.env.flush_all()
        with self.enter_registry_test_mode(), freeze_time(moment):
            self.env.ref(f"spp_attendance_follow_up.ir_cron_{name}").method_direct_trigger()
        self.env.invalidate_all()

    def test_one_to_do_per_case_for_who_is_responsible(self):
        session = self.course("A")
        case = self.cases()
        self.run_cron("2025-10-02 03:00:00")
        self.run_cron("2025-10-03 03:00:00")
        activity = case.activity_ids
        self.assertEqual((len(activity), activity.user_id), (1, self.facilitator))
        self.assertIn("nobody said why", activity.note)
        self.mark_of(session).write({"status_id": self.present.id})
        self.assertFalse(case.activity_ids, "its cause is gone")

    def test_the_to_do_is_done_with_the_case_and_moves_with_the_responsibility(self):
        self.course("A")
        case = self.cases()
        self.run_cron("2025-10-02 03:00:00")
        self.rpc(self.manager, case, "write", {"responsible_id": self.other_facilitator.id})
        self.assertEqual(case.activity_ids.user_id, self.other_facilitator)
        self.rpc(self.other_facilitator, case, "action_done", "Talked to her")
        self.assertFalse(case.activity_ids)
        done = (
            self.env["mail.activity"]
            .with_context(active_test=False)
            .search([("res_model", "=", case._name), ("res_id", "=", case.id)])
        )
        self.assertEqual((done.active, done.feedback), (False, "Talked to her"))

    def test_no_to_do_about_absences_of_long_ago(self):
        self.course("A")
        self.run_cron("2025-11-15 03:00:00")
        self.assertFalse(self.cases().activity_ids)
        self.assertEqual(self.cases().state, "open")

    def test_the_cron_looks_again_at_what_nothing_told_it(self):
        self.course("A", "A", "A")
        self.assertIn("in_row", self.kinds())
        self.policy.flag_in_row = 5
        self.run_cron("2025-10-04 03:00:00", "refresh_follow_ups")
        self.assertNotIn("in_row", self.kinds())

    # --- roles

    def test_who_may_do_what(self):
        self.course("A")
        case = self.cases()
        for user in (self.viewer, self.other_facilitator, self.facilitator, self.manager):
            self.assertEqual(case.with_user(user).kind, "unexplained")
        for user in (self.viewer, self.other_facilitator):
            for method in ("action_done", "action_dismiss", "action_reopen"):
                with self.assertRaises(AccessError):
                    self.rpc(user, case, method)
            with self.assertRaises(AccessError):
                self.rpc(user, case, "write", {"note": "x"})
        for user in (self.facilitator, self.manager):
            self.rpc(user, case, "write", {"note": "Called twice"})
            for vals in ({"state": "done"}, {"absence_count": 9}, {"attendance_ids": [(5,)]}, {"kind": "in_row"}):
                with self.assertRaises(AccessError):
                    self.rpc(user, case, "write", vals)
            with self.assertRaises(AccessError):
                self.rpc(user, case, "unlink")
            with self.assertRaises(AccessError):
                self.rpc(
                    user,
                    case,
                    "create",
                    {"partner_id": self.people[1].id, "session_type_id": self.session_type.id, "kind": "in_row"},
                )
        self.rpc(self.manager, case, "action_done")
        self.assertEqual(case.closed_by_id, self.manager)

    def test_other_areas_are_not_seen(self):
        self.course("A")
        here, elsewhere = self.env["spp.area"].create([{"draft_name": "Here"}, {"draft_name": "Elsewhere"}])
        self.people[0].area_id = here
        self.viewer.center_area_ids = elsewhere
        follow_ups = self.env["spp.attendance.follow.up"].with_user(self.viewer)
        self.assertFalse(follow_ups.search([("partner_id", "=", self.people[0].id)]))
        self.viewer.center_area_ids = here
        self.assertTrue(follow_ups.search([("partner_id", "=", self.people[0].id)]))

    # --- size

    def test_submitting_needs_a_fixed_number_of_queries(self):
        counts = {}
        for size in (40, 400):
            people = self.env["res.partner"].create([{"name": f"P{n}", "is_registrant": True} for n in range(size)])
            roster = self.roster.copy(
                {
                    "name": f"Roster of {size}",
                    "membership_ids": [
                        Command.create({"partner_id": person.id, "date_from": "2025-10-01"}) for person in people
                    ],
                }
            )
            sessions = roster.generate_sessions(date(2025, 10, 1), date(2025, 10, 4), 6.0, 8.0).sorted("date")
            for session in sessions[:2]:
                session.action_submit()
            for name, session in (("opening", sessions[2]), ("updating", sessions[3])):
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.cr.sql_log_count
                session.action_submit()
                self.env.flush_all()
                counts[size, name] = self.cr.sql_log_count - before
            cases = self.env["spp.attendance.follow.up"].search([("partner_id", "in", people.ids)])
            self.assertEqual(len(cases.filtered(lambda case: case.kind == "in_row")), size)
            # correcting the newest register closes all of them
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            sessions[3].attendance_ids.write({"status_id": self.present.id})
            self.env.flush_all()
            counts[size, "closing"] = self.cr.sql_log_count - before
            self.assertEqual({case.state for case in cases if case.kind == "in_row"}, {"done"})
        for name in ("opening", "updating", "closing"):
            # rows are inserted a hundred at a time
            self.assertLessEqual(counts[400, name], counts[40, name] + 16, counts)

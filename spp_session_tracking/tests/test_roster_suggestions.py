# Part of the SPP attendance suite. LGPL-3.
"""What a register suggests for each person, from what is known of earlier sessions and announced absences."""

from datetime import date

from odoo.tests import tagged

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestRosterSuggestions(SessionTrackingCase):
    def setUp(self):
        super().setUp()
        self.own_policy = self.env["spp.session.policy"].create({"name": "Class"})
        self.roster.policy_id = self.own_policy
        *self.earlier, self.session = self.make_sessions(date(2025, 10, 1), date(2025, 10, 5)).sorted("date")
        self.medical = self.env.ref("spp_session_tracking.attendance_reason_medical")

    def take(self, session, *codes):
        statuses = self.env["spp.attendance.status"]
        self.env["spp.session.attendance"].create(
            [
                {"session_id": session.id, "participant_id": person.id, "status_id": statuses._by_code(code).id}
                for person, code in zip(self.people, codes, strict=True)
            ]
        )
        session._submit()

    def announce(self, person, **values):
        return self.env["spp.session.absence"].create(
            {
                "partner_id": person.id,
                "date_from": "2025-10-05",
                "date_to": "2025-10-05",
                "reason_id": self.medical.id,
                **values,
            }
        )

    def suggestions(self, user=None):
        rows = self.session.with_user(user or self.facilitator).load_roster()["rows"]
        by_person = {row["participant_id"]: (row["suggestion"], row["why"]) for row in rows}
        return [by_person[person.id] for person in self.people]

    def test_the_nearest_knowledge_wins(self):
        for session in self.earlier[1:]:
            self.take(session, "absent", "absent", "absent", "present")
        self.announce(self.people[0])
        self.hold(self.people[0], "2025-10-05", "2025-10-05")
        self.hold(self.people[1], "2025-10-05", "2025-10-05")
        self.assertEqual(
            self.suggestions(),
            [
                ("medical", "announced: Medical"),
                ("on_hold", "on hold"),
                ("absent", "away 3 times in a row"),
                ("present", ""),
            ],
        )

    def test_only_accepted_announcements_for_this_kind_of_session(self):
        other_type = self.env["spp.session.type"].create({"name": "Workshop"})
        self.announce(self.people[0], session_type_id=other_type.id)
        self.announce(self.people[1], date_from="2025-10-04", date_to="2025-10-04")
        self.announce(self.people[2]).action_withdraw()
        self.announce(self.people[3], session_type_id=self.session_type.id)
        self.assertEqual([code for code, _why in self.suggestions()], ["present", "present", "present", "medical"])

    def test_an_absence_that_is_not_decided_suggests_nothing_but_is_said(self):
        other = self.env.ref("spp_session_tracking.attendance_reason_other")
        absence = (
            self.env["spp.session.absence"]
            .with_user(self.facilitator)
            .create(
                {
                    "partner_id": self.people[0].id,
                    "date_from": "2025-10-05",
                    "date_to": "2025-10-05",
                    "reason_id": other.id,
                }
            )
        )
        session = self.session.with_user(self.facilitator)
        rows = {row["participant_id"]: row for row in session.load_roster()["rows"]}
        asked = [rows[person.id]["asked_absence"] for person in self.people]
        self.assertEqual(asked, ["absence announced, not decided yet: Other", False, False, False])
        self.assertEqual(rows[self.people[0].id]["suggestion"], "present")
        absence.sudo().action_accept()
        rows = {row["participant_id"]: row for row in session.load_roster()["rows"]}
        row = rows[self.people[0].id]
        self.assertEqual((row["asked_absence"], row["suggestion"], row["why"]), (False, "excused", "announced: Other"))

    def test_a_continuing_absence_is_one_of_the_last_sessions_in_a_row(self):
        first, second, third, fourth = self.earlier
        self.take(first, "absent", "absent", "present", "absent")
        self.take(second, "absent", "late", "absent", "on_hold")
        self.take(third, "excused", "absent", "absent", "absent")
        # the fourth register is not submitted, so it says nothing
        self.env["spp.session.attendance"].create(
            {"session_id": fourth.id, "participant_id": self.people[0].id, "status_id": self.present.id}
        )
        self.assertEqual([code for code, _why in self.suggestions()], ["absent", "present", "present", "present"])
        self.own_policy.continuing_absence_after = 2
        self.assertEqual([code for code, _why in self.suggestions()], ["absent", "present", "absent", "present"])
        self.own_policy.continuing_absence_after = 0
        self.assertEqual([code for code, _why in self.suggestions()], ["present"] * 4)

    def test_too_few_sessions_are_no_pattern(self):
        self.take(self.earlier[3], "absent", "absent", "absent", "absent")
        self.assertEqual([code for code, _why in self.suggestions()], ["present"] * 4)

    def test_terminals_speak_for_their_sessions_but_not_for_announced_absences(self):
        for session in self.earlier[1:]:
            self.take(session, "absent", "absent", "absent", "present")
        self.own_policy.auto_submit = True
        self.announce(self.people[1])
        self.assertEqual([code for code, _why in self.suggestions()], [False, "medical", False, False])

    def test_what_is_submitted_unchanged_is_what_was_suggested(self):
        self.announce(self.people[0])
        self.hold(self.people[1], "2025-10-05", "2025-10-05")
        session = self.session.with_user(self.facilitator)
        rows = session.load_roster()["rows"]
        marks = [
            {
                "participant_id": row["participant_id"],
                "status": row["suggestion"],
                "base": False,
                "reason_id": row["suggested_reason_id"],
            }
            for row in rows
        ]
        session.save_roster(marks, submit=True)
        codes = {mark.participant_id: mark.status_id.code for mark in self.session.attendance_ids}
        self.assertEqual([codes[person] for person in self.people], ["medical", "on_hold", "present", "present"])
        medical = self.session.attendance_ids.filtered(lambda mark: mark.participant_id == self.people[0])
        self.assertEqual(
            (medical.excuse_state, medical.certificate_state, medical.is_announced), ("granted", "pending", False)
        )

    def test_joiners_and_leavers_are_right_for_the_date(self):
        self.roster.membership_ids.filtered(lambda line: line.partner_id == self.people[0]).date_to = "2025-10-04"
        newcomer = self.env["res.partner"].create({"name": "Newcomer", "is_registrant": True})
        self.env["spp.session.roster.membership"].create(
            {"roster_id": self.roster.id, "partner_id": newcomer.id, "date_from": "2025-10-05"}
        )
        rows = self.session.with_user(self.facilitator).load_roster()["rows"]
        self.assertEqual([row["name"] for row in rows], ["Newcomer", "Person 2", "Person 3", "Person 4"])

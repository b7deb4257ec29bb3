# Part of the SPP attendance suite. LGPL-3.
"""The view of facts is open to other addons, and counts late arrivals only where they count."""

from decimal import Decimal
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestAttendanceFact(SessionTrackingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.write({"auto_submit": False, "late_counting": "absences", "lates_per_absence": 1})

    def submit(self, *marks):
        session = self.make_sessions()
        self.env["spp.session.attendance"].create(
            [
                {"session_id": session.id, "participant_id": person.id, "status_id": status.id}
                for person, status in zip(self.people, marks, strict=False)
            ]
        )
        session.action_submit()
        return session

    def test_another_addon_adds_columns_and_conditions(self):
        facts, model = self.env["spp.attendance.fact"], self.registry["spp.attendance.fact"]
        select, where, source = model._fact_select, model._fact_where, model._fact_from
        self.submit(self.present, self.late)
        with (
            patch.object(
                model, "_fact_select", lambda fact: select(fact) | {"facilitator_id": SQL("session.facilitator_id")}
            ),
            patch.object(
                model,
                "_fact_from",
                lambda fact: SQL("%s JOIN res_partner person ON person.id = mark.participant_id", source(fact)),
            ),
            patch.object(model, "_fact_where", lambda fact: [*where(fact), SQL("person.name <> 'Person 2'")]),
        ):
            facts.init()
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id, facilitator_id FROM spp_attendance_fact WHERE partner_id = ANY(%s) ORDER BY partner_id",
                self.people.ids,
            )
        )
        self.assertEqual(rows, [(person.id, self.facilitator.id) for person in self.people - self.people[1]])
        counts = self.env["spp.attendance.statistics"].counts(self.people)
        self.assertEqual([counts[person.id]["sessions"] for person in self.people], [1, 0, 1, 1])
        self.assertFalse(self.env["spp.attendance.late.counter"].search([("partner_id", "=", self.people[1].id)]))

    def test_what_a_fact_says(self):
        session = self.submit(self.present, self.late, self.absent)
        facts = self.env["spp.attendance.fact"].search([("session_id", "=", session.id)])
        self.assertEqual(
            [
                (fact.is_late, fact.is_absent, fact.is_counted, fact.lates_per_absence)
                for fact in facts.sorted(lambda fact: fact.partner_id.id)
            ],
            [(False, False, True, 0), (True, False, True, 1), *[(False, True, True, 0)] * 2],
        )

    def test_a_late_arrival_that_does_not_count_takes_nothing_away(self):
        self.late.write({"is_in_denominator": False})
        first = self.submit(self.late)
        second = self.roster.generate_sessions("2025-10-02", "2025-10-02", 6.0, 8.0)
        self.env["spp.session.attendance"].create(
            {"session_id": second.id, "participant_id": self.people[0].id, "status_id": self.present.id}
        )
        second.action_submit()
        self.assertTrue(first.submitted_at)
        counts = self.env["spp.attendance.statistics"].counts(self.people[0])[self.people[0].id]
        self.assertEqual((counts["weight"], counts["counted"], counts["deducted"]), (Decimal(1), 1, 0))

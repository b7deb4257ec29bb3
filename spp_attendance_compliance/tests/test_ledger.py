# Part of the SPP attendance suite. LGPL-3.
"""Submitted registers become facts of the ledger, once each, and corrections change or cancel these."""

from datetime import date, datetime

from odoo.tests import tagged

from .common import AttendanceComplianceCase


@tagged("post_install", "-at_install")
class TestLedger(AttendanceComplianceCase):
    def facts(self, person):
        return self.env["spp.event.attendance"].search([("partner_id", "=", person.id)], order="attendance_date")

    def test_submission_fills_the_ledger(self):
        person = self.people[0]
        mark = self.attend(person, 1, "late")
        mark.attendance_time = datetime(2025, 9, 30, 23, 14)
        self.assertFalse(self.facts(person), "marks of open registers are no facts yet")
        self.sessions[0].action_submit()
        fact = self.facts(person)
        self.assertEqual(fact.attendance_date, date(2025, 10, 1), "the local day, not the UTC day")
        self.assertEqual(fact.attendance_datetime, datetime(2025, 9, 30, 23, 14))
        self.assertAlmostEqual(fact.attendance_time, 6 + 14 / 60, places=4)
        self.assertEqual((fact.type_id.name, fact.location_id.name), ("Health Session", "North"))
        self.assertEqual((fact.weight, fact.is_attended, fact.is_in_denominator), (1.0, True, True))
        absent = self.facts(self.people[1])
        self.assertEqual((absent.weight, absent.is_attended, absent.is_in_denominator), (0.0, False, True))

    def test_correction_updates_the_same_fact(self):
        self.sessions[0].action_submit()
        fact = self.facts(self.people[0])
        self.sessions[0].attendance_ids.filtered(
            lambda mark: mark.participant_id == self.people[0]
        ).status_id = self.env["spp.attendance.status"]._by_code("excused")
        self.assertEqual(self.facts(self.people[0]), fact)
        self.assertFalse(fact.is_in_denominator)

    def test_leaving_the_roster_afterwards_takes_facts_out_of_the_denominator(self):
        person = self.people[0]
        self.sessions[0].action_submit()
        fact = self.facts(person)
        self.assertTrue(fact.is_in_denominator)
        hold = self.env["spp.session.roster.hold"].create(
            {
                "roster_id": self.roster.id,
                "partner_id": person.id,
                "date_from": "2025-10-01",
                "date_to": "2025-10-01",
                "reason": "Abroad",
            }
        )
        self.assertFalse(fact.is_in_denominator)
        hold.unlink()
        self.assertTrue(fact.is_in_denominator)

    def test_deleted_mark_is_cancelled_not_deleted(self):
        self.sessions[0].action_submit()
        fact = self.facts(self.people[0])
        self.sessions[0].attendance_ids.filtered(lambda mark: mark.participant_id == self.people[0]).unlink()
        self.assertEqual(fact.exists().state, "cancelled")
        self.assertEqual(self.facts(self.people[1]).state, "active")

    def test_syncing_twice_changes_nothing(self):
        self.sessions.action_submit()
        self.assertFalse(self.env["spp.event.attendance"]._sync_sessions(self.sessions))

    def test_types_and_locations_are_offered_before_the_first_fact(self):
        names = self.env["spp.event.attendance.type"].search([]).mapped("name")
        self.assertIn("Health Session", names)
        self.assertIn("Training Session", names, "types that existed before this addon are offered too")
        self.assertIn("North", self.env["spp.event.attendance.location"].search([]).mapped("name"))

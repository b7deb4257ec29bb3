# Part of the SPP attendance suite. LGPL-3.
"""Memberships created by SQL are as complete, checked and counted as those of the ORM."""

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import ProgramsCase


@tagged("post_install", "-at_install")
class TestBulkMemberships(ProgramsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.crowd = cls.make_people(*(f"Person {number}" for number in range(250)))
        cls.cycle = cls._cycle()

    def _program_vals(self, partners, **vals):
        return [{"partner_id": partner.id, "program_id": self.program.id, **vals} for partner in partners]

    def _cycle_vals(self, partners, **vals):
        return [{"partner_id": partner.id, "cycle_id": self.cycle.id, **vals} for partner in partners]

    def test_rows_are_complete(self):
        memberships = self.env["spp.program.membership"].bulk_create_memberships(
            self._program_vals(self.amina, state="enrolled") + self._program_vals(self.bilal)
        )
        self.assertEqual(memberships.mapped("state"), ["enrolled", "draft"])
        self.assertTrue(memberships[0].enrollment_date)
        self.assertFalse(memberships[1].enrollment_date)
        self.assertEqual(memberships.create_uid, self.env.user)
        self.assertEqual(memberships[0].name, "Amina")

        dated = self.env["spp.cycle.membership"].bulk_create_memberships(
            self._cycle_vals(self.amina, enrollment_date="2025-10-02") + self._cycle_vals(self.bilal)
        )
        self.assertEqual(dated[0].enrollment_date, fields.Date.to_date("2025-10-02"))
        self.assertEqual(dated[1].enrollment_date, self.today)

    def test_counters_follow(self):
        self.assertEqual((self.cycle.members_count, self.program.beneficiaries_count), (0, 0))
        self.env["spp.cycle.membership"].bulk_create_memberships(self._cycle_vals(self.crowd, state="enrolled"))
        self.env["spp.program.membership"].bulk_create_memberships(self._program_vals(self.crowd))
        self.assertEqual((self.cycle.members_count, self.program.beneficiaries_count), (250, 250))
        self.assertEqual(len(self.cycle.cycle_membership_ids), 250)

    def test_duplicates(self):
        memberships = self.env["spp.cycle.membership"]
        memberships.bulk_create_memberships(self._cycle_vals(self.amina, state="paused"))
        added = memberships.bulk_create_memberships(
            self._cycle_vals(self.people + self.chen, state="enrolled"), skip_duplicates=True
        )
        self.assertEqual(added, 2)
        self.assertEqual(self.amina.cycle_ids.state, "paused", "who is a member stays as he is")
        with self.assertRaises(ValidationError):
            memberships.bulk_create_memberships(self._cycle_vals(self.people))

    def test_bad_values_are_refused(self):
        memberships = self.env["spp.cycle.membership"]
        for vals in ({"state": "happy"}, {"cycle_id": False}, {"create_uid": 1}):
            with self.assertRaises(ValidationError):
                memberships.bulk_create_memberships(self._cycle_vals(self.amina, **vals))
        self.assertEqual(memberships.bulk_create_memberships([], skip_duplicates=True), 0)

    def test_access_is_that_of_create(self):
        viewer, officer = self._role("viewer"), self._role("officer")
        memberships = self.env["spp.cycle.membership"]
        with self.assertRaises(AccessError):
            memberships.with_user(viewer).bulk_create_memberships(self._cycle_vals(self.amina))
        memberships.with_user(officer).bulk_create_memberships(self._cycle_vals(self.amina))
        self.assertEqual(self.amina.cycle_ids.create_uid, officer)

    def test_record_rules_hold(self):
        officer = self._role("officer")
        home, away = self.env["spp.area"].create([{"draft_name": "Home"}, {"draft_name": "Away"}])
        self.amina.area_id, self.bilal.area_id = home, away
        officer.center_area_ids = home
        memberships = self.env["spp.cycle.membership"].with_user(officer)
        memberships.bulk_create_memberships(self._cycle_vals(self.amina))
        with self.assertRaises(AccessError):
            memberships.bulk_create_memberships(self._cycle_vals(self.bilal))

    def test_query_count_does_not_grow_with_the_crowd(self):
        def add(partners):
            return self._count_queries(
                memberships.bulk_create_memberships, self._cycle_vals(partners), skip_duplicates=True
            )

        memberships = self.env["spp.cycle.membership"].with_user(self._role("officer"))
        add(self.crowd[:1])
        few, many = add(self.crowd[1:11]), add(self.crowd[11:])
        self.assertEqual(len(self.cycle.cycle_membership_ids), 250)
        self.assertEqual(many, few)
        self.assertLess(many, 10)

    def test_one_statement_per_chunk(self):
        def add(partners):
            return self._count_queries(
                memberships.bulk_create_memberships, self._cycle_vals(partners), 100, skip_duplicates=True
            )

        memberships = self.env["spp.cycle.membership"]
        add(self.crowd[:1])
        self.assertEqual(add(self.crowd[1:250]) - add(self.people), 2, "three chunks take two more than one")

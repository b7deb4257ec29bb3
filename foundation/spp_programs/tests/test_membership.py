# Part of the SPP attendance suite. LGPL-3.
"""Memberships of programs and cycles are unique, keep their dates, and go only while nothing was approved."""

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ProgramsCase


@tagged("post_install", "-at_install")
class TestMembership(ProgramsCase):
    def test_membership_shows_its_registrant(self):
        membership = self._enroll(self.amina)
        self.assertEqual(membership.name, "Amina")
        self.assertEqual(membership.registrant_id, self.amina.id)
        self.assertEqual(membership.display_name, "[School Stipend] Amina")
        self.assertEqual(self.amina.program_membership_ids, membership)

    def test_membership_writes_nothing_to_the_registrant(self):
        writes = []
        partner_class = type(self.env["res.partner"])
        self.patch(partner_class, "write", lambda partner, vals: writes.append(vals))
        self._enroll(self.people)
        self.assertEqual(writes, [])

    def test_state_flow(self):
        membership = self._enroll(self.amina, "draft")
        self.assertFalse(membership.enrollment_date)
        for action in ("action_pause", "action_resume", "action_exit", "back_to_draft"):
            with self.assertRaises(UserError):
                getattr(membership, action)()
        membership.enroll_eligible_registrants()
        self.assertEqual(membership.state, "enrolled")
        membership.action_pause()
        with self.assertRaises(UserError):
            membership.action_pause()
        membership.action_resume()
        membership.action_exit()
        self.assertEqual(membership.state, "exited")
        self.assertEqual(membership.exit_date, self.today)
        membership.enroll_eligible_registrants()
        self.assertEqual(membership.state, "exited", "eligibility does not bring back who has left")
        membership.state = "duplicated"
        membership.back_to_draft()
        self.assertEqual(membership.state, "draft")

    def test_enrolment_date_is_that_of_the_first_enrolment(self):
        with freeze_time("2025-03-01 08:00:00"):
            membership = self._enroll(self.amina)
            membership.flush_recordset()
        self.assertEqual(membership.enrollment_date, fields.Datetime.to_datetime("2025-03-01 08:00:00"))
        membership.action_pause()
        self.env.invalidate_all()
        membership.action_resume()
        self.env.invalidate_all()
        self.assertEqual(membership.enrollment_date, fields.Datetime.to_datetime("2025-03-01 08:00:00"))

    def test_membership_is_unique(self):
        self._enroll(self.amina)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self._enroll(self.amina)

    def test_latest_cycle_state(self):
        membership, other = self._enroll(self.amina), self._enroll(self.bilal)
        for name, state in (("One", "enrolled"), ("Two", "non_compliant")):
            self._cycle(name, cycle_membership_ids=[(0, 0, {"partner_id": self.amina.id, "state": state})])
        self.assertEqual(membership.latest_cycle_state, "non_compliant")
        self.assertFalse(other.latest_cycle_state)

    def test_cycle_membership_is_unique(self):
        cycle = self._cycle(cycle_membership_ids=[(0, 0, {"partner_id": self.amina.id})])
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env["spp.cycle.membership"].create({"partner_id": self.amina.id, "cycle_id": cycle.id})

    def test_removal_from_a_draft_cycle_takes_the_draft_entitlement_along(self):
        self._enroll(self.people)
        self._set_amount(50)
        cycle = self._cycle()
        cycle.copy_beneficiaries_from_program()
        cycle.prepare_entitlement()
        cycle.cycle_membership_ids.filtered(lambda m: m.partner_id == self.amina).unlink()
        self.assertEqual(cycle.entitlement_ids.partner_id, self.bilal + self.chen)
        cycle.state = "to_approve"
        with self.assertRaises(ValidationError):
            cycle.cycle_membership_ids[0].unlink()

    def test_removal_is_refused_once_something_was_approved(self):
        self._enroll(self.amina)
        cycle = self._cycle()
        cycle.copy_beneficiaries_from_program()
        self.env["spp.entitlement"].create(
            {"partner_id": self.amina.id, "cycle_id": cycle.id, "initial_amount": 1, "state": "approved"}
        )
        with self.assertRaises(ValidationError):
            cycle.cycle_membership_ids.unlink()

    def test_partner_counters(self):
        self._enroll(self.amina)
        self._set_amount(50)
        self._cycle("One", cycle_membership_ids=[(0, 0, {"partner_id": self.amina.id, "state": "non_compliant"})])
        two = self._cycle("Two", cycle_membership_ids=[(0, 0, {"partner_id": self.amina.id, "state": "enrolled"})])
        two.prepare_entitlement()
        amina, bilal = self.amina, self.bilal
        self.assertEqual((amina.program_membership_count, bilal.program_membership_count), (1, 0))
        self.assertEqual((amina.cycle_membership_count, amina.non_compliant_cycle_count), (2, 1))
        self.assertEqual((amina.entitlements_count, amina.total_entitlements_count), (1, 1))
        outsider = self.make_user("prg_outsider")
        self.assertEqual(amina.with_user(outsider).program_membership_count, 0)

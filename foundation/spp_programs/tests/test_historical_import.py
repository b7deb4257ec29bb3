# Part of the SPP attendance suite. LGPL-3.
"""Cycles that lie in the past are loaded by administrators who ask for it, and by nobody else."""

from datetime import date

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import ProgramsCase

IMPORT = {"spp_historical_import": True}


@tagged("post_install", "-at_install")
class TestHistoricalImport(ProgramsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.make_user("prg_admin", "spp_security.group_spp_admin")
        cls.manager = cls._role("manager")
        cls.past = {
            "name": "Long ago",
            "program_id": cls.program.id,
            "start_date": "2020-10-01",
            "end_date": "2020-10-31",
        }

    def test_administrator_may_load_the_past(self):
        cycle = self.rpc_create(self.admin, "spp.cycle", self.past, context=IMPORT)
        self.assertEqual(str(cycle.start_date), "2020-10-01")
        self.rpc(self.admin, cycle, "write", {"start_date": "2020-09-30"}, context=IMPORT)
        self.assertEqual(str(cycle.start_date), "2020-09-30")

    def test_administrator_has_to_ask_for_it(self):
        with self.assertRaises(ValidationError):
            self.rpc_create(self.admin, "spp.cycle", self.past)

    def test_the_same_key_does_nothing_for_a_manager(self):
        with self.assertRaises(ValidationError):
            self.rpc_create(self.manager, "spp.cycle", self.past, context=IMPORT)
        cycle = self._cycle()
        with self.assertRaises(ValidationError):
            self.rpc(self.manager, cycle, "write", {"start_date": "2020-10-01"}, context=IMPORT)
        self.assertEqual(cycle.start_date, self.today)

    def test_no_way_round_through_a_program(self):
        self.env["spp.cycle"].with_context(**IMPORT).create(self.past)
        action = self.rpc(self.manager, self.program, "create_new_cycle", context=IMPORT)
        self.assertGreaterEqual(self.env["spp.cycle"].browse(action["res_id"]).start_date, self.today)
        with self.assertRaises(ValidationError):
            self.program.cycle_manager_ids.manager_ref_id.with_user(self.manager).with_context(**IMPORT).new_cycle(
                "Sneaky", date(2020, 11, 1), 9
            )

    def test_the_period_still_has_to_make_sense(self):
        backwards = {**self.past, "end_date": "2020-09-01"}
        with self.assertRaises(ValidationError):
            self.rpc_create(self.admin, "spp.cycle", backwards, context=IMPORT)

    def test_a_past_cycle_runs_its_whole_life(self):
        self._enroll(self.people)
        self._set_amount(30000)
        cycle = self.env["spp.cycle"].with_context(**IMPORT).create(self.past).with_context(spp_historical_import=False)
        cycle.copy_beneficiaries_from_program()
        cycle.prepare_entitlement()
        cycle.action_submit_for_approval()
        cycle.action_approve()
        cycle.validate_entitlement()
        cycle.mark_ended()
        self.assertEqual(cycle.state, "ended")
        self.assertEqual(set(cycle.entitlement_ids.mapped("state")), {"approved"})

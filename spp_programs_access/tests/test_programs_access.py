# Part of the SPP attendance suite. LGPL-3.
"""Programs, what hangs on them and service points are seen and changed in the user's companies and areas only."""

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.spp_registry_access.tests.common import AccessCase


@tagged("post_install", "-at_install")
class TestProgramsAccess(AccessCase):
    """A program in each of two companies, with people of two areas."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2025-10-06 08:00:00"))
        cls.programs = cls.env["spp.program"].create(
            [
                {"name": f"Stipend of {company.name}", "target_type": "individual", "company_id": company.id}
                for company in (cls.ours, cls.theirs)
            ]
        )
        cls.cycles = cls.env["spp.cycle"].create(
            [
                {"name": "October", "program_id": program.id, "company_id": program.company_id.id}
                | {"start_date": "2025-10-06", "end_date": "2025-11-06"}
                for program in cls.programs
            ]
        )
        ours, theirs = cls.programs
        october, october_there = cls.cycles
        places = ((cls.amina, ours, october), (cls.bilal, ours, october), (cls.chen, theirs, october_there))
        cls.memberships = cls.env["spp.program.membership"].create(
            [{"partner_id": person.id, "program_id": program.id} for person, program, _cycle in places]
        )
        cls.cycle_memberships = cls.env["spp.cycle.membership"].create(
            [{"partner_id": person.id, "cycle_id": cycle.id} for person, _program, cycle in places]
        )
        cls.entitlements = cls.env["spp.entitlement"].create(
            [
                {"partner_id": person.id, "cycle_id": cycle.id, "initial_amount": 10}
                | {"company_id": program.company_id.id}
                for person, program, cycle in places
            ]
        )
        rice = cls.env["product.product"].create({"name": "Rice"})
        cls.inkind = cls.env["spp.entitlement.inkind"].create(
            [
                {"partner_id": person.id, "cycle_id": cycle.id, "product_id": rice.id, "quantity": 1}
                | {"company_id": program.company_id.id, "uom_id": rice.uom_id.id}
                for person, program, cycle in places
            ]
        )
        cls.manager = cls.user("programs_manager", "spp_programs.group_programs_manager")
        cls.viewer = cls.user("programs_viewer", "spp_programs.group_programs_viewer")
        cls.northern = cls.user("programs_north", "spp_programs.group_programs_manager", areas=cls.north)
        cls.registrar = cls.user("programs_registry", "spp_registry.group_registry_viewer")

    def test_who_sees_people_of_programs(self):
        for records in (self.memberships, self.cycle_memberships, self.entitlements, self.inkind):
            for user in (self.manager, self.viewer, self.registrar):
                self.assertSees(user, records[:2], records[2:])
            self.assertSees(self.northern, records[0], records[1:])

    def test_who_sees_programs_and_their_managers(self):
        for user in (self.manager, self.viewer, self.northern):
            self.assertSees(user, self.programs[0], self.programs[1])
            self.assertSees(user, self.cycles[0], self.cycles[1])

    def test_managers_of_every_kind(self):
        """All models that do something for a program, found in the registry."""
        kinds = [
            name
            for name in self.env.registry.descendants(["spp.manager.mixin", "spp.manager.source.mixin"], "_inherit")
            if not self.env.registry[name]._abstract
        ]
        self.assertGreater(len(kinds), 10)
        program_fields = [self.env[name]._fields.get("program_id") for name in kinds]
        self.assertTrue(all(program_fields))
        kept = self.programs[0].cycle_manager_ids.manager_ref_id
        hidden = self.programs[1].cycle_manager_ids.manager_ref_id
        self.assertTrue(kept and hidden)
        self.assertSees(self.manager, kept, hidden)
        self.assertSees(self.manager, self.programs[0].cycle_manager_ids, self.programs[1].cycle_manager_ids)
        seen = 0
        for name in kinds:
            rows = self.env[name].search([("program_id", "in", self.programs.ids)])
            ours = rows.filtered(lambda row: row.program_id == self.programs[0])
            self.assertSees(self.manager, ours, rows - ours)
            seen += len(rows - ours)
            for row in rows - ours:
                self.assertRefused(self.manager, row, "write", {"display_name": "Mine"})
                self.assertRefused(self.manager, row, "unlink")
        self.assertGreater(seen, 5)

    def test_items_of_managers(self):
        rice = self.env["product.product"].create({"name": "Rice"})
        cash, inkind = (
            self.env[f"spp.program.entitlement.manager.{kind}"].create(
                [{"name": kind, "program_id": program.id} for program in self.programs]
            )
            for kind in ("cash", "inkind")
        )
        items = self.env["spp.program.entitlement.manager.cash.item"].create(
            [{"entitlement_id": manager.id, "amount": 5} for manager in cash]
        )
        inkind_items = self.env["spp.program.entitlement.manager.inkind.item"].create(
            [{"entitlement_id": manager.id, "product_id": rice.id, "quantity": 1} for manager in inkind]
        )
        for rows in (items, inkind_items):
            self.assertSees(self.manager, rows[0], rows[1])
            self.assertRefused(self.manager, rows[1], "write", {"sequence": 1})
            self.rpc(self.manager, rows[0], "write", {"sequence": 1})

    def test_who_changes_which(self):
        self.rpc(self.manager, self.memberships[0], "write", {"state": "enrolled"})
        self.assertRefused(self.manager, self.memberships[2], "write", {"state": "enrolled"})
        self.assertRefused(self.northern, self.memberships[1], "write", {"state": "enrolled"})
        self.assertRefused(self.northern, self.entitlements[1], "write", {"valid_until": "2031-01-01"})
        self.assertRefused(
            self.manager,
            self.env["spp.cycle.membership"],
            "create",
            [{"partner_id": self.amina.id, "cycle_id": self.cycles[1].id}],
        )

    def test_a_program_of_no_company_is_changed_by_who_works_for_all(self):
        shared = self.env["spp.program"].create({"name": "For All", "company_id": False})
        everywhere = self.user(
            "everywhere",
            "spp_programs.group_programs_manager",
            companies=self.env["res.company"].search([("id", "!=", False)]),
        )
        self.assertSees(self.manager, shared, self.programs[1])
        self.assertRefused(self.manager, shared, "write", {"name": "Ours"})
        self.rpc(everywhere, shared, "write", {"name": "Everybody's"})
        self.assertEqual(shared.name, "Everybody's")

    def test_service_points_of_areas(self):
        points = self.env["spp.service.point"].create(
            [
                {"name": "North Shop", "area_id": self.north.id},
                {"name": "Mobile Shop"},
                {"name": "South Shop", "area_id": self.south.id},
            ]
        )
        self.assertSees(self.manager, points, points.browse())
        self.assertSees(self.northern, points[:2], points[2:])

    def test_birth_dates_by_role(self):
        allowed = {"officer", "manager", "validator", "cycle_approver"}
        for role in ("viewer", "officer", "manager", "validator", "rejector", "cycle_approver"):
            user = self.user(f"birth_{role}", f"spp_programs.group_programs_{role}")
            with self.subTest(role):
                self.assertTrue(self.rpc(user, self.memberships[0], "read", ["name", "phone"]))
                if role in allowed:
                    self.assertTrue(self.rpc(user, self.amina, "read", ["birthdate"])[0]["birthdate"])
                    self.assertTrue(self.rpc(user, self.memberships[0], "read", ["birthdate"])[0]["birthdate"])
                else:
                    for records in (self.amina, self.memberships[0]):
                        with self.assertRaises(AccessError):
                            self.rpc(user, records, "read", ["birthdate"])
                        with self.assertRaises(AccessError):
                            self.rpc(user, records.browse(), "search", [("birthdate", "!=", False)])

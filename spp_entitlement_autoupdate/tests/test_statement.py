# Part of the SPP attendance suite. LGPL-3.
"""Operators' statements are compared with what was booked, in sets and in their units."""

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestStatement(RedemptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.statements = cls.env["spp.redemption.statement"]
        cls.shop, cls.market = cls.env["spp.service.point"].create([{"name": "Shop"}, {"name": "Market"}])

    def _declare(self, **values):
        return self.statements.create({"cycle_id": self.cycle.id, **values})

    def test_cash(self):
        first, second = (self._create_entitlement() for _number in range(2))
        purchase = self._item(first, 33.33, service_point_id=self.shop.id)
        wrong = self._item(second, 50, service_point_id=self.shop.id)
        items = [
            purchase,
            self._void(purchase, 3.33),
            wrong,
            self._void(wrong),
            self._item(second, 20.01, service_point_id=self.market.id),
            self._item(second, 1),
        ]
        self.assertStored(self._book(*items))
        everywhere = self._declare(declared_count=3, declared_value=51.01)
        shop = self._declare(service_point_id=self.shop.id, declared_count=2, declared_value=30)
        market = self._declare(service_point_id=self.market.id, declared_count=1, declared_value=20.02)
        self.assertRecordValues(
            everywhere + shop + market,
            [
                {"booked_count": 3, "booked_value": 51.01, "value_difference": 0, "state": "matches"},
                {"booked_count": 1, "booked_value": 30, "value_difference": 0, "state": "differs"},
                {"booked_count": 1, "booked_value": 20.01, "value_difference": -0.01, "state": "differs"},
            ],
        )
        differing = self.statements.search([("state", "=", "differs"), ("cycle_id", "=", self.cycle.id)])
        self.assertEqual(differing, shop + market)
        shop.declares = "value"
        self.assertEqual(shop.state, "matches")
        self.assertStored(self._book(self._item(first, 0.01)))
        everywhere.invalidate_recordset()
        self.assertEqual((everywhere.state, everywhere.count_difference), ("differs", 1))

    def test_quantities_are_converted(self):
        gram, kilogram = self.env.ref("uom.product_uom_gram"), self.env.ref("uom.product_uom_kgm")
        wheat = self.env["product.product"].create({"name": "Wheat", "uom_id": kilogram.id})
        rice, grain = self._create_inkind(1234, uom_id=gram.id), self._create_inkind(5, product_id=wheat.id)
        self.assertStored(self._book(self._item(rice, 1234), self._item(grain, 2.5), model=self.inkind))
        found = self._declare(kind="inkind", product_id=self.rice.id, declared_count=1, declared_value=1.234)
        self.assertEqual(found.uom_id, kilogram)
        self.assertRecordValues(found, [{"booked_value": 1.234, "booked_count": 1, "state": "matches"}])
        found.uom_id = gram
        self.assertRecordValues(found, [{"booked_value": 1234, "value_difference": 1232.766, "state": "differs"}])
        both = self._declare(kind="inkind", declares="count", declared_count=2)
        self.assertRecordValues(both, [{"booked_count": 2, "booked_value": 0, "state": "matches"}])

    def test_counted_in_sets(self):
        entitlement = self._create_entitlement()
        self.assertStored(self._book(self._item(entitlement, 1, service_point_id=self.shop.id)))
        points = self.env["spp.service.point"].create([{"name": f"Stall {number}"} for number in range(20)])
        rows = self.statements.browse(
            self._declare(service_point_id=point.id, declared_count=0).id for point in (self.shop, *points)
        )
        rows += self._declare(kind="inkind", declares="count")
        self.env.flush_all()
        rows.invalidate_recordset()
        rows.mapped("cycle_id.program_id.currency_id")
        with self.assertQueryCount(2):
            self.assertEqual(rows.mapped("booked_count"), [1] + [0] * 21)

    def test_refused(self):
        litre = self.env.ref("uom.product_uom_litre")
        with self.assertRaises(ValidationError):
            self._declare(kind="inkind", product_id=self.rice.id, uom_id=litre.id)
        for values in (
            {"kind": "cash", "product_id": self.rice.id},
            {"kind": "inkind"},
            {"declared_count": -1},
        ):
            with self.subTest(values), mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
                self._declare(**values)
        self._declare()
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self._declare()

    def test_roles(self):
        statement = self._declare(declared_count=1)
        for user in (self.viewer, self.officer, self.validator, self.approver, self.manager):
            with self.subTest(user.login):
                self.assertEqual(self.rpc(user, statement, "read", ["state"])[0]["state"], "differs")
        for user in (self.clerk, self.stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, statement, "read", ["state"])
        (self.officer + self.manager).write({"group_ids": [Command.link(self.env.ref("base.group_user").id)]})
        for number, user in enumerate((self.officer, self.manager)):
            with self.subTest(user.login):
                self.rpc(user, statement, "write", {"declared_count": 2 + number})
                point = self.env["spp.service.point"].create({"name": user.login})
                self.rpc(user, self.statements, "create", [{"cycle_id": self.cycle.id, "service_point_id": point.id}])
        for user in (self.viewer, self.validator, self.approver, self.clerk, self.stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, statement, "write", {"declared_count": 5})
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, self.statements, "create", [{"cycle_id": self.cycle.id}])
        with self.assertRaises(AccessError):
            self.rpc(self.officer, statement, "unlink")
        self.rpc(self.manager, statement, "unlink")

    def test_companies_and_areas(self):
        north, south = self.env["spp.area"].create([{"draft_name": "North"}, {"draft_name": "South"}])
        self.shop.area_id, self.market.area_id = north, south
        rows = self.statements.browse(
            self._declare(service_point_id=point).id for point in (False, self.shop.id, self.market.id)
        )
        domain = [("id", "in", rows.ids)]
        self.assertEqual(self.rpc(self.viewer, self.statements, "search", domain), rows.ids)
        self.viewer.sudo().center_area_ids = north
        self.assertEqual(self.rpc(self.viewer, self.statements, "search", domain), rows[1].ids)
        with self.assertRaises(AccessError):
            self.rpc(self.viewer, rows[2], "read", ["booked_count"])
        self.officer.sudo().center_area_ids = north
        for values in ({}, {"service_point_id": self.market.id}):
            with self.subTest(values), self.assertRaises(AccessError):
                self.rpc(
                    self.officer,
                    self.statements,
                    "create",
                    [{"cycle_id": self.cycle.id, "declares": "count", **values}],
                )
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.viewer.sudo().center_area_ids = False
        self.viewer.write({"company_id": elsewhere.id, "company_ids": [Command.set(elsewhere.ids)]})
        self.assertFalse(self.rpc(self.viewer, self.statements, "search", domain))

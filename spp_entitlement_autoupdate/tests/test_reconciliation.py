# Part of the SPP attendance suite. LGPL-3.
"""The reconciliation balances in every grouping, is kept and exported, and shows each user what is theirs."""

import base64
import io
from decimal import Decimal

from openpyxl import load_workbook

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import BOOKER, RedemptionCase

VALUES = ("initial_value", "redeemed_value", "remaining_value", "expired_value", "carried_value")


@tagged("post_install", "-at_install")
class TestReconciliation(RedemptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rows = cls.env["spp.redemption.reconciliation"]
        cls.report = cls.env["spp.redemption.report"]
        cls.north, cls.south = cls.env["spp.area"].create([{"draft_name": "North"}, {"draft_name": "South"}])
        cls.people[0].area_id, cls.people[1].area_id = cls.north, cls.south
        cls.shop, cls.market = cls.env["spp.service.point"].create([{"name": "Shop"}, {"name": "Market"}])

    def _redeem(self):
        """99.99 redeemed at two places, 100 with a void, 50 untouched; 10 kg of which 2.5 were handed out."""
        full, partly = self._create_entitlement(99.99), self._create_entitlement(100, partner=self.people[1])
        self._create_entitlement(50, partner=self.people[2])
        self._create_entitlement(1000, state="draft")
        goods = self._create_inkind(10)
        purchase = self._item(partly, 30.1, service_point_id=self.shop.id)
        items = [
            self._item(full, 33.33, service_point_id=self.shop.id),
            self._item(full, 33.33, service_point_id=self.market.id),
            self._item(full, 33.33),
            purchase,
            self._void(purchase, 0.1),
        ]
        self.assertStored(self._book(*items))
        self.assertStored(self._book(self._item(goods, 2.5, service_point_id=self.market.id), model=self.inkind))
        return full, partly, goods

    def _sums(self, *groupby, domain=()):
        """What the rows of the cycle come to: dict of group -> values."""
        groups = self.rows._read_group(
            [("cycle_id", "=", self.cycle.id), *domain], groupby, [f"{name}:sum" for name in (*VALUES, "difference")]
        )
        found = {}
        for group in groups:
            key, values = group[: len(groupby)], [Decimal(f"{value:.3f}") for value in group[len(groupby) :]]
            self.assertFalse(values.pop(), "the difference is zero")
            self.assertEqual(values[0], sum(values[1:]))
            found[key[0] if len(key) == 1 else key] = [float(value) for value in values]
        return found

    def _end(self):
        return self.program.get_manager(self.program.MANAGER_CYCLE).check_cycle_entitlements(self.cycle)

    def test_every_grouping_is_balanced(self):
        self._redeem()
        self.assertEqual(self._sums("kind"), {"cash": [249.99, 129.99, 120, 0, 0], "inkind": [10, 2.5, 7.5, 0, 0]})
        cash = [("kind", "=", "cash")]
        self.assertEqual(
            self._sums("area_id", domain=cash),
            {
                self.north: [99.99, 99.99, 0, 0, 0],
                self.south: [100, 30, 70, 0, 0],
                self.env["spp.area"]: [50, 0, 50, 0, 0],
            },
        )
        self.assertEqual(
            self._sums("service_point_id", domain=cash),
            {
                self.shop: [63.33, 63.33, 0, 0, 0],
                self.market: [33.33, 33.33, 0, 0, 0],
                self.env["spp.service.point"]: [153.33, 33.33, 120, 0, 0],
            },
        )
        self.assertEqual(
            self._sums("product_id", "uom_id", domain=[("kind", "=", "inkind")]),
            {(self.rice, self.rice.uom_id): [10, 2.5, 7.5, 0, 0]},
        )
        self.assertEqual(self._sums("currency_id", domain=cash), {self.currency: [249.99, 129.99, 120, 0, 0]})
        found = self.rows.search([("cycle_id", "=", self.cycle.id)])
        self.assertEqual(len(found), len(set(found.ids)))
        self.assertEqual(sum(found.mapped("entitlement_count")), 4)
        self.assertEqual(sum(found.mapped("purchase_count")), 5)
        self.assertEqual(sum(found.mapped("void_count")), 1)

    def test_what_expired_and_was_carried_over(self):
        full, partly, goods = self._redeem()
        partly.sudo().write({"state": "parrdpd2ben", "expired_value": 70})
        goods.sudo().write({"state": "parrdpd2ben", "carried_value": 7})
        self.assertEqual(self._sums("kind"), {"cash": [249.99, 129.99, 50, 70, 0], "inkind": [10, 2.5, 0.5, 0, 7]})
        full.write({"state": "cancelled"})
        self.assertEqual(self._sums("kind")["cash"], [249.99, 129.99, 50, 70, 0])

    def test_a_wrong_balance_shows(self):
        _full, partly, _goods = self._redeem()
        self.env.flush_all()
        self.env.cr.execute("UPDATE spp_entitlement SET entitlement_balance = 69.99 WHERE id = %s", [partly.id])
        self.env.invalidate_all()
        [row] = self.rows.search([("cycle_id", "=", self.cycle.id), ("difference", "!=", 0)])
        self.assertEqual((row.area_id, row.difference), (self.south, 0.01))

    def test_overdrawn_and_expired_elsewhere(self):
        """A negative balance stays what remains, and what the host lets expire counts as expired."""
        overdrawn, expired = self._create_entitlement(10), self._create_entitlement(20)
        self.program.tolerates_overdraft = True
        self.assertStored(self._book(self._item(overdrawn, 12), self._item(expired, 5)))
        self.env.flush_all()
        self.env.cr.execute("UPDATE spp_entitlement SET state = 'expired' WHERE id = %s", [expired.id])
        self.env.invalidate_all()
        self.assertEqual(self._sums("kind"), {"cash": [30, 17, -2, 15, 0]})

    def test_kept_with_the_run(self):
        _full, partly, _goods = self._redeem()
        closing = self._end()
        totals = closing.reconciliation["totals"]
        self.assertEqual(
            [[row["kind"], row["unit"], *(row[name] for name in VALUES), row["difference"]] for row in totals],
            [
                ["cash", self.currency.display_name, "249.99", "129.99", "120", "0", "0", "0"],
                ["inkind", f"Rice, {self.rice.uom_id.display_name}", "10", "2.5", "7.5", "0", "0", "0"],
            ],
        )
        areas = {row["place"]: row["initial_value"] for row in closing.reconciliation["areas"] if row["kind"] == "cash"}
        self.assertEqual(areas, {"North": "99.99", "South": "100", "": "50"})
        points = {
            row["place"]: row["redeemed_value"]
            for row in closing.reconciliation["service_points"]
            if row["kind"] == "cash"
        }
        self.assertEqual(points, {"Shop": "63.33", "Market": "33.33", "": "33.33"})
        self.assertRegex(closing.result_hash, r"^[0-9a-f]{64}$")
        self.assertIn("129.99", closing.reconciliation_table)
        self.assertEqual(self.rpc(self.viewer, closing, "action_check_result")["params"]["type"], "success")
        self.shop.name = "=HYPERLINK()"
        self.assertEqual(self.rpc(self.viewer, closing, "action_check_result")["params"]["type"], "success")
        self.env.flush_all()
        self.env.cr.execute("UPDATE spp_entitlement SET entitlement_balance = 70.01 WHERE id = %s", [partly.id])
        self.assertEqual(self.rpc(self.viewer, closing, "action_check_result")["params"]["type"], "warning")

    def test_exports(self):
        self._redeem()
        self.shop.name = "=1+1"
        closing = self._end()
        self.assertIn(f"/{closing.id}/", self.rpc(self.viewer, closing, "action_export_reconciliation")["url"])
        content = base64.b64decode(closing.with_user(self.viewer).reconciliation_xlsx)
        book = load_workbook(io.BytesIO(content))
        self.assertEqual(book.sheetnames, ["Totals", "By Area", "By Service Point"])
        rows = list(book["By Service Point"].values)
        self.assertEqual(rows[0][2], closing.result_hash)
        [shop] = [row for row in rows if row[2] == "=1+1"]
        self.assertEqual(shop[3:], (0, 2, 1, 63.33, 63.33, 0, 0, 0, 0))
        self.assertNotIn("f", {cell.data_type for row in book["By Service Point"].iter_rows() for cell in row})
        html, _type = (
            self.env["ir.actions.report"]
            .with_user(self.viewer)
            ._render_qweb_html("spp_entitlement_autoupdate.report_cycle_closing", closing.ids)
        )
        for text in (closing.result_hash, "249.99", "Market", "North"):
            self.assertIn(text, html.decode())
        action = self.rpc(self.viewer, closing, "action_view_reconciliation")
        self.assertEqual(action["domain"], [("cycle_id", "=", self.cycle.id)])

    def test_what_was_kept_is_shown_by_area(self):
        """Who is bound to an area sees its rows only: on the screen, on paper, in the file, and not past these."""
        self._redeem()
        closing = self._end()
        self.viewer.sudo().center_area_ids = self.north
        [(_title, _heading, rows)] = closing.with_user(self.viewer)._reconciliation_sections()
        self.assertEqual([(row["place"], row["initial_value"]) for row in rows], [("North", "99.99"), ("North", "10")])
        shown = closing.with_user(self.viewer).reconciliation_table
        self.assertIn("North", shown)
        for text in ("South", "Shop", "249.99"):
            self.assertNotIn(text, shown)
            self.assertIn(text, closing.reconciliation_table)
        book = load_workbook(io.BytesIO(base64.b64decode(closing.with_user(self.viewer).reconciliation_xlsx)))
        self.assertEqual(book.sheetnames, ["By Area"])
        html, _type = (
            self.env["ir.actions.report"]
            .with_user(self.viewer)
            ._render_qweb_html("spp_entitlement_autoupdate.report_cycle_closing", closing.ids)
        )
        self.assertNotIn("South", html.decode())
        for user in (self.viewer, self.manager):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, closing, "read", ["reconciliation"])

    def test_over_time(self):
        self._redeem()
        found = self.report._read_group(
            [("cycle_id", "=", self.cycle.id)],
            ["transaction_date:day", "kind", "service_point_id"],
            ["redeemed_value:sum", "purchase_count:sum", "void_count:sum"],
        )
        self.assertEqual({str(day) for day, *_rest in found}, {"2031-03-10"})
        self.assertEqual(
            sorted(
                (kind, point.name or "", round(value, 2), purchases, voids)
                for _day, kind, point, value, purchases, voids in found
            ),
            [
                ("cash", "", 33.33, 1, 0),
                ("cash", "Market", 33.33, 1, 0),
                ("cash", "Shop", 63.33, 2, 1),
                ("inkind", "Market", 2.5, 1, 0),
            ],
        )

    def test_roles(self):
        self._redeem()
        closing = self._end()
        domain = [("cycle_id", "=", self.cycle.id)]
        for user in (self.viewer, self.officer, self.validator, self.approver, self.manager):
            for model in (self.rows, self.report):
                with self.subTest(user=user.login, model=model._name):
                    self.assertTrue(
                        self.rpc(user, model, "search_read", domain, ["kind", "area_id", "service_point_id"])
                    )
                    with self.assertRaises(AccessError):
                        self.rpc(user, model, "create", [{}])
        for user in (self.clerk, self.stranger):
            for model in (self.rows, self.report):
                with self.subTest(user=user.login, model=model._name), self.assertRaises(AccessError):
                    self.rpc(user, model, "search", domain)
            for method in ("action_check_result", "action_export_reconciliation", "action_view_reconciliation"):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    self.rpc(user, closing, method)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self.rpc(user, closing, "read", ["reconciliation_xlsx"])

    def test_companies_and_areas(self):
        self._redeem()
        domain = [("cycle_id", "=", self.cycle.id)]
        both = self.make_user("both", BOOKER, "spp_programs.group_programs_viewer")
        for user in (self.viewer, both):
            user.sudo().center_area_ids = self.north
            for model in (self.rows, self.report):
                with self.subTest(user=user.login, model=model._name):
                    found = model.browse(self.rpc(user, model, "search", domain))
                    self.assertEqual(found.area_id, self.north)
                    self.assertTrue(all(row.area_id for row in found))
                    outside = model.search([*domain, ("area_id", "=", self.south.id)], limit=1)
                    with self.assertRaises(AccessError):
                        self.rpc(user, outside, "read", ["redeemed_value"])
            user.sudo().center_area_ids = False
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.viewer.write({"company_id": elsewhere.id, "company_ids": [Command.set(elsewhere.ids)]})
        for model in (self.rows, self.report):
            self.assertFalse(self.rpc(self.viewer, model, "search", domain))
        closing = self._end()
        with self.assertRaises(AccessError):
            self.rpc(self.viewer, closing, "action_check_result")

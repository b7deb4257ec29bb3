# Part of the SPP attendance suite. LGPL-3.
"""Files of transactions are read, repaired row by row, and booked once, or say why they cannot be read."""

import base64
import io
from datetime import datetime

import openpyxl

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RedemptionCase

HEADINGS = (
    "transaction_uuid",
    "transaction_type",
    "entitlement_code",
    "partner_id",
    "timestamp_transaction_created",
    "amount_charged_by_service_point",
    "currency",
    "purchase_uuid",
)


@tagged("post_install", "-at_install")
class TestImport(RedemptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.entitlement = cls._create_entitlement(99.99)
        cls.Review = cls.env["spp.entitlement.transaction.review"]

    def _row(self, number, value, **values):
        row = {
            "transaction_uuid": number,
            "transaction_type": "PURCHASE",
            "entitlement_code": self.entitlement.code,
            "partner_id": self.person.id,
            "timestamp_transaction_created": "2031-03-10 09:00:00",
            "amount_charged_by_service_point": value,
            "currency": self.currency.name,
            "purchase_uuid": "",
        }
        return {**row, **values}

    def _csv(self, *rows, delimiter=",", headings=HEADINGS):
        lines = [delimiter.join(headings), *(delimiter.join(str(row[name]) for name in headings) for row in rows)]
        return "\r\n".join(lines).encode("utf-8-sig")

    def _xlsx(self, *rows, headings=HEADINGS):
        book = openpyxl.Workbook()
        book.active.append(headings)
        for row in rows:
            book.active.append([row[name] for name in headings])
        file = io.BytesIO()
        book.save(file)
        return file.getvalue()

    def _import(self, content, **values):
        wizard = self.env["spp.entitlement.transaction.import"].with_user(self.clerk)
        return wizard.create({"file": base64.b64encode(content), "file_name": "rows", **values})

    def test_good_rows_are_booked_and_bad_ones_wait_for_repair(self):
        wizard = self._import(self._csv(self._row("a", "33.33"), self._row("b", "thirty"), self._row("c", "33.33")))
        wizard.action_load()
        self.assertEqual(wizard.line_ids.mapped("outcome"), ["stored", "rejected", "stored"])
        self.assertIn("not a number", wizard.line_ids[1].error)
        self.assertEqual((wizard.good_count, wizard.bad_count), (2, 1))
        self.assertFalse(self.entitlement.transaction_ids | self.cash.search([("transaction_uuid", "=", "a")]))
        self.assertFalse(self.Review.search([("transaction_uuid", "=", "b")]))
        wizard.action_book()
        self.assertEqual(self.entitlement.entitlement_balance, 33.33)
        row = self.Review.search([("transaction_uuid", "=", "b")])
        self.assertEqual((row.source, row.reason_code, row.user_id), ("import", "unreadable", self.clerk))
        self.assertEqual(self.Review.search(wizard.action_view_review()["domain"]), row)
        row.with_user(self.manager).write({"item_value": "33.33"})
        row.with_user(self.manager).action_try_again()
        self.assertEqual((row.state, self.entitlement.entitlement_balance), ("booked", 0))

    def test_rows_are_repaired_in_the_list_before_booking(self):
        wizard = self._import(self._csv(self._row("a", "33.33", currency="XTS"), self._row("b", "100")))
        wizard.action_load()
        self.assertEqual(wizard.bad_count, 2)
        wizard.line_ids[0].currency = self.currency.name
        wizard.line_ids[1].value = "66.66"
        wizard.action_check()
        self.assertEqual((wizard.good_count, wizard.bad_count), (2, 0))
        wizard.action_book()
        self.assertEqual(self.entitlement.entitlement_balance, 0)
        with self.assertRaises(UserError):
            wizard.action_book()

    def test_the_same_file_again_changes_nothing(self):
        content = self._csv(self._row("a", "33.33"), self._row("b", "-1"))
        for turn in range(2):
            wizard = self._import(content)
            wizard.action_load()
            wizard.action_book()
            self.assertEqual(wizard.line_ids.mapped("outcome"), ["duplicate" if turn else "stored", "rejected"])
        self.assertEqual(self.entitlement.entitlement_balance, 66.66)
        self.assertEqual(self.Review.search([("transaction_uuid", "=", "b")]).times_received, 2)

    def test_times_without_offset_are_in_the_zone_of_the_import(self):
        rows = [
            self._row("a", "1"),
            self._row("b", "1", timestamp_transaction_created="2031-03-10T09:00:00+01:00"),
        ]
        wizard = self._import(self._csv(*rows))
        self.assertEqual(wizard.tz, "Asia/Jakarta")
        wizard.action_load()
        wizard.action_book()
        first, second = self.cash.search([("transaction_uuid", "in", ("a", "b"))], order="id")
        self.assertEqual(first.timestamp_transaction_created, datetime(2031, 3, 10, 2, 0))
        self.assertEqual((first.transaction_zone, second.transaction_zone), ("Asia/Jakarta", "UTC+01:00"))
        self.assertEqual(second.timestamp_transaction_created, datetime(2031, 3, 10, 8, 0))

    def test_a_purchase_and_its_void_in_one_spreadsheet(self):
        content = self._xlsx(
            self._row("a", 33.33, timestamp_transaction_created=datetime(2031, 3, 10, 9)),
            self._row("b", 3, transaction_type="void", purchase_uuid="a"),
            self._row(7, 1),
        )
        wizard = self._import(content)
        wizard.action_load()
        self.assertEqual(wizard.line_ids.mapped("error"), [False] * 3)
        wizard.action_book()
        self.assertEqual(self.entitlement.entitlement_balance, 68.66)
        self.assertTrue(self.cash.search([("transaction_uuid", "=", "7")]))

    def test_goods_in_another_unit(self):
        goods = self._create_inkind(10)
        headings = ("transaction_uuid", "transaction_type", "entitlement_id", "partner_id", "unit", "quantity")
        headings += ("timestamp_transaction_created",)
        common = {"transaction_type": "PURCHASE", "entitlement_id": goods.id, "partner_id": self.person.id}
        common["timestamp_transaction_created"] = "2031-03-10T09:00:00+07:00"
        rows = [
            {**common, "transaction_uuid": "a", "unit": "g", "quantity": "2500"},
            {**common, "transaction_uuid": "b", "unit": "KG", "quantity": "1"},
            {**common, "transaction_uuid": "c", "unit": "sacks", "quantity": "1"},
        ]
        wizard = self._import(self._csv(*rows, headings=headings, delimiter=";"), kind="inkind")
        wizard.action_load()
        self.assertEqual(wizard.line_ids.mapped("outcome"), ["stored", "stored", "rejected"])
        wizard.action_book()
        self.assertEqual(goods.entitlement_balance, 6.5)

    def test_files_that_cannot_be_read_say_why(self):
        good = self._row("a", "1")
        broken = self._xlsx(good)
        cases = {
            "Choose a CSV": b"",
            "not in UTF-8": self._csv(good)[3:] + "é".encode("latin-1"),
            "headings of the file are not clear (colour)": b"transaction_uuid,colour\na,red",
            "are not clear (a, b)": b"a,b\n1,2",
            "no rows": self._csv(),
            "cannot be read as XLSX": broken[: len(broken) // 2],
            "more than 5000 rows": b"transaction_uuid\n" + b"x\n" * 5001,
            "larger than 5 MB": b"x" * (5 * 1024 * 1024 + 1),
        }
        for words, content in cases.items():
            with self.subTest(words), self.assertRaises(UserError) as refusal:
                self._import(content).action_load()
            self.assertIn(words, str(refusal.exception))

# Part of the SPP attendance suite. LGPL-3.
"""What is booked, refused or known already, item by item, and that a batch is a fixed number of queries."""

from datetime import date, datetime

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestBooking(RedemptionCase):
    def test_a_purchase_is_stored_and_lowers_the_balance(self):
        entitlement = self._create_entitlement(100)
        self.assertEqual(entitlement.entitlement_balance, 100)
        item = self._item(
            entitlement, 30, card_number="C-1", receipt_number="R-1", service_point_device_id="D-1", value_remaining=70
        )
        [result] = self._book(item)
        self.assertStored([result])
        self.assertEqual(result["balance"], 70)
        row = self.cash.browse(result["id"])
        self.assertEqual(row.timestamp_transaction_created, datetime(2031, 3, 10, 2, 0))
        self.assertEqual(row.transaction_date, date(2031, 3, 10))
        self.assertEqual(row.program_id, self.program)
        self.assertEqual(row.cycle_id, self.cycle)
        self.assertEqual(row.partner_id, self.person)
        self.assertEqual(row.user_id, self.clerk)
        self.assertEqual((row.card_number, row.receipt_number, row.value_remaining), ("C-1", "R-1", 70))
        self.assertEqual((entitlement.entitlement_balance, entitlement.balance), (70, 70))
        self.assertIn(entitlement, self.env["spp.entitlement"].search([("entitlement_balance", "=", 70)]))

    def test_the_same_transaction_sent_twice_is_one(self):
        entitlement = self._create_entitlement(100)
        item = self._item(entitlement, 60)
        [first] = self._book(item)
        again, other = self._book(item, self._item(entitlement, 10))
        self.assertEqual((again["result"], again["id"]), ("duplicate", first["id"]))
        self.assertFalse(again["reason"])
        self.assertEqual(other["balance"], 30)
        self.assertEqual(entitlement.entitlement_balance, 30)

    def test_the_same_transaction_twice_in_one_batch_is_one(self):
        entitlement = self._create_entitlement(100)
        item = self._item(entitlement, 60)
        first, second = self._book(item, dict(item))
        self.assertEqual((first["result"], second["result"]), ("stored", "duplicate"))
        self.assertEqual(first["id"], second["id"])
        self.assertEqual(entitlement.entitlement_balance, 40)

    def test_a_number_is_not_used_for_another_transaction(self):
        entitlement = self._create_entitlement(100)
        item = self._item(entitlement, 60)
        self._book(item)
        [result] = self._book({**item, "amount_charged_by_service_point": 10})
        self.assertRejected(result, "used for another transaction")
        self.assertEqual(entitlement.entitlement_balance, 40)

    def test_good_ones_go_through_and_bad_ones_are_reported(self):
        first, second = self._create_entitlement(50), self._create_entitlement(50, partner=self.people[1])
        results = self._book(
            self._item(first, 20),
            "nonsense",
            self._item(first, 31),
            self._item(second, 50),
            self._item(first, 30),
        )
        self.assertEqual(
            [result["result"] for result in results], ["stored", "rejected", "rejected", "stored", "stored"]
        )
        self.assertIn("Only", results[2]["reason"])
        self.assertEqual((first.entitlement_balance, second.entitlement_balance), (0, 0))
        self.assertEqual(self.cash.search_count([("entitlement_id", "in", (first + second).ids)]), 3)

    def test_refusals(self):
        entitlement = self._create_entitlement(100)
        cases = {
            "another beneficiary": {"partner_id": self.people[1].id},
            "no such entitlement": {"entitlement_id": 2**31 - 1},
            "above zero": {"amount_charged_by_service_point": 0},
            "must be above zero": {"amount_charged_by_service_point": -5},
            "more decimals": {"amount_charged_by_service_point": 1.005},
            "Only": {"amount_charged_by_service_point": 100.01},
            "the transaction in XTS": {"currency": "XTS"},
            "the transaction in no currency": {"currency": False},
            "valid from": {"timestamp_transaction_created": "2031-02-28T12:00:00+07:00"},
            "clock": {"timestamp_transaction_created": "2031-03-20T12:00:00+07:00"},
            "unreadable": {"timestamp_transaction_created": "yesterday"},
            "type is unknown": {"transaction_type": "purchase "},
            "no number": {"transaction_uuid": " "},
            "names no purchase": {"transaction_type": "VOID"},
            "names no entitlement": {"entitlement_id": None},
            "names no beneficiary": {"partner_id": None},
            "not a record number": {"entitlement_id": "7"},
            "amount_charged_by_service_point is not a number": {"amount_charged_by_service_point": "NaN"},
            "card_number is not a text": {"card_number": "x" * 200},
            "service point is unknown": {"service_point_id": 2**31 - 1},
        }
        for words, values in cases.items():
            with self.subTest(words):
                [result] = self._book(self._item(entitlement, 10, **values))
                self.assertRejected(result, words)
        self.assertFalse(entitlement.transaction_ids)
        self.assertEqual(entitlement.entitlement_balance, 100)

    def test_a_batch_is_a_list(self):
        with self.assertRaises(UserError):
            self.cash.with_user(self.clerk).book({"transaction_uuid": "x"})
        self.assertEqual(self._book(), [])

    def test_only_usable_entitlements_are_redeemed(self):
        for state in ("draft", "pending_validation", "rdpd2ben", "rejected1", "cancelled", "expired"):
            with self.subTest(state):
                [result] = self._book(self._item(self._create_entitlement(state=state), 10))
                self.assertRejected(result, "cannot be redeemed")
        for state in ("approved", "trans2FSP", "parrdpd2ben"):
            with self.subTest(state):
                self.assertStored(self._book(self._item(self._create_entitlement(state=state), 10)))

    def test_only_open_cycles_are_redeemed(self):
        entitlement = self._create_entitlement()
        for state in ("draft", "to_approve", "cancelled"):
            self.cycle.state = state
            with self.subTest(state):
                [result] = self._book(self._item(entitlement, 10))
                self.assertRejected(result, "not open for redemption")
        self.cycle.state = "distributed"
        self.assertStored(self._book(self._item(entitlement, 10)))

    def test_a_disabled_service_point_is_refused(self):
        entitlement = self._create_entitlement()
        point = self.env["spp.service.point"].create({"name": "Shop"})
        [result] = self._book(self._item(entitlement, 10, service_point_id=point.id))
        self.assertEqual(self.cash.browse(result["id"]).service_point_id, point)
        point.is_disabled = True
        [result] = self._book(self._item(entitlement, 10, service_point_id=point.id))
        self.assertRejected(result, "disabled")

    @freeze_time("2031-04-02 03:00:00")
    def test_validity_is_the_local_day_of_the_transaction(self):
        entitlement = self._create_entitlement()
        for moment, allowed in (
            ("2031-02-28T16:59:59Z", False),  # 28 February, 23:59:59 there
            ("2031-02-28T17:00:00Z", True),  # 1 March, midnight there
            ("2031-03-31T23:59:59+07:00", True),
            ("2031-03-31T17:00:00", False),  # UTC: 1 April there
        ):
            with self.subTest(moment):
                [result] = self._book(self._item(entitlement, 1, timestamp_transaction_created=moment))
                self.assertEqual(result["result"], "stored" if allowed else "rejected", result)

    def test_three_thirds_are_the_whole(self):
        entitlement = self._create_entitlement(99.99)
        results = self._book(*(self._item(entitlement, 33.33) for _part in range(3)))
        self.assertStored(results)
        self.assertEqual(entitlement.entitlement_balance, 0.0)
        self.assertIn(entitlement, self.env["spp.entitlement"].search([("entitlement_balance", "=", 0)]))
        [result] = self._book(self._item(entitlement, 0.01))
        self.assertRejected(result, "Only")

    def test_a_currency_without_decimals(self):
        yen = self.env["res.currency"].with_context(active_test=False).search([("name", "=", "JPY")])
        yen.active = True
        self.program.currency_id = yen
        entitlement = self._create_entitlement(1000)
        rejected, stored = self._book(self._item(entitlement, 10.5), self._item(entitlement, 999))
        self.assertRejected(rejected, "more decimals")
        self.assertEqual(stored["balance"], 1)

    def test_an_entitlement_without_currency_has_that_of_its_program(self):
        entitlement = self.env["spp.entitlement"].new({"cycle_id": self.cycle.id})
        entitlement.currency_id = False
        self.assertEqual(entitlement._redemption_currency(), self.currency)

    def test_a_void_gives_back_what_its_purchase_took(self):
        entitlement = self._create_entitlement(100)
        purchase = self._item(entitlement, 60)
        [bought] = self._book(purchase)
        [result] = self._book(self._void(purchase))
        self.assertStored([result])
        void = self.cash.browse(result["id"])
        self.assertEqual(void.purchase_id.id, bought["id"])
        self.assertEqual(entitlement.entitlement_balance, 100)

    def test_a_purchase_is_voided_once(self):
        entitlement = self._create_entitlement(100)
        purchase = self._item(entitlement, 60)
        self._book(purchase)
        first, second = self._book(self._void(purchase, 20), self._void(purchase, 40))
        self.assertStored([first])
        self.assertRejected(second, "voided already")
        [third] = self._book(self._void(purchase, 40))
        self.assertRejected(third, "voided already")
        self.assertEqual(entitlement.entitlement_balance, 60)

    def test_a_void_fits_its_purchase(self):
        entitlement, other = self._create_entitlement(100), self._create_entitlement(100)
        purchase = self._item(entitlement, 60)
        void = self._void(purchase)
        stored, above, foreign, unknown, first_void, of_void = self._book(
            purchase,
            self._void(purchase, 60.01),
            self._void(purchase, entitlement_id=other.id),
            self._void(purchase, purchase_uuid="never booked"),
            void,
            self._void(void),
        )
        self.assertStored([stored, first_void])
        self.assertRejected(above, "above its purchase")
        self.assertRejected(foreign, "no such purchase")
        self.assertRejected(unknown, "no such purchase")
        self.assertRejected(of_void, "no such purchase")

    def test_a_purchase_can_be_voided_after_the_last_day(self):
        entitlement = self._create_entitlement(100)
        purchase = self._item(entitlement, 60)
        self._book(purchase)
        with freeze_time("2031-04-02 03:00:00"):
            self.assertStored(
                self._book(self._void(purchase, timestamp_transaction_created="2031-04-02T09:00:00+07:00"))
            )

    def test_a_void_makes_room_for_the_next_purchase_of_the_batch(self):
        entitlement = self._create_entitlement(100)
        purchase = self._item(entitlement, 100)
        results = self._book(purchase, self._void(purchase), self._item(entitlement, 80))
        self.assertStored(results)
        self.assertEqual(entitlement.entitlement_balance, 20)

    def test_transactions_are_never_changed_or_deleted(self):
        [result] = self._book(self._item(self._create_entitlement(), 10))
        row = self.cash.browse(result["id"])
        for user in (self.env.user, self.env.ref("base.user_admin"), self.manager, self.clerk):
            for record in (row.with_user(user), row.with_user(user).sudo()):
                with self.subTest(user=user.login, su=record.env.su):
                    with self.assertRaises(UserError):
                        record.write({"amount_charged_by_service_point": 1})
                    with self.assertRaises(UserError):
                        record.unlink()
        self.assertEqual(row.amount_charged_by_service_point, 10)

    @mute_logger("odoo.sql_db")
    def test_the_database_holds_the_rules_too(self):
        purchase = self._item(self._create_entitlement(), 10)
        void = self._void(purchase)
        bought, voided = self._book(purchase, void)
        values = self.cash.browse(voided["id"]).copy_data()[0]
        values.update(transaction_uuid="another", purchase_id=bought["id"])
        with self.assertRaises(IntegrityError):
            self.cash.create(values)
        values = self.cash.browse(bought["id"]).copy_data()[0]
        with self.assertRaises(IntegrityError):
            self.cash.create({**values, "transaction_uuid": purchase["transaction_uuid"]})
        with self.assertRaises(IntegrityError):
            self.cash.create({**values, "transaction_uuid": "third", "purchase_id": bought["id"]})

    def test_booking_many_takes_as_many_queries_as_booking_few(self):
        """The same number for 10 and for 200 items, but for the chunks of 100 rows in which the ORM itself writes."""
        counts = []
        for size in (10, 10, 100, 200):
            entitlements = self.env["spp.entitlement"].concat(*(self._create_entitlement() for _n in range(size)))
            items = [self._item(entitlement, 10) for entitlement in entitlements]
            items += [self._item(entitlement, 1000) for entitlement in entitlements[:5]]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            results = self._book(*items)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            self.assertStored(results[:size])
        _warm_up, few, hundred, many = counts
        self.assertEqual(few, hundred)
        writes_per_chunk = 2  # rows of transactions, balances
        self.assertLessEqual(many - few, writes_per_chunk)

    def test_refusing_many_takes_as_many_queries_as_refusing_few(self):
        counts = []
        entitlement = self._create_entitlement()
        for size in (10, 10, 200):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._book(*(self._item(entitlement, 1000) for _number in range(size)))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])

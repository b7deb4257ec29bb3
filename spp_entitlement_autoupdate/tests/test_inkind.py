# Part of the SPP attendance suite. LGPL-3.
"""Goods are redeemed and voided in quantities, exactly, also in another unit than the entitlement's."""

from odoo.tests import tagged

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestInkind(RedemptionCase):
    def test_quantities_are_redeemed_and_voided(self):
        entitlement = self._create_inkind(10)
        self.assertEqual(entitlement.entitlement_balance, 10)
        purchase = self._item(entitlement, 2.5, quantity_remaining=7.5)
        results = self._book(purchase, self._item(entitlement, 4), model=self.inkind)
        self.assertStored(results)
        self.assertEqual(entitlement.entitlement_balance, 3.5)
        row = self.inkind.browse(results[0]["id"])
        self.assertEqual((row.product_id, row.uom_id), (self.rice, self.rice.uom_id))
        self.assertEqual((row.quantity, row.quantity_remaining), (2.5, 7.5))
        self.assertEqual(row.currency_id, self.currency)
        self.assertStored(self._book(self._void(purchase, 0.5), model=self.inkind))
        self.assertEqual(entitlement.entitlement_balance, 4)

    def test_refusals(self):
        entitlement = self._create_inkind(10)
        beans = self.env["product.product"].create({"name": "Beans"})
        cases = {
            "Only 10 kg": {"quantity": 10.01},
            "above zero": {"quantity": 0},
            "more decimals": {"quantity": 1.0001},
            "entitlement is for Rice": {"product_id": beans.id},
            "counted in kg": {"uom_id": self.env.ref("uom.product_uom_unit").id},
            "the transaction in XTS": {"currency": "XTS", "amount_charged_by_service_point": 5},
            "the transaction in no currency": {"amount_charged_by_service_point": 5},
            "cannot be below zero": {"amount_charged_by_service_point": -5},
            "another beneficiary": {"partner_id": self.people[1].id},
        }
        for words, values in cases.items():
            with self.subTest(words):
                [result] = self._book(self._item(entitlement, 1, **values), model=self.inkind)
                self.assertRejected(result, words)
        self.assertFalse(entitlement.transaction_ids)

    def test_the_same_transaction_sent_twice_is_one(self):
        entitlement = self._create_inkind(10)
        item = self._item(entitlement, 3)
        [first] = self._book(item, model=self.inkind)
        [again] = self._book(item, model=self.inkind)
        self.assertEqual((again["result"], again["id"]), ("duplicate", first["id"]))
        self.assertEqual(entitlement.entitlement_balance, 7)

    def test_another_unit_of_the_same_measure_converts_exactly(self):
        entitlement = self._create_inkind(10)
        gram, ton, litre = (self.env.ref(f"uom.product_uom_{name}") for name in ("gram", "ton", "litre"))
        item = self._item(entitlement, 2500, uom_id=gram.id, quantity_remaining=7500)
        results = self._book(
            item,
            self._item(entitlement, 1, uom_id=gram.id),
            self._item(entitlement, 0.005, uom_id=ton.id),
            self._item(entitlement, 1, uom_id=litre.id),
            self._item(entitlement, 1, uom_id=2**31 - 1),
            dict(item),
            model=self.inkind,
        )
        self.assertEqual(
            [result["result"] for result in results],
            ["stored", "rejected", "stored", "rejected", "rejected", "duplicate"],
        )
        self.assertIn("1 g cannot be counted exactly in kg", results[1]["reason"])
        self.assertEqual(entitlement.entitlement_balance, 2.5)
        row = self.inkind.browse(results[0]["id"])
        self.assertEqual((row.quantity, row.uom_id), (2.5, self.rice.uom_id))
        self.assertEqual((row.sent_quantity, row.sent_uom_id, row.quantity_remaining), (2500, gram, 7.5))
        # a void in yet another unit
        self.assertStored(self._book(self._void(item, 2.5, uom_id=self.rice.uom_id.id), model=self.inkind))
        self.assertEqual(entitlement.entitlement_balance, 5)

    def test_an_entitlement_counted_in_the_larger_unit(self):
        ton = self.env.ref("uom.product_uom_ton")
        entitlement = self._create_inkind(2, uom_id=ton.id)
        self.assertStored(self._book(self._item(entitlement, 250, uom_id=self.rice.uom_id.id), model=self.inkind))
        self.assertEqual(entitlement.entitlement_balance, 1.75)

# Part of the SPP attendance suite. LGPL-3.
"""A clerk books from a voucher in a form, within company and area, and voids own bookings only."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import BOOKER, RedemptionCase


@tagged("post_install", "-at_install")
class TestBookingForm(RedemptionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.entitlement = cls._create_entitlement(100)
        cls.goods = cls._create_inkind(10)

    def _form(self, entitlement, user=None):
        kind = "cash" if entitlement._name == "spp.entitlement" else "inkind"
        model = self.env["spp.entitlement.transaction.book"].with_user(user or self.clerk)
        return Form(model.with_context(default_kind=kind, default_entitlement_code=entitlement.code))

    def test_a_clerk_books_by_the_code_on_the_voucher(self):
        with self.assertRaises(AccessError):
            self.entitlement.with_user(self.clerk).read(["code"])
        form = self._form(self.entitlement)
        self.assertEqual((form.beneficiary, form.unit), (self.person.display_name, self.currency.name))
        self.assertIn("100", form.balance)
        form.value = "33.33"
        form.receipt_number = "R-7"
        wizard = form.save()
        for _press in range(2):
            wizard.action_book()
        row = self.entitlement.transaction_ids
        self.assertEqual(len(row), 1)
        self.assertEqual((row.amount_charged_by_service_point, row.receipt_number), (33.33, "R-7"))
        self.assertEqual((row.user_id, row.transaction_zone), (self.clerk, "UTC"))
        self.assertEqual(self.entitlement.entitlement_balance, 66.67)

    def test_what_was_handed_out_all_the_same_is_kept_for_review(self):
        form = self._form(self.entitlement)
        form.value = "100.01"
        wizard = form.save()
        reviews = self.env["spp.entitlement.transaction.review"]
        with self.assertRaises(UserError):
            wizard.action_book()
        self.assertFalse(reviews.search([("entitlement_id", "=", self.entitlement.id)]))
        for _press in range(2):
            told = self.rpc(self.clerk, wizard, "action_book_or_keep")["params"]
            self.assertEqual((told["title"], told["type"]), ("Kept for Review", "warning"))
            self.assertIn("is left on this entitlement", told["message"])
        review = reviews.search([("entitlement_id", "=", self.entitlement.id)])
        self.assertEqual(
            (review.source, review.state, review.reason_code, review.user_id),
            ("form", "open", "above_balance", self.clerk),
        )
        self.assertFalse(self.entitlement.transaction_ids)
        with self.assertRaises(AccessError):
            self.rpc(self.viewer, wizard, "action_book_or_keep")
        wizard.value = "100"
        told = wizard.action_book_or_keep()["params"]
        self.assertEqual((told["title"], self.entitlement.entitlement_balance), ("Booked", 0))

    def test_goods_are_booked_in_their_unit(self):
        form = self._form(self.goods)
        self.assertEqual((form.balance, form.unit), ("10 kg", "kg"))
        form.value = "2.5"
        form.save().action_book()
        self.assertEqual(self.goods.entitlement_balance, 7.5)

    def test_a_chosen_purchase_is_voided_once(self):
        for entitlement, field_name in ((self.entitlement, "purchase_id"), (self.goods, "inkind_purchase_id")):
            with self.subTest(entitlement._name):
                first, second = self._item(entitlement, 3), self._item(entitlement, 2)
                model = self.env[entitlement._redemption_model]
                [bought, _other] = self._book(first, second, model=model)
                purchase = model.browse(bought["id"])
                form = self._form(entitlement)
                form.transaction_type = "VOID"
                voidable = form.voidable_ids if field_name == "purchase_id" else form.inkind_voidable_ids
                self.assertEqual(set(voidable.ids), set(entitlement.transaction_ids.ids))
                setattr(form, field_name, purchase.with_user(self.clerk))
                self.assertIn(form.value, ("3", "3.00"))
                form.save().action_book()
                self.assertEqual(entitlement.transaction_ids.filtered("purchase_id").purchase_id, purchase)
                again = self._form(entitlement)
                again.transaction_type = "VOID"
                setattr(again, field_name, purchase.with_user(self.clerk))
                again.value = "1"
                with self.assertRaises(AccessError):
                    again.save().action_book()

    def test_what_is_refused_is_said_and_not_kept(self):
        reviews = self.env["spp.entitlement.transaction.review"].search_count([])
        for value, words in (
            ("100.01", "Only"),
            ("0", "above zero"),
            ("ten", "not a number"),
            ("1,50", "not a number"),
        ):
            form = self._form(self.entitlement)
            form.value = value
            with self.subTest(value), self.assertRaises(UserError) as refusal:
                form.save().action_book()
            self.assertIn(words, str(refusal.exception))
        unknown = self._form(self.entitlement)
        unknown.entitlement_code = "no such code"
        unknown.value = "1"
        self.assertFalse(unknown.beneficiary)
        with self.assertRaises(UserError):
            unknown.save().action_book()
        self.assertEqual(self.env["spp.entitlement.transaction.review"].search_count([]), reviews)
        self.assertFalse(self.entitlement.transaction_ids)

    def test_what_comes_after_the_end_is_kept_for_a_correction(self):
        self.cycle.with_user(self.manager).mark_ended()
        form = self._form(self.entitlement)
        form.value = "10"
        action = form.save().action_book()
        self.assertEqual(action["params"]["type"], "warning")
        row = self.env["spp.entitlement.transaction.review"].search([("entitlement_id", "=", self.entitlement.id)])
        self.assertEqual((row.reason_code, row.source), ("late", "form"))

    def test_who_may_use_the_form(self):
        both = self.make_user("both", BOOKER, "spp_programs.group_programs_officer")
        form = self._form(self.entitlement, both)
        form.value = "1"
        form.save().action_book()
        for user in (self.viewer, self.officer, self.validator, self.approver, self.manager, self.stranger):
            for model in ("spp.entitlement.transaction.book", "spp.entitlement.transaction.import"):
                with self.subTest(user=user.login, model=model), self.assertRaises(AccessError):
                    self.rpc(user, self.env[model], "create", {"entitlement_code": "x"})

    def test_no_clerk_reaches_over_to_another_company_or_area(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.clerk.write({"company_id": elsewhere.id, "company_ids": [(6, 0, elsewhere.ids)]})
        form = self._form(self.entitlement)
        self.assertFalse(form.beneficiary)
        form.value = "1"
        with self.assertRaises(UserError):
            form.save().action_book()

    def test_no_clerk_voids_what_another_one_has_booked(self):
        self._book(self._item(self.entitlement, 3))
        other = self.make_user("other_clerk", BOOKER)
        form = self._form(self.entitlement, other)
        form.transaction_type = "VOID"
        self.assertFalse(form.voidable_ids)
        values = {
            "kind": "cash",
            "transaction_type": "VOID",
            "entitlement_code": self.entitlement.code,
            "purchase_id": self.entitlement.transaction_ids.id,
            "voidable_ids": [(6, 0, self.entitlement.transaction_ids.ids)],
            "value": "3",
        }
        self.assertRefused(other, self.env["spp.entitlement.transaction.book"], "create", [values])
        self.assertEqual(self.entitlement.entitlement_balance, 97)

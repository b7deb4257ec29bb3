# Part of the SPP attendance suite. LGPL-3.
"""An approved cycle in Jakarta, users of each role, and transactions as a service point sends them."""

from datetime import date, timedelta
from itertools import count

from freezegun import freeze_time

from odoo.addons.spp_integrity.tests.common import SuiteCase

BOOKER = "spp_entitlement_autoupdate.group_entitlement_transactions_booker"


class RedemptionCase(SuiteCase):
    """An approved cycle over March 2031 of a program in Jakarta (UTC+7); it is 10 March, 10:00 there."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2031-03-10 03:00:00"))
        cls.env.company.partner_id.tz = "Asia/Jakarta"
        cls.currency = cls.env.company.currency_id
        cls.program = cls.make_program(currency_id=cls.currency.id)
        cls.cycle = cls._create_cycle("March")
        cls.people = cls.make_people("Person 0", "Person 1", "Person 2")
        cls.person = cls.people[0]
        cls.rice = cls.env["product.product"].create({"name": "Rice", "uom_id": cls.env.ref("uom.product_uom_kgm").id})
        cls.cash = cls.env["spp.entitlement.transactions"]
        cls.inkind = cls.env["spp.inkind.entitlement.transactions"]
        cls.numbers = count(1)
        cls.clerk = cls.make_user("clerk", BOOKER)
        cls.viewer = cls.make_user("viewer", "spp_programs.group_programs_viewer")
        cls.officer = cls.make_user("officer", "spp_programs.group_programs_officer")
        cls.validator = cls.make_user("validator", "spp_programs.group_programs_validator")
        cls.approver = cls.make_user("approver", "spp_programs.group_programs_cycle_approver")
        cls.manager = cls.make_user("manager", "spp_programs.group_programs_manager")
        cls.stranger = cls.make_user("stranger")

    @classmethod
    def _create_cycle(cls, name, state="approved", **values):
        values = {"name": name, "company_id": cls.program.company_id.id, "state": state, **values}
        return cls.make_cycle(cls.program, "2031-03-01", "2031-03-31", **values)

    @classmethod
    def _create_entitlement(cls, amount=100.0, state="approved", partner=None, **values):
        return cls.env["spp.entitlement"].create(
            {
                "partner_id": (partner or cls.person).id,
                "cycle_id": cls.cycle.id,
                "company_id": cls.program.company_id.id,
                "initial_amount": amount,
                "is_cash_entitlement": True,
                "valid_from": date(2031, 3, 1),
                "valid_until": date(2031, 3, 31),
                "state": state,
                **values,
            }
        )

    @classmethod
    def _create_inkind(cls, quantity=10, state="approved", **values):
        return cls.env["spp.entitlement.inkind"].create(
            {
                "partner_id": cls.person.id,
                "cycle_id": cls.cycle.id,
                "product_id": cls.rice.id,
                "uom_id": cls.rice.uom_id.id,
                "quantity": quantity,
                "valid_from": date(2031, 3, 1),
                "valid_until": date(2031, 3, 31),
                "state": state,
                **values,
            }
        )

    @classmethod
    def _item(cls, entitlement, measure, **values):
        """A purchase as a service point sends it."""
        item = {
            "transaction_uuid": f"test-{next(cls.numbers)}",
            "transaction_type": "PURCHASE",
            "entitlement_id": entitlement.id,
            "partner_id": entitlement.partner_id.id,
            "timestamp_transaction_created": "2031-03-10T09:00:00+07:00",
        }
        if entitlement._name == "spp.entitlement":
            item.update(amount_charged_by_service_point=measure, currency=entitlement.currency_id.name)
        else:
            item["quantity"] = measure
        return {**item, **values}

    @classmethod
    def _void(cls, purchase, measure=None, **values):
        """A void of a purchase that was sent as `purchase`."""
        name = "quantity" if "quantity" in purchase else "amount_charged_by_service_point"
        item = {**purchase, "transaction_uuid": f"test-{next(cls.numbers)}", "transaction_type": "VOID"}
        item["purchase_uuid"] = purchase["transaction_uuid"]
        item[name] = purchase[name] if measure is None else measure
        return {**item, **values}

    def _book(self, *items, model=None):
        return (self.cash if model is None else model).with_user(self.clerk).book(list(items))

    def assertStored(self, results):
        self.assertEqual([result["result"] for result in results], ["stored"] * len(results), results)

    def assertRejected(self, result, words):
        self.assertEqual(result["result"], "rejected", result)
        self.assertFalse(result["id"])
        self.assertIn(words, result["reason"])

    def _end_under(self, policy):
        """End the cycle under a policy for what is left."""
        self.program.unredeemed_policy = policy
        self.cycle.with_user(self.manager).mark_ended()
        self.assertEqual(self.cycle.state, "ended")

    def _day_after_end(self):
        """Context in which the last day of the cycle is over."""
        return freeze_time(self.cycle.end_date + timedelta(days=2))

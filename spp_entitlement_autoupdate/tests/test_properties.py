# Part of the SPP attendance suite. LGPL-3.
"""Random purchases and voids end where a plain model of an entitlement ends, for cash and for goods."""

from decimal import Decimal
from random import Random

from odoo.tests import tagged

from .common import RedemptionCase


class Model:
    """What an entitlement is, in the plainest way: a balance and its purchases."""

    def __init__(self, initial):
        self.initial = self.balance = initial
        self.purchases = {}

    def purchase(self, uuid, value):
        if not 0 < value <= self.balance:
            return False
        self.balance -= value
        self.purchases[uuid] = [value, False]
        return True

    def void(self, uuid, value):
        purchase = self.purchases.get(uuid)
        if not purchase or purchase[1] or not 0 < value <= purchase[0]:
            return False
        self.balance += value
        purchase[1] = True
        return True

    @property
    def state(self):
        if self.balance == self.initial:
            return "approved"
        return "parrdpd2ben" if self.balance else "rdpd2ben"


@tagged("post_install", "-at_install")
class TestProperties(RedemptionCase):
    """Any sequence of purchases and voids, sent in any batches and some of it twice, gives what the plain model gives."""

    def _sequence(self, random, entitlements, models, step):
        """Items and what the plain model says about each."""
        sent, stored = [], set()
        for _number in range(random.randint(1, 40)):
            value = random.randint(0, 12) * step * random.choice((1, 1, 3))
            bought = [item for item, _value in sent if item["transaction_type"] == "PURCHASE"]
            if sent and random.random() < 0.2:
                item, value = random.choice(sent)
            else:
                entitlement = random.choice(entitlements)
                if bought and random.random() < 0.35:
                    item = self._void(random.choice(bought), float(value))
                    item.update(entitlement_id=entitlement.id, partner_id=entitlement.partner_id.id)
                else:
                    item = self._item(entitlement, float(value))
                sent.append((item, value))
            if item["transaction_uuid"] in stored:
                yield dict(item), "duplicate"
                continue
            model = models[item["entitlement_id"]]
            if item["transaction_type"] == "VOID":
                fits = model.void(item["purchase_uuid"], value)
            else:
                fits = model.purchase(item["transaction_uuid"], value)
            if fits:
                stored.add(item["transaction_uuid"])
            yield dict(item), "stored" if fits else "rejected"

    def _check(self, seed, create, transactions, initial_step, step):
        random = Random(seed)
        initials = [random.randint(1, 30) * initial_step for _number in range(3)]
        entitlements = [create(float(initial)) for initial in initials]
        models = {entitlement.id: Model(initial) for entitlement, initial in zip(entitlements, initials, strict=True)}
        pairs = list(self._sequence(random, entitlements, models, step))
        while pairs:
            size = random.randint(1, 9)
            batch, pairs = pairs[:size], pairs[size:]
            results = self._book(*(item for item, _expected in batch), model=transactions)
            self.assertEqual([result["result"] for result in results], [outcome for _item, outcome in batch])
        for entitlement in entitlements:
            self.assertEqual(Decimal(str(entitlement.entitlement_balance)), models[entitlement.id].balance)
        self._close_and_check(entitlements, models)

    def _close_and_check(self, entitlements, models):
        kinds = entitlements[0]
        in_cycle = [("cycle_id", "=", self.cycle.id)]
        count = kinds.search_count(in_cycle)
        closing = self.program.get_manager(self.program.MANAGER_CYCLE).check_cycle_entitlements(self.cycle)
        self.assertEqual(closing.state, "done")
        for entitlement in entitlements:
            self.assertEqual(entitlement.state, models[entitlement.id].state)
        self.assertEqual(kinds.search_count(in_cycle), count)
        self.assertEqual(closing.redeemed_count + closing.partial_count + closing.unredeemed_count, count)

    def test_cash(self):
        for seed in range(12):
            with self.subTest(seed=seed):
                self._check(seed, self._create_entitlement, self.cash, Decimal("0.37"), Decimal("0.37"))

    def test_inkind(self):
        for seed in range(100, 112):
            with self.subTest(seed=seed):
                self._check(seed, self._create_inkind, self.inkind, Decimal("1"), Decimal("0.25"))

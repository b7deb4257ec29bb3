# Part of the SPP attendance suite. LGPL-3.
"""Any purchases and voids, sent in any order and some of them more than once, come to what a plain model says."""

from collections import Counter
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.rpc import Client

_ENTITLEMENTS = 3
#: Kind -> (model of entitlements, model of transactions, what is redeemed of it, entitled value, smallest step)
_KINDS = {
    "cash": ("spp.entitlement", "spp.entitlement.transactions", "amount_charged_by_service_point", "99.99", "0.01"),
    "yen": ("spp.entitlement", "spp.entitlement.transactions", "amount_charged_by_service_point", "99", "1"),
    "inkind": ("spp.entitlement.inkind", "spp.inkind.entitlement.transactions", "quantity", "3", "0.25"),
}
_POLICIES = ("keep", "expire", "carry_over")
#: Shares of the entitled value, and steps added to them.
_VALUES = st.tuples(st.sampled_from([0, 1, 1, 1, 2, 3]), st.sampled_from([-1, 0, 0, 0, 1]))


@st.composite
def stories(draw):
    """(purchases, voids, batches): purchases are (entitlement, value), voids (purchase, value), batches lists of numbers.

    Number n is the purchase n, and behind these the voids. A void may come before its purchase, or without it.
    """
    purchases = draw(st.lists(st.tuples(st.integers(0, _ENTITLEMENTS - 1), _VALUES), min_size=1, max_size=8))
    voids = draw(st.lists(st.tuples(st.integers(0, len(purchases) - 1), _VALUES), max_size=6))
    numbers = st.integers(0, len(purchases) + len(voids) - 1)
    return purchases, voids, draw(st.lists(st.lists(numbers, min_size=1, max_size=8), min_size=1, max_size=4))


class Plain:
    """What entitlements are, in the plainest way: balances, and purchases with the value that may be voided."""

    def __init__(self, initial):
        self.initial = initial
        self.balances = [initial] * _ENTITLEMENTS
        self.seen, self.open = set(), {}

    def book(self, number, purchase, entitlement, value):
        """What the answer to an item has to be; `purchase` is the number of the voided one, None when it is none."""
        if number in self.seen:
            return "duplicate"
        fits = 0 < value <= (self.balances[entitlement] if purchase is None else self.open.get(purchase, 0))
        if not fits:
            return "rejected"
        self.seen.add(number)
        if purchase is None:
            self.open[number] = value
            self.balances[entitlement] -= value
        else:
            del self.open[purchase]
            self.balances[entitlement] += value
        return "stored"

    def states(self, policy):
        untouched = "approved" if policy == "keep" else "expired"
        return [
            untouched if balance == self.initial else "parrdpd2ben" if balance else "rdpd2ben"
            for balance in self.balances
        ]


class Office:
    """A server with a program for each kind and policy, to which cycles are added."""

    def __init__(self, server):
        self.admin = Client(server.url, server.database, "admin", "admin")
        create = self.admin.call
        self._numbers = count(1)
        (self._person,) = create("res.partner", "create", [{"name": "Person", "is_registrant": True}])
        kilogram = self.admin.ref("uom.product_uom_kgm")
        (self._rice,) = create("product.product", "create", [{"name": "Rice", "uom_id": kilogram}])
        yen = create("res.currency", "search", [("name", "=", "JPY"), ("active", "in", (True, False))])
        create("res.currency", "write", yen, {"active": True})
        self._programs = {
            (kind, policy): create(
                "spp.program",
                "create",
                [
                    {
                        "name": f"{kind} {policy}",
                        "target_type": "individual",
                        "unredeemed_policy": policy,
                        **({"currency_id": yen[0]} if kind == "yen" else {}),
                    }
                ],
            )[0]
            for kind in _KINDS
            for policy in _POLICIES
        }
        (program,) = create("spp.program", "read", [self._programs["cash", "keep"]], ["currency_id"])
        self.currencies = {"cash": program["currency_id"][1], "yen": "JPY"}

    def add_cycle(self, kind, policy):
        """A cycle with entitlements; (its id, their ids)."""
        number = next(self._numbers)
        days = {"start_date": "2025-10-01", "end_date": "2025-10-31"}
        values = {"name": f"Cycle {number}", "program_id": self._programs[kind, policy], "state": "approved", **days}
        (cycle,) = self.admin.call("spp.cycle", "create", [values], context={"spp_historical_import": True})
        model, _transactions, _measure, initial, _step = _KINDS[kind]
        values = {"partner_id": self._person, "cycle_id": cycle, "state": "approved"}
        values |= {"valid_from": "2025-10-01", "valid_until": "2025-10-31"}
        if kind == "inkind":
            values |= {"product_id": self._rice, "quantity": int(initial)}
        else:
            values |= {"initial_amount": float(initial), "is_cash_entitlement": True}
        return cycle, self.admin.call(
            model, "create", [values] * _ENTITLEMENTS, context={"spp_historical_import": True}
        )

    def item(self, kind, cycle, number, entitlement, value, purchase=None):
        """A transaction as a service point sends it."""
        measure = _KINDS[kind][2]
        return {
            "transaction_uuid": f"{cycle}-{number}",
            "transaction_type": "PURCHASE" if purchase is None else "VOID",
            "entitlement_id": entitlement,
            "partner_id": self._person,
            "timestamp_transaction_created": "2025-10-15T10:00:00Z",
            measure: str(value),
            **({"currency": self.currencies[kind]} if kind in self.currencies else {}),
            **({} if purchase is None else {"purchase_uuid": f"{cycle}-{purchase}"}),
        }

    def reconcile(self, cycle):
        """Sums of the reconciliation of a cycle as Decimals: (entitled, redeemed, what is left in any way)."""
        names = ["initial_value", "redeemed_value", "remaining_value", "expired_value", "carried_value", "difference"]
        found = self.admin.call("spp.redemption.reconciliation", "search_read", [("cycle_id", "=", cycle)], names)
        assert not any(row["difference"] for row in found)
        initial, redeemed, *left = (sum(Decimal(str(row[name])) for row in found) for name in names[:-1])
        assert initial == redeemed + sum(left)
        return initial, redeemed, sum(left)


@pytest.fixture(scope="module")
def office(serve):
    with serve("redemption_properties") as server:
        yield Office(server)


@pytest.mark.parametrize("kind", _KINDS)
@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(story=stories(), policy=st.sampled_from(_POLICIES))
def test_balances_and_states(office, kind, story, policy):
    purchases, voids, batches = story
    model, transactions, _measure, initial, step = _KINDS[kind]
    initial, step = Decimal(initial), Decimal(step)
    cycle, entitlements = office.add_cycle(kind, policy)
    plain = Plain(initial)

    def value(drawn):
        share, steps = drawn
        return initial * share / 3 + steps * step

    items = [(None, entitlement, value(drawn)) for entitlement, drawn in purchases]
    items += [(purchase, purchases[purchase][0], value(drawn)) for purchase, drawn in voids]
    for batch in batches:
        expected = [plain.book(number, *items[number]) for number in batch]
        answers = office.admin.call(
            transactions,
            "book",
            [
                office.item(kind, cycle, number, entitlements[entitlement], amount, purchase)
                for number in batch
                for purchase, entitlement, amount in [items[number]]
            ],
        )
        assert [answer["result"] for answer in answers] == expected

    def read():
        rows = office.admin.call(model, "read", entitlements, ["state", "entitlement_balance"])
        assert [Decimal(str(row["entitlement_balance"])) for row in rows] == plain.balances
        return [row["state"] for row in rows]

    assert read() == ["approved"] * _ENTITLEMENTS
    before = office.reconcile(cycle)
    assert before == (
        initial * _ENTITLEMENTS,
        sum(initial - balance for balance in plain.balances),
        sum(plain.balances),
    )
    office.admin.call("spp.cycle", "mark_ended", [cycle])
    assert Counter(read()) == Counter(plain.states(policy))
    assert read() == plain.states(policy)
    assert office.reconcile(cycle) == before

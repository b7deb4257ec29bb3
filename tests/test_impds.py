# Part of the SPP attendance suite. LGPL-3.
"""50,116 ration transactions of 22 months are booked, compared with what was declared, and their cycles are closed.

Every figure is worked out once more from the published files.
"""

import json
from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from tests import impds

#: Month -> (transactions in the detail, transactions declared), from the description of the data.
DIFFERENCES = {
    "2019-07": (83, 79),
    "2020-10": (3578, 3577),
    "2021-02": (3948, 3946),
    "2021-03": (5618, 5617),
}
TRANSACTIONS = 50116


def published(name):
    return json.loads((impds.FOLDER / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def scheme(serve):
    with serve("impds") as server:
        yield impds.Portability(server)


@pytest.fixture(scope="module")
def statements(scheme):
    """What was declared and booked: dict (month, product or None) -> statement."""
    fields = ["cycle_id", "product_id", "declared_count", "booked_count", "count_difference", "state"]
    fields += ["declared_value", "booked_value", "value_difference"]
    names = {cycle: f"{month:%Y-%m}" for month, cycle in scheme.cycles.items()}
    products = {product: name for name, product in scheme.products.items()}
    found = scheme.admin.call("spp.redemption.statement", "search_read", [], fields)
    return {(names[row["cycle_id"][0]], row["product_id"] and products[row["product_id"][0]]): row for row in found}


def test_division_is_exact():
    """The rations of a month add up to its grams, and there is one for each transaction of the detail."""
    grams, count = Counter(), Counter()
    for one in impds.rations():
        assert one.grams > 0
        grams[f"{one.month:%Y-%m}", one.product] += one.grams
        count[f"{one.month:%Y-%m}", one.sale, one.home] += 1
    declared = {}
    for row in published("monthly_stats"):
        for product in impds.PRODUCTS:
            kilograms = Decimal(row[f"{product.lower()}_in_kg"])
            declared[f"{row['year']}-{row['month']}", product] = int(kilograms * 1000)
    assert grams == declared
    detail = Counter()
    for row in published("overall_sale_data"):
        detail[f"{row['year']}-{row['month']}", row["sale_state"], row["home_state"]] += int(row["transactions"])
    assert count == detail


def test_everything_was_booked(scheme):
    assert scheme.results == {"stored": TRANSACTIONS}


def test_four_months_do_not_reconcile(scheme, statements):
    """And no other: neither in the number of transactions nor in wheat or rice."""
    differing = {
        month: (row["booked_count"], row["declared_count"])
        for (month, _product), row in statements.items()
        if row["state"] == "differs"
    }
    assert differing == DIFFERENCES
    assert len(statements) == 3 * len(scheme.cycles) == 66
    found = scheme.admin.call("spp.redemption.statement", "search_count", [("state", "=", "differs")])
    assert found == len(DIFFERENCES)
    for (month, product), row in statements.items():
        booked, declared = DIFFERENCES.get(month, (0, 0)) if not product else (0, 0)
        assert (row["count_difference"], row["value_difference"]) == (booked - declared, 0)


def test_totals_are_those_of_the_file(statements):
    detail = Counter()
    for row in published("overall_sale_data"):
        detail[f"{row['year']}-{row['month']}"] += int(row["transactions"])
    assert sum(detail.values()) == TRANSACTIONS
    for row in published("monthly_stats"):
        month = f"{row['year']}-{row['month']}"
        assert statements[month, False]["booked_count"] == detail[month]
        assert statements[month, False]["declared_count"] == int(row["total_txn"])
        for product in impds.PRODUCTS:
            kilograms = Decimal(row[f"{product.lower()}_in_kg"])
            assert Decimal(str(statements[month, product]["booked_value"])) == kilograms


def test_one_service_point(scheme):
    """A statement of one sale state looks at its transactions only."""
    declared = [row for row in published("overall_sale_data") if (row["year"], row["month"]) == ("2021", "04")]
    count = defaultdict(int)
    for row in declared:
        count[row["sale_state"]] += int(row["transactions"])
    (cycle,) = (cycle for month, cycle in scheme.cycles.items() if f"{month:%Y-%m}" == "2021-04")
    ids = scheme.admin.call(
        "spp.redemption.statement",
        "create",
        [
            {
                "cycle_id": cycle,
                "kind": "inkind",
                "declares": "count",
                "service_point_id": point,
                "declared_count": count[name] + (name == "TELANGANA"),
            }
            for name, point in scheme.points.items()
        ],
    )
    rows = scheme.admin.call("spp.redemption.statement", "read", ids, ["state", "count_difference", "service_point_id"])
    differing = [(row["service_point_id"][0], row["count_difference"]) for row in rows if row["state"] == "differs"]
    assert differing == [(scheme.points["TELANGANA"], -1)]
    scheme.admin.call("spp.redemption.statement", "unlink", ids)


def test_closed_and_reconciled(scheme, rows):
    """Every ration is redeemed, and the reconciliation has the numbers of the file by month, sale state and home state."""
    scheme.end_cycles()
    states = "SELECT state, COUNT(*) FROM spp_entitlement_inkind WHERE entitlement_balance = 0 GROUP BY state"
    assert rows(scheme.server, states) == [("rdpd2ben", TRANSACTIONS)]
    cycles = {cycle: f"{month:%Y-%m}" for month, cycle in scheme.cycles.items()}
    homes, points = ({number: name for name, number in names.items()} for names in (scheme.areas, scheme.points))
    groups = scheme.admin.call(
        "spp.redemption.reconciliation",
        "formatted_read_group",
        [("program_id", "=", scheme.program), ("service_point_id", "!=", False)],
        ["cycle_id", "service_point_id", "area_id"],
        ["purchase_count:sum", "initial_value:sum", "redeemed_value:sum", "difference:sum"],
    )
    counts, grams = {}, Counter()
    for group in groups:
        month = cycles[group["cycle_id"][0]]
        counts[month, points[group["service_point_id"][0]], homes[group["area_id"][0]]] = group["purchase_count:sum"]
        assert group["initial_value:sum"] == group["redeemed_value:sum"]
        assert not group["difference:sum"]
        grams[month] += int(group["redeemed_value:sum"])
    detail = {
        (f"{row['year']}-{row['month']}", row["sale_state"], row["home_state"]): int(row["transactions"])
        for row in published("overall_sale_data")
    }
    assert counts == detail
    declared = {
        f"{row['year']}-{row['month']}": int(sum(1000 * Decimal(row[f"{name}_in_kg"]) for name in ("wheat", "rice")))
        for row in published("monthly_stats")
    }
    assert grams == declared
    runs = scheme.admin.call(
        "spp.cycle.closing",
        "search_read",
        [("program_id", "=", scheme.program)],
        ["cycle_id", "reconciliation", "state"],
    )
    kept = {
        cycles[run["cycle_id"][0]]: sum(int(row["redeemed_value"]) for row in run["reconciliation"]["totals"])
        for run in runs
    }
    assert kept == declared
    assert {run["state"] for run in runs} == {"done"}

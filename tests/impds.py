# Part of the SPP attendance suite. LGPL-3.
"""Ration transactions of India's portability scheme, as in-kind entitlements of one cycle a month with a purchase each.

The files say how many transactions people of a home state made in a sale state in a month, and separately how many there were in
the month and how many kilograms of wheat and rice were handed out. What a single transaction took is not known: the month's grams
are divided over its transactions, each of which took either wheat or rice. Nobody is known by name: a home state is one
registrant.
"""

import json
from collections import Counter, namedtuple
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from bench.data import copy_row
from tools.database import connect
from tools.rpc import Client

FOLDER = Path(__file__).parent / "data" / "impds-ration-portability"
PRODUCTS = ("Wheat", "Rice")
_BATCH = 2000

#: month: first day (date); transactions: number; wheat, rice: whole grams.
Month = namedtuple("Month", "month transactions wheat rice")
#: month: first day; sale, home: states as the file writes them; transactions: number.
Sale = namedtuple("Sale", "month sale home transactions")
#: One transaction: product is one of PRODUCTS, grams a whole number.
Ration = namedtuple("Ration", "month sale home product grams")


def _read(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


def _first_day(row):
    return date(int(row["year"]), int(row["month"]), 1)


def _grams(text):
    grams = Decimal(text) * 1000
    if grams != int(grams):
        raise ValueError(f"{text} kg are not whole grams")
    return int(grams)


def months():
    """The months as declared."""
    return [
        Month(_first_day(row), int(row["total_txn"]), _grams(row["wheat_in_kg"]), _grams(row["rice_in_kg"]))
        for row in _read("monthly_stats")
    ]


def sales():
    """The numbers of transactions by sale state and home state."""
    return [
        Sale(_first_day(row), row["sale_state"], row["home_state"], int(row["transactions"]))
        for row in _read("overall_sale_data")
    ]


def rations():
    """Every single transaction; those of a month add up to its grams."""
    places = {month.month: [] for month in months()}
    for sale in sales():
        places[sale.month] += [(sale.sale, sale.home)] * sale.transactions
    for month in months():
        here = places[month.month]
        number, total = len(here), month.wheat + month.rice
        with_wheat = min(max(round(number * month.wheat / total), 1), number - 1)
        of_product = [PRODUCTS[_share(with_wheat, number, position) == 0] for position in range(number)]
        counts, seen = Counter(of_product), Counter()
        for (sale, home), product in zip(here, of_product, strict=True):
            grams = _share(getattr(month, product.lower()), counts[product], seen[product])
            seen[product] += 1
            yield Ration(month.month, sale, home, product, grams)


def _share(total, number, position):
    """The part at a position of a whole number that is divided into so many parts as evenly as possible."""
    return (position + 1) * total // number - position * total // number


class Portability:
    """The scheme on a running server: a program with a distributed cycle for each month, its rations bought, and what was declared.

    Attributes: `admin` (signed-in user), `program`, `cycles` (month -> id), `results` (Counter of what booking answered).
    """

    def __init__(self, server):
        self.server = server
        self.admin = Client(server.url, server.database, "admin", "admin")
        self.results = Counter()
        create = self.admin.call
        (self.program,) = create("spp.program", "create", [{"name": "Ration Portability", "target_type": "individual"}])
        self._gram, self._kilogram = (self.admin.ref(f"uom.product_uom_{name}") for name in ("gram", "kgm"))
        ids = create("product.product", "create", [{"name": name, "uom_id": self._gram} for name in PRODUCTS])
        self.products = dict(zip(PRODUCTS, ids, strict=True))
        self._create_places()
        self._create_cycles()
        self._create_entitlements()
        self._buy()
        self._declare()

    def _create_places(self):
        create = self.admin.call
        homes, points = (sorted({getattr(sale, name) for sale in sales()}) for name in ("home", "sale"))
        areas = create("spp.area", "create", [{"draft_name": home, "code": home} for home in homes])
        people = create(
            "res.partner",
            "create",
            [
                {"name": f"Ration cards of {home}", "is_registrant": True, "area_id": area}
                for home, area in zip(homes, areas, strict=True)
            ],
        )
        self.areas = dict(zip(homes, areas, strict=True))
        self.people = dict(zip(homes, people, strict=True))
        ids = create("spp.service.point", "create", [{"name": name} for name in points])
        self.points = dict(zip(points, ids, strict=True))

    def _create_cycles(self):
        found = [month.month for month in months()]
        ids = self.admin.call(
            "spp.cycle",
            "create",
            [
                {
                    "name": f"{month:%Y-%m}",
                    "program_id": self.program,
                    "start_date": str(month),
                    "end_date": str(last_day(month)),
                    "state": "distributed",
                }
                for month in found
            ],
            context={"spp_historical_import": True},
        )
        self.cycles = dict(zip(found, ids, strict=True))

    def _create_entitlements(self):
        """Copies of one that Odoo has made, in one statement."""
        first = months()[0].month
        seed = {
            "partner_id": next(iter(self.people.values())),
            "cycle_id": self.cycles[first],
            "product_id": self.products["Rice"],
            "uom_id": self._gram,
            "quantity": 1,
            "state": "approved",
        }
        (seed,) = self.admin.call("spp.entitlement.inkind", "create", [seed], context={"spp_historical_import": True})
        with closing(connect(self.server.database)) as connection, connection, connection.cursor() as cursor:
            cursor.execute(
                "CREATE TEMPORARY TABLE ration (n int, cycle int, person int, product int, grams int, month date)"
            )
            rows = [
                (
                    number,
                    self.cycles[one.month],
                    self.people[one.home],
                    self.products[one.product],
                    one.grams,
                    one.month,
                )
                for number, one in enumerate(rations())
            ]
            cursor.execute(
                "INSERT INTO ration SELECT * FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[], %s::int[], %s::date[])",
                [list(column) for column in zip(*rows, strict=True)],
            )
            self._first_entitlement = copy_row(
                cursor,
                "spp_entitlement_inkind",
                seed,
                "ration",
                {
                    "id": "n + {first}",
                    "code": "'ration-' || n",
                    "partner_id": "person",
                    "cycle_id": "cycle",
                    "product_id": "product",
                    "quantity": "grams",
                    "entitlement_balance": "grams",
                    "valid_from": "month",
                    "valid_until": "month + interval '1 month' - interval '1 day'",
                },
            )
            cursor.execute("DELETE FROM spp_entitlement_inkind WHERE id = %s", [seed])
        with closing(connect(self.server.database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE spp_entitlement_inkind")

    def _buy(self):
        """Book every ration at the service point of its sale state, on a day of its month."""
        items = []
        for number, one in enumerate(rations()):
            day = one.month + timedelta(number % last_day(one.month).day)
            items.append(
                {
                    "transaction_uuid": f"ration-{number}",
                    "transaction_type": "PURCHASE",
                    "entitlement_id": self._first_entitlement + number,
                    "partner_id": self.people[one.home],
                    "timestamp_transaction_created": f"{day}T09:00:00Z",
                    "service_point_id": self.points[one.sale],
                    "quantity": one.grams,
                }
            )
        for start in range(0, len(items), _BATCH):
            for answer in self.admin.call("spp.inkind.entitlement.transactions", "book", items[start : start + _BATCH]):
                self.results[answer["result"]] += 1

    def _declare(self):
        """What was declared for each month: the number of transactions, and the kilograms of each product."""
        statements = []
        for month in months():
            common = {"cycle_id": self.cycles[month.month], "kind": "inkind", "name": f"{month.month:%B %Y}"}
            statements.append({**common, "declares": "count", "declared_count": month.transactions})
            statements += [
                {
                    **common,
                    "declares": "value",
                    "product_id": product,
                    "uom_id": self._kilogram,
                    "declared_value": getattr(month, name.lower()) / 1000,
                }
                for name, product in self.products.items()
            ]
        self.admin.call("spp.redemption.statement", "create", statements)

    def end_cycles(self):
        """End every cycle, as a person does."""
        for cycle in self.cycles.values():
            self.admin.call("spp.cycle", "mark_ended", [cycle])


def last_day(month):
    """The last day of a month that is named by its first."""
    return (month + timedelta(31)).replace(day=1) - timedelta(1)

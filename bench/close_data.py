# Part of the SPP attendance suite. LGPL-3.
"""Cycles whose entitlements have two transactions each; the same every time.

Which way an entitlement is redeemed is drawn by multiples of the golden section (see `bench.data`). People are in twenty areas,
and transactions at twenty service points.
"""

from contextlib import closing

from bench.data import copy_row
from tools.database import connect

#: Table of entitlements -> column of the audit rows that points at it.
KINDS = {"spp_entitlement": "entitlement_id", "spp_entitlement_inkind": "inkind_entitlement_id"}
#: Table of transactions -> column of what they redeem.
MEASURES = {
    "spp_entitlement_transactions": "amount_charged_by_service_point",
    "spp_inkind_entitlement_transactions": "quantity",
}
#: Table of entitlements -> (table of its transactions, entitled value and a third of it in SQL)
_VALUES = {
    "spp_entitlement": ("spp_entitlement_transactions", "99.99", "33.33"),
    "spp_entitlement_inkind": ("spp_inkind_entitlement_transactions", "12", "4"),
}
_PEOPLE, _PLACES = 20_000, 20
_FIRST_DAY, _LAST_DAY = "2025-10-01", "2025-10-31"
_DRAWN = "(n + 1)::bigint * 1327217884 % 2147483647 * 10 / 2147483647"
# Of ten entitlements five are redeemed by two purchases, two in part, one in part after a void, and two were voided wholly.
_FIRST = (
    f"CASE WHEN {_DRAWN} < 5 THEN 2 * {{third}} WHEN {_DRAWN} < 7 THEN {{third}}"
    f" WHEN {_DRAWN} < 8 THEN 2 * {{third}} ELSE {{all}} END"
)
_SECOND = f"CASE WHEN {_DRAWN} < 8 THEN {{third}} ELSE {{all}} END"
_IS_VOID = f"{_DRAWN} >= 7"
_BALANCE = (
    f"CASE WHEN {_DRAWN} < 5 THEN 0 WHEN {_DRAWN} < 7 THEN {{third}}"
    f" WHEN {_DRAWN} < 8 THEN 2 * {{third}} ELSE {{all}} END"
)


class Cycles:
    """The rows of the workload on one database.

    :param admin: `tools.rpc.Client` of the administrator
    :param database: its name
    """

    def __init__(self, admin, database):
        self.admin, self.database = admin, database
        self._make_seeds()
        with closing(connect(database)) as connection, connection, connection.cursor() as cursor:
            person = {
                "id": "n + {first}",
                "name": "'Person ' || n",
                "complete_name": "'Person ' || n",
                "commercial_partner_id": "n + {first}",
                "area_id": self._pick(self._areas),
            }
            numbers = f"generate_series(0, {_PEOPLE - 1}) n"
            self._first_person = copy_row(cursor, "res_partner", self._person, numbers, person)

    def _make_seeds(self):
        create = self.admin.call
        self._areas = create(
            "spp.area", "create", [{"draft_name": f"Area {n}", "code": f"bench-{n}"} for n in range(_PLACES)]
        )
        self._points = create("spp.service.point", "create", [{"name": f"Shop {n}"} for n in range(_PLACES)])
        (self._person,) = create("res.partner", "create", [{"name": "Person", "is_registrant": True}])
        (self._program,) = create("spp.program", "create", [{"name": "Program", "target_type": "individual"}])
        cycle = self._create_cycle("Seeds")
        (product,) = create("product.product", "create", [{"name": "Rice"}])
        common = {"partner_id": self._person, "cycle_id": cycle, "state": "approved"}
        common |= {"valid_from": _FIRST_DAY, "valid_until": _LAST_DAY}
        seeds = {
            "spp_entitlement": {"initial_amount": 99.99, "is_cash_entitlement": True},
            "spp_entitlement_inkind": {"product_id": product, "quantity": 12},
        }
        program = create("spp.program", "read", [self._program], ["currency_id"])[0]
        (currency,) = create("res.currency", "read", [program["currency_id"][0]], ["name"])
        self._seeds = {}
        for table, values in seeds.items():
            (entitlement,) = create(
                table.replace("_", "."), "create", [common | values], context={"spp_historical_import": True}
            )
            transactions = _VALUES[table][0]
            model = transactions.replace("_", ".")
            purchase = {
                "transaction_uuid": f"seed {table}",
                "transaction_type": "PURCHASE",
                "entitlement_id": entitlement,
                "partner_id": self._person,
                "timestamp_transaction_created": "2025-10-15T10:00:00Z",
                "currency": currency["name"],
                "service_point_id": self._points[0],
                MEASURES[transactions]: 4,
            }
            (booked,) = create(model, "book", [purchase])
            self._seeds[table] = entitlement, booked["id"]

    def _create_cycle(self, name):
        (cycle,) = self.admin.call(
            "spp.cycle",
            "create",
            [
                {
                    "name": name,
                    "program_id": self._program,
                    "start_date": _FIRST_DAY,
                    "end_date": _LAST_DAY,
                    "state": "approved",
                }
            ],
            context={"spp_historical_import": True},
        )
        return cycle

    def add(self, name, size):
        """An approved cycle with entitlements and their transactions.

        :param name: its name
        :param size: number of entitlements, a multiple of four
        :return: its id
        """
        with closing(connect(self.database)) as connection, connection, connection.cursor() as cursor:
            cycle = self._copy_cycle(cursor, name)
            for table, number in zip(KINDS, (size // 4 * 3, size // 4), strict=True):
                self._copy_entitlements(cursor, table, cycle, number)
        return cycle

    def settle(self):
        """Let PostgreSQL do now what it would do in the background of what is measured next."""
        with closing(connect(self.database)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
                cursor.execute("CHECKPOINT")

    def _copy_cycle(self, cursor, name):
        cursor.execute("SELECT id FROM spp_cycle WHERE program_id = %s AND name = 'Seeds'", [self._program])
        return copy_row(
            cursor,
            "spp_cycle",
            cursor.fetchone()[0],
            "generate_series(0, 0) n",
            {"id": "n + {first}", "name": f"'{name}'", "state": "'approved'"},
        )

    def _copy_entitlements(self, cursor, table, cycle, number):
        transactions, entitled, third = _VALUES[table]
        entitlement, purchase = self._seeds[table]
        numbers = f"generate_series(0, {number - 1}) n"
        person = f"{self._first_person} + n % {_PEOPLE}"
        values = {"all": entitled, "third": third}
        first = copy_row(
            cursor,
            table,
            entitlement,
            numbers,
            {
                "id": "n + {first}",
                "code": f"'{cycle}-' || n",
                "partner_id": person,
                "cycle_id": str(cycle),
                "state": "CASE WHEN n % 7 = 0 THEN 'trans2FSP' ELSE 'approved' END",
                "entitlement_balance": _BALANCE.format(**values),
            },
        )
        void = f"second AND {_IS_VOID}"
        copy_row(
            cursor,
            transactions,
            purchase,
            f"{numbers} CROSS JOIN (VALUES (0, FALSE), (1, TRUE)) part (number, second)",
            {
                "id": "n * 2 + part.number + {first}",
                "transaction_uuid": f"'{table}-{cycle}-' || n || '-' || part.number",
                "entitlement_id": f"n + {first}",
                "partner_id": person,
                "cycle_id": str(cycle),
                "service_point_id": self._pick(self._points),
                "transaction_type": f"CASE WHEN {void} THEN 'VOID' ELSE 'PURCHASE' END",
                "purchase_id": f"CASE WHEN {void} THEN n * 2 + {{first}} END",
                MEASURES[transactions]: f"CASE WHEN second THEN {_SECOND} ELSE {_FIRST} END".format(**values),
                "transaction_date": f"DATE '{_FIRST_DAY}' + n % 31",
            },
        )

    @staticmethod
    def _pick(ids):
        return f"(ARRAY[{', '.join(map(str, ids))}])[n % {len(ids)} + 1]"

# Part of the SPP attendance suite. LGPL-3.
"""PostgreSQL does twice the work for twice the entitlements at the end of a cycle, and no more."""

from odoo.tests import tagged
from odoo.tools import SQL

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestClosingPlan(RedemptionCase):
    def _rows(self, query):
        """How many rows PostgreSQL touches for a query, in all steps of its plan."""
        [([plan],)] = [(found,) for (found,) in self.env.execute_query(SQL("EXPLAIN (ANALYZE, FORMAT JSON) %s", query))]

        def count(node):
            rows = (
                node["Actual Rows"] + node.get("Rows Removed by Join Filter", 0) + node.get("Rows Removed by Filter", 0)
            )
            return rows * node["Actual Loops"] + sum(count(inner) for inner in node.get("Plans", ()))

        return count(plan["Plan"])

    def test_twice_as_many_are_twice_the_work(self):
        """Also right after the transactions were loaded, when PostgreSQL has no statistics of the cycle yet."""
        self.env.cr.execute("SET LOCAL enable_seqscan = off")  # tables as small as these are read whole instead
        for create, transactions in ((self._create_entitlement, self.cash), (self._create_inkind, self.inkind)):
            entitlements, rows = [], []
            for _round in range(2):
                entitlements += [create(10) for _number in range(60)]
                self.assertStored(
                    self._book(*(self._item(entitlement, 4) for entitlement in entitlements[-60:]), model=transactions)
                )
                self.env.flush_all()
                run = self.env["spp.cycle.closing"]._open(self.cycle)
                within = SQL("BETWEEN %s AND %s", entitlements[0].id, entitlements[-1].id)
                rows.append(self._rows(run._judged(entitlements[0]._name, within, from_transactions=True)))
            with self.subTest(transactions._name):
                self.assertLess(rows[1], 2.5 * rows[0])

# Part of the SPP attendance suite. LGPL-3.
"""Close a cycle as somebody would write it in plain SQL: one statement per chunk, each a transaction, audit rows included.

It knows neither exceptions nor what a program does with the rest, and goes past Odoo.
"""

import time
from contextlib import closing

from bench.close_data import KINDS, MEASURES
from tools.database import connect

_INITIAL = {"spp_entitlement": "initial_amount", "spp_entitlement_inkind": "quantity"}
_CLOSE = """
    WITH redeemed AS (
             SELECT entitlement_id,
                    SUM(CASE transaction_type WHEN 'VOID' THEN -{measure} ELSE {measure} END) AS redeemed
               FROM {transactions}
              WHERE entitlement_id BETWEEN %(first)s AND %(last)s GROUP BY entitlement_id),
         target AS (
             SELECT e.id, e.state, e.{initial} - r.redeemed AS balance,
                    CASE WHEN e.{initial} = r.redeemed THEN 'rdpd2ben' ELSE 'parrdpd2ben' END AS new_state
               FROM {entitlements} e JOIN redeemed r ON r.entitlement_id = e.id
              WHERE e.id BETWEEN %(first)s AND %(last)s AND e.cycle_id = %(cycle)s
                AND e.state IN ('approved', 'trans2FSP', 'parrdpd2ben') AND r.redeemed > 0),
         changed AS (
             UPDATE {entitlements} e SET state = target.new_state, write_uid = 1, write_date = %(now)s
               FROM target WHERE e.id = target.id AND target.state <> target.new_state
          RETURNING e.id, target.state AS old_state, target.new_state, target.balance)
    INSERT INTO spp_entitlement_state_change (
        cycle_id, closing_id, cause, {reference}, old_state, new_state, balance, expired_value, carried_value, user_id, date
    )
    SELECT %(cycle)s, %(run)s, 'end', id, old_state, new_state, balance, 0, 0, 1, %(now)s FROM changed
"""


def close(database, cycle, chunk):
    """Close a cycle.

    :param cycle: its id
    :param chunk: number of entitlements in one statement
    :return: seconds
    """
    with closing(connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")  # as the processes of Odoo that it is compared with
        started = time.perf_counter()
        cursor.execute(
            "INSERT INTO spp_cycle_closing (cycle_id, kind, unredeemed_policy, state, started, create_uid, create_date)"
            " VALUES (%s, 'end', 'keep', 'running', now(), 1, now()) RETURNING id, now() AT TIME ZONE 'UTC'",
            [cycle],
        )
        run, now = cursor.fetchone()
        connection.commit()
        for (entitlements, reference), (transactions, measure) in zip(KINDS.items(), MEASURES.items(), strict=True):
            statement = _CLOSE.format(
                entitlements=entitlements,
                transactions=transactions,
                measure=measure,
                reference=reference,
                initial=_INITIAL[entitlements],
            )
            last = 0
            while True:
                cursor.execute(
                    f"SELECT MIN(id), MAX(id) FROM (SELECT id FROM {entitlements} WHERE cycle_id = %s AND id > %s"  # noqa: S608
                    " ORDER BY id LIMIT %s) chunk",
                    [cycle, last, chunk],
                )
                first, last = cursor.fetchone()
                if not last:
                    break
                cursor.execute(statement, {"cycle": cycle, "run": run, "now": now, "first": first, "last": last})
                connection.commit()
        cursor.execute("UPDATE spp_cycle_closing SET state = 'done' WHERE id = %s", [run])
        cursor.execute("UPDATE spp_cycle SET state = 'ended' WHERE id = %s", [cycle])
        connection.commit()
        return time.perf_counter() - started

# Part of the SPP attendance suite. LGPL-3.
"""Close a cycle one entitlement after the other through the ORM: what a straightforward implementation does.

It is the baseline of `./spp bench close`; nothing else uses it. It runs in a process of Odoo.
"""

import time
from decimal import Decimal

_KINDS = {
    "spp.entitlement": ("spp.entitlement.transactions", "initial_amount", "amount_charged_by_service_point"),
    "spp.entitlement.inkind": ("spp.inkind.entitlement.transactions", "quantity", "quantity"),
}
_REFERENCES = {"spp.entitlement": "entitlement_id", "spp.entitlement.inkind": "inkind_entitlement_id"}


def measure(env, cycle_id):
    """Close a cycle and commit.

    :return: seconds
    """
    started = time.perf_counter()
    closing = env["spp.cycle.closing"].create({"cycle_id": cycle_id})
    for model in _KINDS:
        for entitlement in env[model].search([("cycle_id", "=", cycle_id)]):
            if entitlement.state in ("approved", "trans2FSP", "parrdpd2ben"):
                _close(closing, entitlement)
    closing.state = "done"
    closing.cycle_id.state = "ended"
    env.cr.commit()
    return time.perf_counter() - started


def _close(closing, entitlement):
    transactions, initial, measure = _KINDS[entitlement._name]
    entitled = Decimal(str(entitlement[initial]))
    redeemed = Decimal(0)
    for transaction in closing.env[transactions].search([("entitlement_id", "=", entitlement.id)]):
        value = Decimal(str(transaction[measure]))
        redeemed += value if transaction.transaction_type == "PURCHASE" else -value
    if not redeemed:
        return
    old_state, new_state = entitlement.state, "rdpd2ben" if redeemed == entitled else "parrdpd2ben"
    if new_state != old_state:
        entitlement.state = new_state
        closing.env["spp.entitlement.state.change"].create(
            {
                "cycle_id": closing.cycle_id.id,
                "closing_id": closing.id,
                _REFERENCES[entitlement._name]: entitlement.id,
                "old_state": old_state,
                "new_state": new_state,
                "balance": float(entitled - redeemed),
                "user_id": closing.env.uid,
                "date": closing.env.cr.now(),
            }
        )

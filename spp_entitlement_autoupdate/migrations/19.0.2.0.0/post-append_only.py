# Part of the SPP attendance suite. LGPL-3.
"""The triggers of append-only tables call one function of spp_integrity; those of before go."""


def migrate(cr, version):
    """Drop the functions that no trigger calls any more."""
    cr.execute("DROP FUNCTION IF EXISTS spp_refuse_history_change(), spp_refuse_transaction_change()")

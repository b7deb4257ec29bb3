# Part of the SPP attendance suite. LGPL-3.
"""State changes of versions that wrote no cycle or date get those of their entitlement and of the run that made them."""

from odoo.tools.sql import column_exists


def migrate(cr, version):
    """Fill what is missing; the trace stays as it is otherwise."""
    written = "change.create_date, " if column_exists(cr, "spp_entitlement_state_change", "create_date") else ""
    cr.execute("ALTER TABLE spp_entitlement_state_change DISABLE TRIGGER USER")
    cr.execute(
        f"""UPDATE spp_entitlement_state_change change
               SET cycle_id = COALESCE(change.cycle_id, cash.cycle_id, inkind.cycle_id),
                   date = COALESCE(change.date, {written} closing.create_date, reopening.create_date,
                                   cash.write_date, inkind.write_date)
              FROM spp_entitlement_state_change known
         LEFT JOIN spp_entitlement cash ON cash.id = known.entitlement_id
         LEFT JOIN spp_entitlement_inkind inkind ON inkind.id = known.inkind_entitlement_id
         LEFT JOIN spp_cycle_closing closing ON closing.id = known.closing_id
         LEFT JOIN spp_cycle_reopening reopening ON reopening.id = known.reopening_id
             WHERE known.id = change.id AND (change.cycle_id IS NULL OR change.date IS NULL)"""  # noqa: S608
    )
    cr.execute("ALTER TABLE spp_entitlement_state_change ENABLE TRIGGER USER")

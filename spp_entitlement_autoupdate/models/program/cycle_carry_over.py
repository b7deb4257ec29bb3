# Part of the SPP attendance suite. LGPL-3.
"""What was left at the end goes to the next cycle as drafts, when that cycle is ready for it."""

from odoo import models
from odoo.fields import Domain
from odoo.models import LOG_ACCESS_COLUMNS
from odoo.tools import SQL

from ..entitlement.entitlement_state_change import REFERENCES


class Cycle(models.Model):
    """What the end of a cycle carries over becomes draft entitlements of the next one.

    They are made once the entitlements of that cycle have been prepared: who has an entitlement already would get no other.
    """

    _inherit = "spp.cycle"

    _CARRY_OVER_CHUNK_SIZE = 10_000
    # States in which a cycle takes entitlements of an earlier one
    _CARRY_OVER_STATES = ("draft", "to_approve", "approved")
    # Fields of a new entitlement that it does not take from the one it comes from
    _CARRY_OVER_OWN = {
        "id",
        "cycle_id",
        "company_id",
        "valid_from",
        "valid_until",
        "state",
        "code",
        "inkind_item_id",
        *LOG_ACCESS_COLUMNS,
    }

    def _next_cycle(self):
        """The first later cycle of the program that still takes entitlements; empty when there is none."""
        self.ensure_one()
        later = Domain("program_id", "=", self.program_id.id) & Domain("start_date", ">", self.start_date)
        # sudo: to which cycle money goes does not depend on who ends this one
        return self.sudo().search(
            later & Domain("state", "in", self._CARRY_OVER_STATES), order="start_date, id", limit=1
        )

    def _has_prepared_entitlements(self):
        own = Domain("cycle_id", "=", self.id) & Domain("carried_from_id", "=", False)
        # sudo: entitlements of all areas count
        return any(self.env[model].sudo().search_count(own, limit=1) for model in REFERENCES)

    def _carry_over_target(self):
        """The cycle into which something of this one is to be carried over now; empty when there is none."""
        self.ensure_one()
        waiting = (
            Domain("cycle_id", "=", self.id) & Domain("carried_value", ">", 0) & Domain("carried_to_id", "=", False)
        )
        # sudo: entitlements of all areas are carried over
        if self.state != "ended" or not any(
            self.env[model].sudo().search_count(waiting, limit=1) for model in REFERENCES
        ):
            return self.browse()
        target = self._next_cycle()
        return target if target and target._has_prepared_entitlements() else self.browse()

    def _carry_over_waiting(self):
        """The ended cycles from which something is to be carried over now."""
        waiting = Domain("carried_value", ">", 0) & Domain("carried_to_id", "=", False)
        ended = Domain("state", "=", "ended") & (
            Domain("entitlement_ids", "any", waiting) | Domain("inkind_entitlement_ids", "any", waiting)
        )
        return self.search(ended, order="end_date, id").filtered(lambda cycle: cycle._carry_over_target())

    def _carry_over_step(self):
        """Carry over one chunk.

        :return: whether there was something
        """
        self.ensure_one()
        self._lock_for_closing()
        target = self._carry_over_target()
        if not target:
            return False
        self.env.flush_all()
        for model in REFERENCES:
            if made := self._carry_over_chunk(model, target):
                # sudo: the cycle that receives tells so, whoever has ended the other
                target.sudo().message_post(
                    body=self.env._("Entitlements carried over from %(cycle)s: %(count)s.", count=made, cycle=self.name)
                )
                return True
        return False

    def _carry_over_chunk(self, model, target):
        """Make draft entitlements of one kind in the cycle `target`, in one statement.

        :return: how many
        """
        # sudo: entitlements of all areas are carried over
        entitlements = self.env[model].sudo()
        own = self._CARRY_OVER_OWN | {entitlements._redemption_initial}
        copied = [
            SQL.identifier(name)
            for name, field in entitlements._fields.items()
            if field.store and field.column_type and field.copy and not field.compute and name not in own
        ]
        rows = self.env.execute_query(
            SQL(
                """
                WITH source AS (
                         SELECT *
                           FROM %(table)s
                          WHERE cycle_id = %(cycle)s AND carried_value > 0 AND carried_to_id IS NULL
                       ORDER BY id LIMIT %(limit)s
                            FOR UPDATE),
                     made AS (
                         INSERT INTO %(table)s
                                     (cycle_id, company_id, valid_from, valid_until, state, code, %(initial)s,
                                      entitlement_balance, expired_value, carried_value, carried_from_id,
                                      create_uid, create_date, write_uid, write_date, %(copied)s)
                              SELECT %(target)s, %(company)s, %(valid_from)s, %(valid_until)s, 'draft',
                                     LEFT(gen_random_uuid()::text, 8) || RIGHT(gen_random_uuid()::text, 8), carried_value,
                                     carried_value, 0, 0, id, %(uid)s, %(now)s, %(uid)s, %(now)s, %(copied)s
                                FROM source
                            ORDER BY id
                           RETURNING id, carried_from_id)
                UPDATE %(table)s e
                   SET carried_to_id = made.id, write_uid = %(uid)s, write_date = %(now)s
                  FROM made
                 WHERE e.id = made.carried_from_id
             RETURNING e.id, made.id
                """,
                table=SQL.identifier(entitlements._table),
                cycle=self.id,
                limit=self._CARRY_OVER_CHUNK_SIZE,
                initial=SQL.identifier(entitlements._redemption_initial),
                copied=SQL(", ").join(copied),
                target=target.id,
                company=target.company_id.id or None,
                valid_from=target.start_date,
                valid_until=target.end_date,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        entitlements.browse(row[0] for row in rows).invalidate_recordset(["carried_to_id", "write_uid", "write_date"])
        entitlements.browse(row[1] for row in rows).modified(["cycle_id", "partner_id"])
        target.invalidate_recordset()
        return len(rows)

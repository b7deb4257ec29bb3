# Part of the SPP attendance suite. LGPL-3.
"""Thousands of memberships are created by a statement per chunk, with the rights and record rules of `create`."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, split_every


class BulkMembershipMixin(models.AbstractModel):
    _name = "spp.bulk.membership.mixin"
    _description = "Create many memberships with few statements"

    # Many2one next to partner_id; the pair carries a unique constraint
    _bulk_parent = None
    _bulk_date_type = SQL("timestamp")

    @api.model
    def bulk_create_memberships(self, vals_list, chunk_size=1000, skip_duplicates=False):
        """Insert memberships in chunks, one statement each.

        The rows are written by SQL: no ``create()`` override, no stored compute and no chatter runs for them.
        Access rights and record rules are checked as for ``create()``.

        :param list vals_list: dicts with ``partner_id``, the program or cycle, and optionally ``state`` and
            ``enrollment_date``
        :param int chunk_size: rows per statement
        :param bool skip_duplicates: leave out pairs that exist already instead of refusing them
        :return: the number of rows inserted when ``skip_duplicates``, else the new records
        :raise ValidationError: an unknown field or state, or a duplicate that may not be skipped
        """
        self.check_access("create")
        rows = [self._bulk_row(vals) for vals in vals_list]
        self.env.flush_all()
        created = self.browse()
        for chunk in split_every(chunk_size, rows, list):
            new = self.browse(self._bulk_insert(chunk))
            if not skip_duplicates and len(new) < len(chunk):
                raise ValidationError(
                    self.env._(
                        "%s of these people are members already. Leave them out and try again.",
                        len(chunk) - len(new),
                    )
                )
            new.check_access("create")
            created += new
        self.env.invalidate_all(flush=False)
        return len(created) if skip_duplicates else created

    @api.model
    def _bulk_row(self, vals):
        """Check one dict and return it as a tuple in the order of :meth:`_bulk_insert`."""
        unknown = vals.keys() - {"partner_id", self._bulk_parent, "state", "enrollment_date"}
        if unknown:
            raise ValidationError(
                self.env._("Memberships cannot be created in bulk with: %s.", ", ".join(sorted(unknown)))
            )
        if not vals.get("partner_id") or not vals.get(self._bulk_parent):
            raise ValidationError(self.env._("Every membership needs a registrant and a program or cycle."))
        state = vals.get("state") or "draft"
        if state not in self._fields["state"].get_values(self.env):
            raise ValidationError(self.env._("%s is not a state of a membership.", state))
        return (
            int(vals["partner_id"]),
            int(vals[self._bulk_parent]),
            state,
            vals.get("enrollment_date") or self._bulk_enrollment_date(state),
        )

    @api.model
    def _bulk_enrollment_date(self, state):
        """Date for a row that brings none.

        :param str state: state of the new membership
        """
        return fields.Date.today()

    @api.model
    def _bulk_insert(self, rows):
        partner_ids, parent_ids, states, dates = (list(column) for column in zip(*rows, strict=True))
        inserted = self.env.execute_query(
            SQL(
                """
                INSERT INTO %(table)s (partner_id, %(parent)s, state, enrollment_date,
                                       create_uid, create_date, write_uid, write_date)
                     SELECT v.partner_id, v.parent_id, v.state, v.enrollment_date,
                            %(uid)s, %(now)s, %(uid)s, %(now)s
                       FROM unnest(%(partner_ids)s::int[], %(parent_ids)s::int[], %(states)s::varchar[],
                                   %(dates)s::%(date_type)s[])
                         AS v(partner_id, parent_id, state, enrollment_date)
                ON CONFLICT (partner_id, %(parent)s) DO NOTHING
                  RETURNING id
                """,
                table=SQL.identifier(self._table),
                parent=SQL.identifier(self._bulk_parent),
                uid=self.env.uid,
                now=self.env.cr.now(),
                partner_ids=partner_ids,
                parent_ids=parent_ids,
                states=states,
                dates=dates,
                date_type=self._bulk_date_type,
            )
        )
        return [row[0] for row in inserted]

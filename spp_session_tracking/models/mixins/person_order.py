# Part of the SPP attendance suite. LGPL-3.
"""Lists sorted by a person go by name."""

from odoo import models
from odoo.tools import SQL


class PersonOrder(models.AbstractModel):
    """Lists that are sorted by their person go by name: registrants have no such order of their own."""

    _name = "spp.person.order"
    _description = "Order by the Name of a Person"
    _person_field = "partner_id"

    def _order_field_to_sql(self, alias, field_name, direction, nulls, query):
        if field_name != self._person_field:
            return super()._order_field_to_sql(alias, field_name, direction, nulls, query)
        self._check_field_access(self._fields[field_name], "read")
        partners, partner_alias = self._fields[field_name].join(self, alias, query)
        fields = [partners._field_to_sql(partner_alias, name, query) for name in ("complete_name", "id")]
        query._order_groupby.extend(fields)
        return SQL(", ").join(SQL("%s %s %s", field, direction, nulls) for field in fields)

# Part of the SPP attendance suite. LGPL-3.
"""Rows that belong to a record are read a page at a time, by their states."""

from odoo import models
from odoo.fields import Domain


class PagingMixin(models.AbstractModel):
    """Reads the rows that belong to a record by state and page, for batches and background jobs."""

    _name = "spp.paging.mixin"
    _description = "Rows by State and Page"

    _paging_field = ""  # the field of the rows that points at the record

    def _page(self, model, state, offset, limit, order, count, last_id, min_id, max_id):
        self.ensure_one()
        domain = Domain(self._paging_field, "=", self.id)
        if state:
            domain &= Domain("state", "in", [state] if isinstance(state, str) else list(state))
        if last_id is not None:
            domain &= Domain("id", ">", last_id)
            order = "id"
        if min_id is not None:
            domain &= Domain("id", ">=", min_id)
        if max_id is not None:
            domain &= Domain("id", "<=", max_id)
        if count:
            return self.env[model].search_count(domain)
        return self.env[model].search(domain, offset=offset, limit=limit, order=order)

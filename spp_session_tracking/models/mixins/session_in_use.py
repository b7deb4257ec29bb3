# Part of the SPP attendance suite. LGPL-3.
"""What is named elsewhere is archived instead of deleted."""

from odoo import api, models
from odoo.exceptions import UserError


class SessionInUse(models.AbstractModel):
    """Records that are not deleted while others name them; they can be archived."""

    _name = "spp.session.in.use"
    _description = "Not Deleted While in Use"

    #: Where such a record may be named: tuples of model and field.
    _USED_IN = ()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_named(self):
        for model, field in self._USED_IN:
            # sudo: nobody may delete what is used where he or she sees nothing
            records_sudo = self.env[model].sudo().with_context(active_test=False)
            used = records_sudo._read_group([(field, "in", self.ids)], [field], ["__count"], order=field, limit=1)
            for record, count in used:
                raise UserError(
                    self.env._(
                        "%(name)s is in use (%(kind)s: %(count)s): archive it instead.",
                        name=record.display_name,
                        kind=self.env["ir.model"]._get(model).name,
                        count=count,
                    )
                )

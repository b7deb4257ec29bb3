# Part of the SPP attendance suite. LGPL-3.
"""Where any model says whose its records are."""

from odoo import api, models
from odoo.fields import Command

from ..declared import declared


class Base(models.AbstractModel):
    """Record rules of companies, areas and dialogs follow from these declarations, see `ir.rule`.

    Each class of a model may declare its own, also the extension of somebody else's model: the rules add up.
    """

    _inherit = "base"

    #: Fields, or paths of fields, to the company of a record; of several, all have to be allowed.
    _company_path = ()
    #: False: nobody sees a record without company. True: all see it, and only users of all companies change it.
    _company_shared = True
    #: The records belong to all companies, and only users of all companies change them.
    _of_all_companies = False
    #: Fields, or paths of fields, to the area of a record: users bound to areas see what lies in them.
    _area_path = ()
    #: Terms of a domain, as text: users see those records wherever they lie.
    _area_open = ()
    #: A dialog: nobody else sees what a user enters.
    _own_dialog = False
    #: Where there is a chatter: what it tracks is tracked whatever a caller's context says, and nobody deletes it.
    _traced = False

    @api.model_create_multi
    def create(self, vals_list):
        # what a caller's context brings as defaults is written too
        context = self.env.context
        defaults = {name[len("default_") :]: context[name] for name in context if name.startswith("default_")}
        self._check_references([defaults | vals for vals in vals_list] if defaults else vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_references([vals])
        result = super().write(vals)
        # rules are asked before a write only: nobody hands records to a company, or to all, where he or she may not write
        if not self.env.su and not self._company_fields().isdisjoint(vals):
            self.check_access("write")
        return result

    @api.model
    def _company_fields(self):
        """:return: set of names of the fields that say, or lead to, the company of a record"""
        return {path.split(".")[0] for path in declared(self.env.registry[self._name], "_company_path")}

    @api.model
    def _check_references(self, vals_list):
        """Whose records are bound names only records that the user may read.

        Who could point at any number would be shown the name of what stands behind it.

        :param vals_list: list of dicts of values to write
        :raise AccessError: when one of the values points at a record that the user may not read
        """
        if self.env.su or not self._is_bound():
            return
        referred = {}
        for vals in vals_list:
            for name, value in vals.items():
                field = self._fields.get(name)
                if field and field.type == "reference" and isinstance(value, str) and "," in value:
                    model, _comma, number = value.partition(",")
                    if model in self.env and number.isdecimal() and self.env[model]._is_bound():
                        referred.setdefault(model, set()).add(int(number))
                elif value and field and field.relational and self.env[field.comodel_name]._is_bound():
                    referred.setdefault(field.comodel_name, set()).update(_referred_ids(field, value))
        for model, ids in referred.items():
            self.env[model].browse(ids).exists().check_access("read")

    @api.model
    def _is_bound(self):
        """:return: whether records of the model are bound to companies, areas or the user who entered them"""
        model_class = self.env.registry[self._name]
        return bool(self._own_dialog or declared(model_class, "_company_path") or declared(model_class, "_area_path"))


def _referred_ids(field, value):
    """The ids of existing records that a value for a relational field points at."""
    if field.type == "many2one":
        return {value} if isinstance(value, int) else {value.id} if isinstance(value, models.BaseModel) else set()
    if isinstance(value, models.BaseModel):
        return set(value.ids)
    ids = set()
    for command in value:
        if isinstance(command, int):
            ids.add(command)
        elif command[0] == Command.LINK:
            ids.add(command[1])
        elif command[0] == Command.SET:
            ids.update(command[2])
    return ids

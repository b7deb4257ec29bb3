# Part of the SPP attendance suite. LGPL-3.
"""Places where sessions are held: name, area and how many people they hold."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..mixins.session_place import PLACED


class SessionLocation(models.Model):
    """A place. Sessions, rosters and types that name it have its name as their text too, the field of OpenSPP.

    A new name reaches them, but for submitted registers: what is counted by place stays what it was.
    """

    _name = "spp.session.location"
    _description = "Session Location"
    _inherit = ["spp.session.in.use"]
    _order = "name, id"
    _company_path = "company_id"
    _area_path = "area_id"
    _area_open = ("('area_id', '=', False)",)

    _USED_IN = tuple((model, record) for model, (record, _text) in PLACED.items())

    name = fields.Char(required=True)
    area_id = fields.Many2one("spp.area", index="btree_not_null", help="New sessions here belong to it.")
    capacity = fields.Integer(help="So many people fit in. 0: as many as come.")
    company_id = fields.Many2one(
        "res.company", index="btree_not_null", default=lambda self: self.env.company, help="Empty: shared by all."
    )
    active = fields.Boolean(default=True)

    _name_unique = models.UniqueIndex(
        "(name, COALESCE(company_id, 0))",
        "There is a place of this name already: take that one, or choose another name.",
    )
    _capacity_not_negative = models.Constraint(
        "CHECK (capacity >= 0)", "The capacity is a number of people; 0 means that there is no limit."
    )

    @api.constrains("company_id")
    def _check_company_of_users(self):
        """Whoever takes place here belongs to the company of the place."""
        for model, (record, _text) in PLACED.items():
            for location in self.filtered("company_id"):
                elsewhere = Domain(record, "=", location.id) & Domain("company_id", "!=", location.company_id.id)
                # sudo: also where the user sees nothing
                users_sudo = self.env[model].sudo().with_context(active_test=False)
                if user := users_sudo.search(elsewhere, limit=1):
                    raise ValidationError(
                        self.env._(
                            "%(location)s is where %(user)s takes place, which belongs to another company: leave the place "
                            "shared, or create another one.",
                            location=location.name,
                            user=user.display_name,
                        )
                    )

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._trimmed(vals) for vals in vals_list])

    def write(self, vals):
        former = {location.id: location.name for location in self}
        result = super().write(self._trimmed(vals))
        for location in self:
            if location.name != former[location.id]:
                location._rename_users()
        return result

    @api.model
    def _trimmed(self, vals):
        return {**vals, "name": vals["name"].strip()} if vals.get("name") else vals

    def _rename_users(self):
        self.ensure_one()
        for model, (record, _text) in PLACED.items():
            used = Domain(record, "=", self.id)
            if model == "spp.session":
                used &= Domain("submitted_at", "=", False)
            # sudo: whoever may rename a place need not be allowed to change what takes place there
            self.env[model].sudo().with_context(active_test=False).search(used).write({record: self.id})

    @api.model
    def _named(self, names, company_ids):
        """The places with these names; one query.

        :param names: texts
        :param company_ids: ids of companies, False for none
        :return: dict (name, company id) -> place; a company's own before a shared one
        """
        names = {name.strip() for name in names if name}
        if not names:
            return {}
        company_ids = {company_id or False for company_id in company_ids}
        found = {}
        # sudo: which places there are is no secret within a company
        for location in self.sudo().search(
            Domain("name", "in", list(names)) & Domain("company_id", "in", [False, *company_ids])
        ):
            if location.company_id:
                found[location.name, location.company_id.id] = location
            else:
                for company_id in company_ids:
                    found.setdefault((location.name, company_id), location)
        return found

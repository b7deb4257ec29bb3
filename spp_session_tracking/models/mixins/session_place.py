# Part of the SPP attendance suite. LGPL-3.
"""Whoever takes place somewhere says it with a record and with a text, and both say the same."""

from odoo import api, models

#: Who takes place somewhere: model -> its fields of the record and of the text.
PLACED = {
    "spp.session": ("location_id", "location"),
    "spp.session.roster": ("location_id", "location"),
    "spp.session.type": ("default_location_id", "default_location"),
}


class SessionPlace(models.AbstractModel):
    """A record of `spp.session.location` and the text beside it: the text follows the record, and a text that is the name
    of a place of the company stands for that place. A text that is no place's name stays a text.
    """

    _name = "spp.session.place"
    _description = "Takes Place Somewhere"

    @api.model
    def _new_with_places(self, vals_list):
        """Values for `create` in which record and text agree; one query for any number of them."""
        default = self.default_get(["company_id"]).get("company_id")
        return self._with_places([(vals, vals.get("company_id", default)) for vals in vals_list])

    def _split_by_place(self, vals):
        """Values for `write` in which record and text agree: list of (records, values)."""
        record, text = PLACED[self._name]
        if not self or "company_id" in vals or text not in vals or record in vals:
            return [(self, *self._with_places([(vals, vals.get("company_id"))]))]
        return [
            (records, *self._with_places([(vals, company.id)]))
            for company, records in self.grouped("company_id").items()
        ]

    @api.model
    def _with_places(self, pairs):
        """:param pairs: list of (values, id of the company)
        :return: list of values
        """
        record, text = PLACED[self._name]
        locations = self.env["spp.session.location"]
        named = locations._named(
            [vals[text] for vals, _company_id in pairs if text in vals and record not in vals],
            [company_id for _vals, company_id in pairs],
        )
        completed = []
        for vals, company_id in pairs:
            if vals.get(record):
                # sudo: whoever may name the place may know its name
                vals = {**vals, text: locations.browse(vals[record]).sudo().name}
            elif text in vals and record not in vals:
                place = named.get(((vals[text] or "").strip(), company_id or False), locations)
                vals = {**vals, record: place.id}
            completed.append(vals)
        return completed

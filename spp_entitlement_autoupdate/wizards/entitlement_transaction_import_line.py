# Part of the SPP attendance suite. LGPL-3.
"""Rows of a file as texts that a person can repair, and as items to be booked."""

from odoo import fields, models
from odoo.fields import Domain

# Field of a row -> heading in the file and name of the value in the item; the measure is that of the kind
COLUMNS = {
    "number": "transaction_uuid",
    "type": "transaction_type",
    "entitlement_code": "entitlement_code",
    "entitlement": "entitlement_id",
    "beneficiary": "partner_id",
    "moment": "timestamp_transaction_created",
    "value": "",
    "currency": "currency",
    "unit": "unit",
    "purchase_number": "purchase_uuid",
    "service_point": "service_point_id",
    "card_number": "card_number",
    "receipt_number": "receipt_number",
}
_RECORD_NUMBERS = ("entitlement_id", "partner_id", "service_point_id")


class EntitlementTransactionImportLine(models.TransientModel):
    """A row of an imported file, as text, with what is wrong with it."""

    _name = "spp.entitlement.transaction.import.line"
    _description = "Row of Imported Transactions"
    _order = "row, id"
    _own_dialog = True

    import_id = fields.Many2one(
        "spp.entitlement.transaction.import", required=True, readonly=True, index=True, ondelete="cascade"
    )
    row = fields.Integer(readonly=True)
    number = fields.Char(string="Transaction Number")
    type = fields.Char()
    entitlement_code = fields.Char()
    entitlement = fields.Char(string="Entitlement Number")
    beneficiary = fields.Char(string="Beneficiary Number")
    moment = fields.Char(string="Time")
    value = fields.Char(string="Amount or Quantity")
    currency = fields.Char()
    unit = fields.Char()
    purchase_number = fields.Char(string="Number of the Purchase")
    service_point = fields.Char(string="Service Point Number")
    card_number = fields.Char()
    receipt_number = fields.Char()
    outcome = fields.Selection(
        [("stored", "Good"), ("duplicate", "Booked Before"), ("rejected", "Error"), ("late", "For a Correction")],
        readonly=True,
    )
    error = fields.Text(readonly=True)

    def _items(self):
        """The rows as items to book (list of dicts)."""
        units = {}
        if names := {line.unit.strip().lower() for line in self if line.unit}:
            named = Domain.OR(Domain("name", "=ilike", name) for name in names)
            # sudo: the name of a unit is no secret
            units = {unit.name.lower(): unit.id for unit in self.env["uom.uom"].sudo().search(named)}
        return [line._prepare_item(units) for line in self]

    def _prepare_item(self, units):
        item = {"time_zone": self.import_id.tz}
        for name, column in COLUMNS.items():
            column = column or self.env[self.import_id._transaction_model()]._redemption_measure
            text = (self[name] or "").strip()
            if not text:
                continue
            if column in _RECORD_NUMBERS and text.isascii() and text.isdigit():
                item[column] = int(text)
            elif column == "unit":
                # an unknown unit stays a text, which is refused with its reason
                item["uom_id"] = units.get(text.lower(), text)
            else:
                item[column] = text.upper() if column == "transaction_type" else text
        return item

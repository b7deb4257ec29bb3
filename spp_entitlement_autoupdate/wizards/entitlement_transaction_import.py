# Part of the SPP attendance suite. LGPL-3.
"""A file of transactions is read within its limits, checked row by row, and booked like any other batch."""

import base64
import csv
import io
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice

import openpyxl

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.base.models.res_partner import _tz_get

from ..models.transaction.booking_entry import BookingEntry
from ..models.transaction.entitlement_transaction_review import KINDS
from .entitlement_transaction_import_line import COLUMNS

MAX_FILE = 5 * 1024 * 1024
MAX_UNPACKED = 100 * 1024 * 1024
MAX_ROWS = 5000


class EntitlementTransactionImport(models.TransientModel):
    """Reads a CSV or XLSX file into rows that can be repaired, checks them, and books the good ones."""

    _name = "spp.entitlement.transaction.import"
    _description = "Import Transactions"
    _own_dialog = True

    kind = fields.Selection([("cash", "Cash"), ("inkind", "In-Kind")], required=True, default="cash")
    file = fields.Binary(attachment=False)
    file_name = fields.Char()
    tz = fields.Selection(
        _tz_get,
        string="Time Zone",
        required=True,
        default=lambda self: self.env.company.partner_id.tz or self.env.user.tz or "UTC",
        help="Zone of the times in the file that name no offset.",
    )
    state = fields.Selection([("file", "File"), ("rows", "Rows"), ("done", "Booked")], required=True, default="file")
    line_ids = fields.One2many("spp.entitlement.transaction.import.line", "import_id", string="Rows")
    good_count = fields.Integer(string="Good", compute="_compute_counts")
    bad_count = fields.Integer(string="With an Error", compute="_compute_counts")

    @api.depends("line_ids.outcome")
    def _compute_counts(self):
        for wizard in self:
            wizard.good_count = len(wizard.line_ids.filtered(lambda line: line.outcome in ("stored", "duplicate")))
            wizard.bad_count = len(wizard.line_ids) - wizard.good_count

    # --- actions

    def action_load(self):
        """Read the file into rows and check each of them.

        :raise AccessError: the user may not book transactions
        :raise UserError: the file cannot be read as a table of transactions
        """
        self._check_open("file")
        header, rows = self._read_table()
        fields_by_position = self._read_header(header)
        vals_list = []
        for number, row in enumerate(rows, 2):
            vals = {name: self._text(row[position]) for position, name in fields_by_position if position < len(row)}
            if any(vals.values()):
                vals_list.append({**vals, "import_id": self.id, "row": number})
        if not vals_list:
            raise UserError(self.env._("The file has no rows below its headings."))
        self.env["spp.entitlement.transaction.import.line"].create(vals_list)
        self.write({"state": "rows", "file": False})
        return self.action_check()

    def action_check(self):
        """Check the rows without booking anything: each bad one says what is wrong with it.

        :raise AccessError: the user may not book transactions
        """
        self._check_open("rows")
        transactions, entries = self._entries()
        # sudo: transactions are nobody's to create; on which entitlements the user may book goes along
        transactions.sudo()._judge(entries, transactions._bookable_domain())
        self._note_outcomes(entries)
        return self._open()

    def action_book(self):
        """Book the good rows; the bad ones go to the transactions to review.

        :raise AccessError: the user may not book transactions
        """
        self._check_open("rows")
        transactions, entries = self._entries()
        # sudo: transactions are nobody's to create; on which entitlements the user may book goes along
        transactions.sudo()._book(entries, transactions._bookable_domain())
        self._note_outcomes(entries)
        self.state = "done"
        return self._open()

    def action_view_review(self):
        """Open the rows that were not booked in the review list."""
        self.ensure_one()
        _transactions, entries = self._entries()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "spp_entitlement_autoupdate.action_spp_entitlement_transaction_review"
        )
        fingerprints = [entry.fingerprint for entry in entries]
        return {**action, "domain": [("fingerprint", "in", fingerprints)], "context": {}}

    def _transaction_model(self):
        return KINDS[self.kind][0]

    def _check_open(self, state):
        self.ensure_one()
        self.env[self._transaction_model()]._check_may_book()
        if self.state != state:
            raise UserError(self.env._("This import has gone on already. Start a new one."))

    def _entries(self):
        transactions = self.env[self._transaction_model()]
        origin = transactions._booking_origin("import")
        return transactions, [BookingEntry(item, origin, self.kind) for item in self.line_ids._items()]

    def _note_outcomes(self, entries):
        for line, entry in zip(self.line_ids, entries, strict=True):
            line.write({"outcome": entry.outcome, "error": entry.reason})

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import Transactions"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    # --- reading the file

    def _read_table(self):
        """Headings and rows (lists of cells) of the file."""
        content = base64.b64decode(self.file or b"")
        if not content:
            raise UserError(self.env._("Choose a CSV or XLSX file first."))
        if len(content) > MAX_FILE:
            raise UserError(self.env._("The file is larger than 5 MB. Split it."))
        rows = self._read_xlsx(content) if content.startswith(b"PK") else self._read_csv(content)
        if len(rows) > MAX_ROWS + 1:
            raise UserError(self.env._("The file has more than %s rows. Split it.", MAX_ROWS))
        if not rows:
            raise UserError(self.env._("The file is empty."))
        return rows[0], rows[1:]

    def _read_csv(self, content):
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UserError(self.env._("The file is not in UTF-8. Save it as CSV UTF-8 or as XLSX.")) from error
        head = text.partition("\n")[0]
        delimiter = max(",;\t", key=head.count)
        try:
            # one more than allowed is read to notice that there are too many
            return list(islice(csv.reader(io.StringIO(text), delimiter=delimiter), MAX_ROWS + 2))
        except csv.Error as error:
            raise UserError(
                self.env._("The file cannot be read as CSV (%s). Correct or save it anew.", error)
            ) from error

    def _read_xlsx(self, content):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED:
                    raise UserError(self.env._("The file is too large when unpacked. Split it."))
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            rows = book.worksheets[0].iter_rows(max_row=MAX_ROWS + 2, max_col=50, values_only=True)
            return [list(row) for row in rows]
        except UserError:
            raise
        except Exception as error:  # openpyxl raises whatever a broken file makes it stumble over
            raise UserError(self.env._("The file cannot be read as XLSX. Save it anew, or as CSV UTF-8.")) from error

    def _read_header(self, header):
        """Position and field of a row for each column; every heading must be known."""
        known = {column: name for name, column in COLUMNS.items() if column}
        known[self.env[self._transaction_model()]._redemption_measure] = "value"
        found, unknown = [], []
        for position, cell in enumerate(header):
            heading = self._text(cell).lower().replace(" ", "_")
            if heading in known:
                found.append((position, known[heading]))
            elif heading:
                unknown.append(heading)
        names = [name for _position, name in found]
        if unknown or not names or len(names) != len(set(names)):
            raise UserError(
                self.env._(
                    "The headings of the file are not clear (%(headings)s). Use each of these at most once: %(known)s.",
                    headings=", ".join(unknown or map(self._text, header)),
                    known=", ".join(known),
                )
            )
        return found

    @api.model
    def _text(self, cell):
        """A cell as a person would type it."""
        if cell is None:
            return ""
        if isinstance(cell, float):
            cell = Decimal(f"{cell:.15g}")
            return f"{cell.to_integral_value() if cell == cell.to_integral_value() else cell:f}"
        if isinstance(cell, (datetime, date, time)):
            return cell.isoformat()
        return str(cell).strip()

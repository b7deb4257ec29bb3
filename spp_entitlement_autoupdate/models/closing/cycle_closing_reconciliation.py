# Part of the SPP attendance suite. LGPL-3.
"""The sums at the end of a cycle: kept with the run, shown by area, exported, and checked again by their hash."""

import base64
import hashlib
import io
import json
from collections import defaultdict
from decimal import Decimal

import xlsxwriter

from odoo import api, fields, models
from odoo.tools import SQL, float_compare, formatLang

from ..report.redemption_reconciliation import VALUES

_COUNTS = ("entitlement_count", "purchase_count", "void_count")
_NAMED = ("area_id", "service_point_id", "currency_id", "product_id", "uom_id")
_VALUES = (*VALUES, "difference")
_COLUMNS = (*_COUNTS, *_VALUES)


class CycleClosing(models.Model):
    """The reconciliation of a run: what became of the entitled value, kept as it was when the run ended."""

    _inherit = "spp.cycle.closing"

    # it tells of all areas: people read it through the tables, which know what they may see
    reconciliation = fields.Json(groups="base.group_system")
    reconciliation_table = fields.Html(compute="_compute_reconciliation_table", sanitize=False)
    reconciliation_xlsx = fields.Binary(compute="_compute_reconciliation_xlsx", export_string_translation=False)

    def _reconcile(self):
        """Values of the run that tell its result.

        `reconciliation` has a list of rows for each of "totals" (by kind and unit), "areas" and "service_points" besides;
        `result_hash` is the SHA-256 of all rows by area and service point.
        """
        rows = self._reconciliation_rows()
        values = super()._reconcile()
        return {
            **values,
            "reconciliation": {
                "outcomes": values.get("reconciliation") or [],
                "totals": self._sum_up(rows),
                "areas": self._sum_up(rows, "area_id"),
                "service_points": self._sum_up(rows, "service_point_id"),
            },
            "result_hash": self._hash(rows),
        }

    def _reconciliation_rows(self):
        """The rows of the reconciliation of the cycle, values as Decimals, names of records as "area_id_name" etc."""
        self.ensure_one()
        self.env.flush_all()
        names = ("kind", *_NAMED, *_COUNTS)
        rows = [
            dict(zip((*names, *_VALUES), [*row[: len(names)], *map(Decimal, row[len(names) :])], strict=True))
            for row in self.env.execute_query(
                SQL(
                    "SELECT %s, %s FROM (%s) row WHERE cycle_id = %s",
                    SQL(", ").join(map(SQL.identifier, names)),
                    SQL(", ").join(
                        SQL("%s::text", SQL.identifier(name)) for name in _VALUES
                    ),  # a number becomes a float
                    self.env["spp.redemption.reconciliation"]._table_query,
                    self.cycle_id.id,
                )
            )
        ]
        for name in _NAMED:
            # sudo: the names beside figures that the user may read
            records = self.env[self.env["spp.redemption.reconciliation"]._fields[name].comodel_name].sudo()
            records = records.browse({row[name] for row in rows if row[name]})
            labels = {record.id: record.display_name for record in records}
            for row in rows:
                row[f"{name}_name"] = labels.get(row[name], "")
        return sorted(rows, key=lambda row: [row["kind"], *(row[name] or 0 for name in _NAMED)])

    @api.model
    def _sum_up(self, rows, place=None):
        """Rows by kind and unit, and by area or service point, with exact decimals as texts, in the order of their names."""
        sums = defaultdict(lambda: dict.fromkeys(_COLUMNS, 0))
        for row in rows:
            unit = row["currency_id_name"] or f"{row['product_id_name']}, {row['uom_id_name']}"
            key = (row["kind"], unit, *([(row[f"{place}_name"], row[place])] if place else []))
            for name in _COLUMNS:
                sums[key][name] += row[name]
        return [
            {
                "kind": kind,
                "unit": unit,
                **({"place": where[0][0], "place_id": where[0][1] or 0} if where else {}),
                **{
                    name: value if name in _COUNTS else _text(value) for name, value in sums[kind, unit, *where].items()
                },
            }
            for kind, unit, *where in sorted(sums, key=str)
        ]

    @api.model
    def _hash(self, rows):
        """SHA-256 of rows: of their ids, counts and values, not of names."""
        facts = [
            [row["kind"], *(row[name] or 0 for name in _NAMED), *(row[name] for name in _COUNTS)]
            + [_text(row[name]) for name in _VALUES]
            for row in rows
        ]
        return hashlib.sha256(json.dumps(facts, separators=(",", ":")).encode()).hexdigest()

    # --- showing it

    def _reconciliation_sections(self):
        """(title, heading of the place, rows) of the tables of a run, for people.

        A user who is bound to areas sees the rows of these only, and neither totals nor service points.
        """
        self.ensure_one()
        # sudo: the figures are kept for nobody to read at large; those outside the user's areas are taken out below
        kept = self.sudo().reconciliation or {}
        kinds = dict(self.env["spp.redemption.reconciliation"]._fields["kind"]._description_selection(self.env))
        sections = {
            "totals": (self.env._("Totals"), "", ""),
            "areas": (self.env._("By Area"), self.env._("Area"), self.env._("No area")),
            "service_points": (
                self.env._("By Service Point"),
                self.env._("Service Point"),
                self.env._("Not redeemed, or not at a known service point"),
            ),
        }
        if areas := self.env.user.center_area_ids:
            # sudo: which areas lie in those of the user is no secret
            inside = set(self.env["spp.area"].sudo().search([("id", "child_of", areas.ids)]).ids)
            kept = {"areas": [row for row in kept.get("areas", []) if row["place_id"] in inside]}
            sections = {"areas": sections["areas"]}
        return [
            (
                title,
                heading,
                [
                    {**row, "kind": kinds[row["kind"]], "place": row.get("place") or nowhere}
                    for row in kept.get(key, [])
                ],
            )
            for key, (title, heading, nowhere) in sections.items()
        ]

    @api.model
    def _reconciliation_headings(self):
        """Labels of the counted and added up columns: dict name -> label."""
        columns = self.env["spp.redemption.reconciliation"].fields_get(_COLUMNS, ["string"])
        return {name: columns[name]["string"] for name in _COLUMNS}

    @api.model
    def _as_shown(self, value):
        """A count, or an exact decimal as text with two places or three, as people write it."""
        if isinstance(value, int):
            return value
        places = 2 if float_compare(float(value), round(float(value), 2), precision_digits=3) == 0 else 3
        return formatLang(self.env, float(value), digits=places)

    @api.depends("reconciliation")
    @api.depends_context("uid", "lang")
    def _compute_reconciliation_table(self):
        for closing in self:
            closing.reconciliation_table = self.env["ir.qweb"]._render(
                "spp_entitlement_autoupdate.cycle_closing_reconciliation",
                {
                    "sections": closing._reconciliation_sections(),
                    "headings": self._reconciliation_headings(),
                    "as_shown": self._as_shown,
                },
            )

    @api.depends("reconciliation", "result_hash")
    @api.depends_context("uid", "lang")
    def _compute_reconciliation_xlsx(self):
        for closing in self:
            closing.reconciliation_xlsx = closing._reconciliation_workbook()

    def _reconciliation_workbook(self):
        """An XLSX file, in base64: a sheet for each table of the run."""
        headings = self._reconciliation_headings()
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
            bold, number = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00#"})
            for title, heading, rows in self._reconciliation_sections():
                sheet = book.add_worksheet(title[:31])
                sheet.set_column(0, 20, 16)
                about = [self.cycle_id.display_name, self.program_id.display_name, self.result_hash or ""]
                for column, text in enumerate(about):
                    sheet.write_string(0, column, text)
                texts = [self.env._("Kind"), self.env._("Unit"), *([heading] if heading else [])]
                for column, text in enumerate([*texts, *headings.values()]):
                    sheet.write_string(2, column, text, bold)
                for line, row in enumerate(rows, 3):
                    for column, text in enumerate([row["kind"], row["unit"], *([row["place"]] if heading else [])]):
                        sheet.write_string(line, column, text)
                    for column, name in enumerate(headings, len(texts)):
                        sheet.write_number(line, column, float(row[name]), None if name in _COUNTS else number)
        return base64.b64encode(buffer.getvalue())

    def action_view_reconciliation(self):
        """Open the reconciliation of the cycle as it is now."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "spp_entitlement_autoupdate.action_spp_redemption_reconciliation"
        )
        return {**action, "domain": [("cycle_id", "=", self.cycle_id.id)], "context": {}}

    def action_export_reconciliation(self):
        """Download the reconciliation that was kept with the run as an XLSX file."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_url",
            "url": f"/web/content/{self._name}/{self.id}/reconciliation_xlsx/reconciliation-{self.id}.xlsx?download=true",
            "target": "download",
        }

    def action_check_result(self):
        """Work the reconciliation out again and tell whether it is still what the run left."""
        self.ensure_one()
        self.check_access("read")
        # sudo: the whole is compared with what was kept; only whether it is the same is told
        same = self.sudo()._hash(self.sudo()._reconciliation_rows()) == self.result_hash
        if same:
            message = self.env._("The figures are those that the run left.")
        else:
            message = self.env._("The figures have changed since this run: look for corrections or later transactions.")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"message": message, "type": "success" if same else "warning", "sticky": not same},
        }


def _text(value):
    """An exact decimal as text without needless zeros."""
    text = f"{Decimal(value):f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"

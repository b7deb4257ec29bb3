# Part of the SPP attendance suite. LGPL-3.
"""A manager corrects what an outside source said, and it stays on record what it was and why it changed."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

CORRECTED_FIELDS = ("attendance_date", "type_id", "location_id", "category", "state")


class EventAttendance(models.Model):
    """Facts of outside sources can be corrected by a manager, with a reason; nobody else changes the ledger."""

    _inherit = "spp.event.attendance"

    correction_ids = fields.One2many("spp.event.attendance.correction", "event_id", "Corrections", readonly=True)

    def action_correct(self, values, reason):
        """Correct facts; what they were, and why they changed, stays on record.

        :param dict values: of `attendance_date` (str), `type_id`, `location_id` (id or False), `category`, `state`
        :param reason: text
        :raise AccessError: for anybody but a programs manager
        :raise UserError: without a reason, for anything else than these fields, or for a register of an own session
        """
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(self.env._("Only a programs manager may correct attendance: ask one to do it."))
        self.check_access("read")
        if not (isinstance(reason, str) and reason.strip()):
            raise UserError(self.env._("Say why the attendance is corrected: a reason is needed."))
        if not values or set(values) - set(CORRECTED_FIELDS):
            raise UserError(
                self.env._(
                    "Only the date, the type, the location, the category and the state of a fact can be corrected."
                )
            )
        # sudo: facts are nobody's to write, and who may correct was checked
        for fact in self.sudo():
            fact._correct(values, reason.strip())

    def _correct(self, values, reason):
        if self.source_id.kind == "session":
            raise UserError(
                self.env._("This attendance comes from a session: have its register unlocked and correct it there.")
            )
        for name in ("type_id", "location_id"):
            item = self.env[self._fields[name].comodel_name].browse(values.get(name) or ())
            if item and item.exists().source_id != self.source_id:
                raise UserError(self.env._("Choose a type and a location of %s.", self.source_id.name))
        old = {name: self._plain(name) for name in values}
        if not self.is_corrected:
            self.env.flush_all()
            self.env.execute_query(
                SQL(
                    "UPDATE spp_event_attendance fact SET source_values = %s WHERE id = %s RETURNING id",
                    self._compared("fact"),
                    self.id,
                )
            )
            self.invalidate_recordset(["source_values"])
        day_before = self.attendance_date
        self.write({**values, "is_corrected": True, "has_difference": False})
        is_attended = self.category == "present"
        self.write({"is_attended": is_attended, "weight": 1 if is_attended else 0, "is_in_denominator": True})
        if self.attendance_datetime and self.attendance_date != day_before:
            self.attendance_datetime += timedelta(days=(self.attendance_date - day_before).days)
        self.env["spp.event.attendance.correction"].create(
            {
                "event_id": self.id,
                "user_id": self.env.uid,
                "reason": reason,
                "old_values": old,
                "new_values": {name: self._plain(name) for name in values},
            }
        )
        self.env.flush_all()
        self._record_history()

    def _plain(self, name):
        value = self[name]
        return value.id if isinstance(value, models.BaseModel) else str(value) if name == "attendance_date" else value

    def action_open_correction(self):
        """Open the dialog in which a manager corrects this fact.

        :return: window action (dict).
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Correct Attendance"),
            "res_model": "spp.event.attendance.correct",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_event_id": self.id,
                **{f"default_{name}": self._plain(name) for name in CORRECTED_FIELDS},
            },
        }


class EventAttendanceCorrection(models.Model):
    """Who changed a fact, when and why, and what it was. Only added to."""

    _name = "spp.event.attendance.correction"
    _inherit = ["spp.append.only.mixin"]
    _description = "Attendance Correction"
    _order = "id desc"
    _rec_name = "reason"
    _company_path = "event_id.company_id"
    _area_path = "event_id.partner_id.area_id"
    _append_only_anonymise = ("reason",)

    event_id = fields.Many2one(
        "spp.event.attendance", "Attendance Event", required=True, readonly=True, ondelete="restrict", index=True
    )
    user_id = fields.Many2one("res.users", "Corrected By", required=True, readonly=True)
    reason = fields.Char(required=True, readonly=True)
    old_values = fields.Json("Before", readonly=True)
    new_values = fields.Json("After", readonly=True)
    change = fields.Char(compute="_compute_change")

    @api.depends("old_values", "new_values")
    def _compute_change(self):
        for correction in self:
            old, new = correction.old_values or {}, correction.new_values or {}
            labels = {name: correction.event_id._fields[name]._description_string(self.env) for name in new}
            correction.change = ", ".join(
                f"{labels[name]}: {correction._shown(name, old.get(name))} → {correction._shown(name, value)}"
                for name, value in new.items()
                if old.get(name) != value
            )

    def _shown(self, name, value):
        field = self.event_id._fields[name]
        if field.type == "many2one":
            return self.env[field.comodel_name].browse(value or ()).display_name or "-"
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "-")
        return value or "-"

    def write(self, vals):
        """Nothing is changed afterwards.

        :raise UserError: when there is anything to change
        """
        self.check_access("write")
        if vals:
            raise UserError(self.env._("Corrections are a record of what happened and cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Corrections are a record of what happened and cannot be deleted."))

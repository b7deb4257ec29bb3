# Part of the SPP attendance suite. LGPL-3.
"""The dialog shows whom a notice would reach and what it says, then prepares the notices without sending any."""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from odoo.addons.spp_integrity import as_system


class AttendanceNotify(models.TransientModel):
    """Before anybody is told how much is missing: how many they are, what they are told, who can be reached."""

    _name = "spp.attendance.notify"
    _description = "Tell Who Is Short of Attendance"
    _own_dialog = True

    run_id = fields.Many2one("spp.attendance.compliance.run", required=True, ondelete="cascade")
    most = fields.Integer("At Most Short", required=True, default=1, help="Sessions or days that are missing.")
    person_count = fields.Integer("People to Tell", compute="_compute_preview")
    email_count = fields.Integer("By E-Mail", compute="_compute_preview")
    unreachable_text = fields.Char("Not by E-Mail", compute="_compute_preview")
    told_count = fields.Integer("Prepared or Told Already", compute="_compute_preview")
    example = fields.Text(compute="_compute_preview")
    open_register_count = fields.Integer(
        "Past Sessions Without Submitted Register", compute="_compute_open_register_count"
    )

    _at_least_one = models.Constraint("CHECK (most >= 1)", "At least one session or day has to be missing.")

    @api.depends("run_id", "most")
    def _compute_preview(self):
        for wizard in self:
            values, told = wizard._new_notices()
            notices = self.env["spp.attendance.notice"]
            problems = dict(notices._fields["problem"]._description_selection(self.env))
            found = [item["problem"] for item in values]
            wizard.person_count = len(values)
            wizard.email_count = found.count(False)
            wizard.unreachable_text = ", ".join(
                f"{label}: {found.count(code)}" for code, label in problems.items() if code in found
            )
            wizard.told_count = told
            wizard.example = notices.new(values[0]).text if values else False

    @api.depends("run_id")
    def _compute_open_register_count(self):
        for wizard in self:
            # sudo: the window of the run that the user has opened
            cycle = wizard.run_id.sudo().cycle_id
            past = Domain("date", "<", cycle._attendance_today()) if cycle else Domain.FALSE
            # sudo: registers of all areas are counted, only their number is told
            wizard.open_register_count = (
                self.env["spp.session"].sudo().search_count(cycle._attendance_open_session_domain() & past)
                if cycle
                else 0
            )

    def _new_notices(self):
        """:return: (values of notices that the user may see and that are not there yet, how many are there)"""
        # sudo: who is short is worked out for all; people whom the user may not read are taken out below
        run = self.run_id.sudo()
        if not run.is_window_open or self.most < 1:
            return [], 0
        notices_sudo = self.env["spp.attendance.notice"].sudo()  # sudo: as above
        values = notices_sudo._values_of(run, run._short_people(self.most))
        people = self.env["res.partner"].browse({item["partner_id"] for item in values})
        seen = set(people._filtered_access("read").ids)
        told = {(notice.partner_id.id, notice.membership_id.id) for notice in run.notice_ids}
        values = [item for item in values if item["partner_id"] in seen]
        new = [item for item in values if (item["partner_id"], item["membership_id"]) not in told]
        return new, len(values) - len(new)

    def action_prepare(self):
        """Prepare the notices; nothing is sent by that.

        :return: window action on the notices of the run
        :raise AccessError: for anybody below programs officer
        :raise UserError: when the window is over
        """
        self.ensure_one()
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_officer")):
            raise AccessError(self.env._("Only programs officers prepare notices about attendance: ask one to do it."))
        self.run_id.check_access("read")
        as_system(self.run_id)._check_window_open()
        values, _told = self._new_notices()
        as_system(self.env["spp.attendance.notice"]).create(values)
        return self.run_id.action_view_notices()

# Part of the SPP attendance suite. LGPL-3.
"""Adding people to one session, as expected or with a mark at once, never twice."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from odoo.addons.spp_integrity import named


class SessionAddParticipants(models.TransientModel):
    """Many people at once into one session: expected there, or with a mark right away."""

    _name = "spp.session.add.participants"
    _description = "Add People to a Session"
    _own_dialog = True

    session_id = fields.Many2one("spp.session", required=True, ondelete="cascade", readonly=True)
    partner_ids = fields.Many2many(
        "res.partner",
        string="People",
        domain=[("is_registrant", "=", True), ("is_group", "=", False)],
    )
    role = fields.Selection(
        [("expected", "Expected in this session"), ("marked", "Came, or is known to be away")],
        "They Are",
        required=True,
        default="expected",
        help="Expected people without a mark are absent when the register is submitted. Others get a mark at once and are "
        "guests unless they are expected anyway.",
    )
    status_id = fields.Many2one(
        "spp.attendance.status",
        default=lambda self: self.env["spp.attendance.status"]._by_kind("present"),
    )
    known_count = fields.Integer("In the Session Already", compute="_compute_known_count")

    @api.depends("session_id", "partner_ids", "role")
    def _compute_known_count(self):
        for wizard in self:
            wizard.known_count = len(wizard.partner_ids._origin & wizard._known_people())

    def _known_people(self):
        """People for whom there is nothing to do."""
        if self.role == "expected":
            return self.session_id.expected_participant_ids
        return self.session_id.attendance_ids.participant_id

    def action_add(self):
        """Add the people who are not in the session yet.

        :return: action that closes the window
        :raise UserError: when nobody is named, somebody is no active registrant, or the session's register is closed
        """
        self.ensure_one()
        self.session_id.check_access("write")
        if not self.partner_ids:
            raise UserError(self.env._("Choose at least one person."))
        people = self.partner_ids - self._known_people()
        fitting = self.env["res.partner"].search([("id", "in", people.ids), *self.session_id._guest_domain()])
        if others := people - fitting:
            raise UserError(
                self.env._(
                    "%s cannot be in a session: only active registrants of its company can, and no groups.",
                    named(others[0]),
                )
            )
        if self.role == "expected":
            if self.session_id.state not in ("scheduled", "in_progress"):
                raise UserError(
                    self.env._(
                        "%s is over: nobody can be expected in it any more. Add those who came with their mark.",
                        self.session_id.display_name,
                    )
                )
            # sudo: a facilitator adds people here, and takes nobody off
            self.session_id.sudo().expected_participant_ids = [Command.link(person.id) for person in people]
        elif not self.status_id:
            raise UserError(self.env._("Choose the status that these people get."))
        else:
            self.env["spp.session.attendance"].create(
                [
                    {"session_id": self.session_id.id, "participant_id": person.id, "status_id": self.status_id.id}
                    for person in people
                ]
            )
        return {"type": "ir.actions.act_window_close"}

# Part of the SPP attendance suite. LGPL-3.
"""Paper rosters: a code that leads back to the session, and numbers that stay whoever comes or leaves."""

import base64
import io
import secrets

import qrcode
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError

from odoo.addons.spp_integrity.clock import database_now

#: Letters and digits that nobody mistakes for each other on paper.
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class SessionSheet(models.Model):
    """The paper roster of a session: its code, and a number per person that stays as long as the session does.

    Who comes later gets the next number, who leaves keeps the old one: a sheet printed last week can still be keyed in.
    """

    _name = "spp.session.sheet"
    _description = "Paper Roster"
    _order = "id desc"
    _rec_name = "code"
    _company_path = "company_id"
    _area_path = "session_id.area_id"
    _area_open = (
        "('session_id.area_id', '=', False)",
        "('session_id.facilitator_id', '=', user.id)",
        "('session_id.co_facilitator_ids', 'in', [user.id])",
    )

    session_id = fields.Many2one("spp.session", required=True, ondelete="cascade", readonly=True, index=True)
    code = fields.Char(required=True, readonly=True, default=lambda self: self._new_code())
    printed_at = fields.Datetime(readonly=True)
    printed_by_id = fields.Many2one("res.users", readonly=True)
    line_ids = fields.One2many("spp.session.sheet.line", "sheet_id", "Numbers", readonly=True)
    company_id = fields.Many2one(related="session_id.company_id", store=True)

    _one_per_session = models.UniqueIndex(
        "(session_id)", "Somebody else is printing the roster of this session just now: print it again."
    )
    _code_unique = models.UniqueIndex("(code)", "Another paper roster has this code: print it again.")

    @api.model
    def _new_code(self):
        text = "".join(secrets.choice(_ALPHABET) for _position in range(8))
        return f"{text[:4]}-{text[4:]}"

    @api.model
    @api.private
    def _print_for(self, sessions):
        """The paper rosters of sessions, with a number for everybody who is in them now.

        :param sessions: `spp.session` records that the user may read
        :return: `spp.session.sheet` records (superuser mode), in the order of the sessions
        """
        # sudo: sheets are nobody's to create; the user may read the sessions
        sheets_sudo = self.sudo().search([("session_id", "in", sessions.ids)])
        missing = sessions - sheets_sudo.session_id.with_env(self.env)
        try:
            sheets_sudo |= self.sudo().create([{"session_id": session.id} for session in missing])  # sudo: as above
        except UniqueViolation as error:
            # somebody prints the same roster at the same moment: Odoo starts again, now knowing that sheet
            raise ConcurrencyError("spp.session.sheet") from error
        sheets_sudo.write({"printed_at": database_now(self.env), "printed_by_id": sessions.env.uid})
        # two people who print at once collide here, and the second one starts again with what the first one numbered
        sheets_sudo.flush_recordset()
        lines = []
        for sheet in sheets_sudo:
            numbered = set(sheet.line_ids.partner_id.ids)
            last = max(sheet.line_ids.mapped("number"), default=0)
            unnumbered = [person for person in sheet.session_id._roster_people() if person.id not in numbered]
            lines += [
                {"sheet_id": sheet.id, "partner_id": person.id, "number": number}
                for number, person in enumerate(unnumbered, start=last + 1)
            ]
        # sudo: lines of a sheet are nobody's to create
        self.env["spp.session.sheet.line"].sudo().create(lines)
        # the people that superuser mode has read are not for everybody
        sessions.invalidate_recordset(["expected_participant_ids", "attendance_ids"])
        by_session = sheets_sudo.grouped("session_id")
        # sudo: the sheets were found or made above
        return self.sudo().union(*(by_session[session.sudo()] for session in sessions))

    def _numbers(self):
        """The number of each person on this sheet: dict partner id -> number."""
        return {line.partner_id.id: line.number for line in self.line_ids if line.partner_id}

    def _url(self):
        """The address that the code on the sheet leads to: the roster screen of its session."""
        self.ensure_one()
        return f"{self.get_base_url()}/spp/sheet/{self.code}"

    def _qr_image(self):
        """The code that leads there, as the source of an image: a data URI."""
        image = io.BytesIO()
        qrcode.make(self._url(), box_size=8, border=1).save(image, format="PNG")
        return f"data:image/png;base64,{base64.b64encode(image.getvalue()).decode()}"


class SessionSheetLine(models.Model):
    _name = "spp.session.sheet.line"
    _description = "Number on a Paper Roster"
    _order = "sheet_id, number"
    _rec_name = "number"
    _company_path = "company_id"
    _area_path = "partner_id.area_id"
    _area_open = ("('partner_id', '=', False)",)

    sheet_id = fields.Many2one("spp.session.sheet", required=True, ondelete="cascade", index=True, readonly=True)
    number = fields.Integer(required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Participant", ondelete="set null", index="btree_not_null", readonly=True
    )
    company_id = fields.Many2one(related="sheet_id.company_id", store=True)

    _number_unique = models.UniqueIndex("(sheet_id, number)", "This number is on the sheet already: print it again.")
    _person_unique = models.UniqueIndex(
        "(sheet_id, partner_id) WHERE partner_id IS NOT NULL",
        "This person has a number on the sheet already: print it again.",
    )

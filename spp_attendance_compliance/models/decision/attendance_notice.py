# Part of the SPP attendance suite. LGPL-3.
"""Families hear that attendance is short while something can still be done, by e-mail or letter and once per run."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from odoo.addons.spp_integrity import as_system
from odoo.addons.spp_integrity.clock import database_now

#: So many e-mails are put into the queue in one transaction.
NOTICES_PER_SET = 200


class AttendanceNotice(models.Model):
    """Tells a person, or the family, how much is missing while it can still be reached; once per run.

    Officers prepare notices and print letters, managers send. Sending puts e-mails into Odoo's queue, in sets.
    """

    _name = "spp.attendance.notice"
    _description = "Attendance Notice"
    _order = "run_id desc, recipient_id, id"
    _rec_name = "partner_id"
    _company_path = "company_id"
    _area_path = "partner_id.area_id"

    run_id = fields.Many2one(
        "spp.attendance.compliance.run", required=True, readonly=True, ondelete="cascade", index=True
    )
    cycle_id = fields.Many2one(related="run_id.cycle_id")
    membership_id = fields.Many2one(
        "spp.cycle.membership", "Cycle Membership", required=True, readonly=True, ondelete="cascade", index=True
    )
    partner_id = fields.Many2one("res.partner", "Person", required=True, readonly=True, ondelete="restrict", index=True)
    recipient_id = fields.Many2one(
        "res.partner",
        "Told",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
        help="Of a group, whoever of the group and the person has an e-mail address.",
    )
    email = fields.Char("E-Mail", related="recipient_id.email")
    phone = fields.Char(related="recipient_id.phone")
    company_id = fields.Many2one(related="run_id.company_id", store=True)
    missing = fields.Integer(readonly=True, help="Sessions or days.")
    needed = fields.Integer(readonly=True, help="So many of what remains would be enough.")
    remaining = fields.Integer(readonly=True)
    is_by_day = fields.Boolean(readonly=True, help="What remains are days: the source knows no sessions in advance.")
    text = fields.Text(compute="_compute_text")
    problem = fields.Selection(
        [
            ("no_email", "No e-mail address"),
            ("invalid_email", "The e-mail address is not valid"),
            ("blacklisted", "Does not want e-mails"),
        ],
        "Why Not by E-Mail",
        readonly=True,
    )
    state = fields.Selection(
        [
            ("prepared", "Prepared"),
            ("waiting", "To Be Sent"),
            ("queued", "E-Mail in the Queue"),
            ("printed", "Letter Printed"),
        ],
        required=True,
        readonly=True,
        default="prepared",
    )
    sent_by_id = fields.Many2one("res.users", readonly=True)
    sent_at = fields.Datetime(readonly=True)
    send_error = fields.Char("Could Not Be Sent", readonly=True)

    _once_per_run = models.UniqueIndex("(run_id, partner_id, membership_id)", "A person is told once per run.")
    _waiting = models.Index("(id) WHERE state = 'waiting'")

    # --- text

    @api.depends("missing", "needed", "remaining", "is_by_day", "run_id.criteria")
    @api.depends_context("lang")
    def _compute_text(self):
        for notice in self:
            notice.text = " ".join((notice._missing_sentence(), notice._chance_sentence(), notice._date_sentence()))

    def _missing_sentence(self):
        # sudo: the name of the program that writes to the family
        values = {
            "who": self.partner_id.name,
            "number": self.missing,
            "program": self.run_id.sudo().cycle_id.program_id.name,
        }
        days = self.run_id.criteria["measure"] == "days"
        if self.missing == 1:
            if days:
                return self.env._("%(who)s is one day short of what %(program)s asks for.", **values)
            return self.env._("%(who)s is one session short of what %(program)s asks for.", **values)
        if days:
            return self.env._("%(who)s is %(number)s days short of what %(program)s asks for.", **values)
        return self.env._("%(who)s is %(number)s sessions short of what %(program)s asks for.", **values)

    def _chance_sentence(self):
        last = format_date(self.env, self.run_id.criteria["to"])
        values = {"needed": self.needed, "remaining": self.remaining, "last": last}
        if self.is_by_day or self.run_id.criteria["measure"] == "days":
            if self.needed == 1:
                return self.env._("It can still be reached: attend on one more day until %s.", last)
            return self.env._("It can still be reached: attend on %(needed)s more days until %(last)s.", **values)
        if self.remaining == 1:
            return self.env._("It can still be reached: attend the one session that remains until %s.", last)
        if self.needed == self.remaining:
            return self.env._(
                "It can still be reached: attend all %(remaining)s sessions that remain until %(last)s.", **values
            )
        if self.needed == 1:
            return self.env._(
                "It can still be reached: attend one of the %(remaining)s sessions that remain until %(last)s.",
                **values,
            )
        return self.env._(
            "It can still be reached: attend %(needed)s of the %(remaining)s sessions that remain until %(last)s.",
            **values,
        )

    def _date_sentence(self):
        return self.env._(
            "Counted on %s, by what was recorded until then.", format_date(self.env, self.run_id.create_date)
        )

    # --- preparing

    @api.model
    def _values_of(self, run, people):
        """Values of notices, with who is told and whether by e-mail; a fixed number of queries.

        :param run: `spp.attendance.compliance.run` record
        :param people: what its `_short_people` returned
        :return: list of dicts for `create`
        """
        partners = self.env["res.partner"].browse(
            {partner_id for person in people for partner_id in (person["unit_id"], person["partner_id"])}
        )
        problems = {partner.id: self._problem_of(partner) for partner in partners}
        values = []
        for person in people:
            candidates = (person["unit_id"], person["partner_id"])
            told = next((partner_id for partner_id in candidates if not problems[partner_id]), candidates[0])
            values.append(
                {
                    "run_id": run.id,
                    "recipient_id": told,
                    "problem": problems[told],
                    **{name: value for name, value in person.items() if name != "unit_id"},
                }
            )
        return values

    @api.model
    def _problem_of(self, partner):
        if not (partner.email or "").strip():
            return "no_email"
        if not partner.email_normalized:
            return "invalid_email"
        return "blacklisted" if partner.is_blacklisted else False

    # --- sending

    def action_send(self):
        """Hand prepared notices over to the e-mail queue; who cannot be reached by e-mail is left out.

        :raise AccessError: for anybody but a programs manager
        :raise UserError: when there is nothing to send, or no time left to attend
        """
        self._check_role("manager", self.env._("Only programs managers send notices: ask one to do it."))
        notices = as_system(self).filtered(lambda notice: notice.state == "prepared" and not notice.problem)
        if not notices:
            raise UserError(self.env._("None of them is to be sent: they were sent already or have no e-mail address."))
        for run in notices.run_id:
            run._check_window_open()
        notices.write(
            {
                "state": "waiting",
                "sent_by_id": self.env.uid,
                "sent_at": database_now(self.env),
                "send_error": False,
            }
        )
        # sudo: waking up what the system does anyway
        self.env.ref("spp_attendance_compliance.ir_cron_send_attendance_notices").sudo()._trigger()

    def action_print_letter(self):
        """Print the notices as letters, for those without e-mail address or who ask for paper.

        :return: report action (dict)
        :raise AccessError: for anybody below programs officer
        """
        self._check_role(
            "officer", self.env._("Only programs officers print letters about attendance: ask one to do it.")
        )
        by_hand = as_system(self).filtered(lambda notice: notice.state == "prepared" and notice.problem)
        by_hand.write({"state": "printed", "sent_by_id": self.env.uid, "sent_at": database_now(self.env)})
        by_hand._log_on_registrants()
        return self.env.ref("spp_attendance_compliance.action_report_attendance_notice").report_action(self)

    def _check_role(self, role, refusal):
        if not (self.env.su or self.env.user.has_group(f"spp_programs.group_programs_{role}")):
            raise AccessError(refusal)
        self.check_access("read")

    @api.model
    def _cron_send(self):
        """Put the e-mails of waiting notices into the queue, a set in each transaction."""
        waiting = [("state", "=", "waiting")]
        batch = self.search(waiting, limit=NOTICES_PER_SET, order="id").try_lock_for_update()
        if not batch:
            return
        try:
            with self.env.cr.savepoint():
                batch._queue_emails()
        except UserError as error:
            # a template that cannot be rendered: shown on the notices, which can be sent again
            batch.write({"state": "prepared", "send_error": str(error)})
        self.env["ir.cron"]._commit_progress(len(batch), remaining=self.search_count(waiting))

    def _queue_emails(self):
        template = self.env.ref("spp_attendance_compliance.mail_template_attendance_notice")
        template.send_mail_batch(self.ids, email_layout_xmlid="mail.mail_notification_light")
        self.state = "queued"
        self._log_on_registrants()

    def _log_on_registrants(self):
        """Note on each person's page what was said to whom; once per set."""
        bodies = {}
        for notice in self:
            values = {"text": notice.text, "who": notice.recipient_id.name}
            if notice.state == "queued":
                body = self.env._("Told by e-mail (%(who)s): %(text)s", **values)
            else:
                body = self.env._("Told by letter (%(who)s): %(text)s", **values)
            for partner in notice.partner_id | notice.recipient_id:
                bodies[partner.id] = f"{bodies[partner.id]} {body}" if partner.id in bodies else body
        if bodies:
            self.env["res.partner"].browse(bodies)._message_log_batch(bodies=bodies)

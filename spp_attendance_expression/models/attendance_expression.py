# Part of the SPP attendance suite. LGPL-3.
"""Formulas about attendance are checked when written, evaluated for sets of people, and kept while in use."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import split_every

from odoo.addons.spp_integrity.clock import company_today

from ..expressions.engine import ExpressionEngine
from ..expressions.reader import ExpressionReader
from ..expressions.values import ExpressionError

BATCH_SIZE = 2000


class AttendanceExpression(models.Model):
    """A formula about registrants and their attendance, written by whoever sets up a programme."""

    _name = "spp.attendance.expression"
    _description = "Attendance Expression"
    _inherit = ["mail.thread"]
    _traced = True
    _order = "name, id"
    _company_path = "company_id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    description = fields.Text(help="What the expression is for, in words.")
    target = fields.Selection(
        [("individual", "Individuals"), ("group", "Groups")],
        "About",
        required=True,
        default="individual",
        tracking=True,
    )
    expression = fields.Text(required=True, tracking=True)
    period = fields.Selection(
        [("term", "The current term"), ("year", "The current year"), ("dates", "Two dates")],
        "Attendance Counted In",
        required=True,
        default="term",
        tracking=True,
        help="A program cycle counts in its own dates instead, and dates within the expression come before both.",
    )
    date_from = fields.Date("From", tracking=True)
    date_to = fields.Date("To", tracking=True)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, help="Empty: all companies.")

    _dates_in_order = models.Constraint(
        "CHECK (period <> 'dates' OR (date_from IS NOT NULL AND date_to IS NOT NULL AND date_from <= date_to))",
        "Attendance counted in two dates needs both of them, the first one not after the last.",
    )

    @api.constrains("expression", "target")
    def _check_expression(self):
        for record in self:
            try:
                record._read_expression()
            except ExpressionError as error:
                line, column = error.place(record.expression)
                raise ValidationError(
                    self.env._(
                        "Line %(line)s, column %(column)s: %(message)s", line=line, column=column, message=error.message
                    )
                ) from error

    def write(self, vals):
        if "target" in vals:
            self.filtered(lambda record: record.target != vals["target"])._refuse_if_used()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._refuse_if_used()

    def _refuse_if_used(self):
        for record in self:
            if names := record._used_by():
                raise UserError(
                    self.env._(
                        "%(expression)s is a criterion of %(users)s: choose another one there first.",
                        expression=record.name,
                        users=", ".join(sorted(set(names))),
                    )
                )

    def _require_target(self, target, name):
        """Refuse to be the criterion of something that is about others.

        :param str target: "individual" or "group"
        :param str name: of what the expression is to be a criterion of
        :raise ValidationError: when the expression has another target
        """
        self.ensure_one()
        if self.target != target:
            raise ValidationError(
                self.env._(
                    "%(expression)s and %(user)s are not about the same: one is about groups, the other about "
                    "individuals. Choose another expression.",
                    expression=self.name,
                    user=name,
                )
            )

    def _used_by(self):
        """Return the names of what uses the expressions (list of str); other addons add theirs."""
        return []

    def _read_expression(self):
        self.ensure_one()
        return ExpressionReader(self.env, self.expression or "", self.target).parse()

    def _window(self, day):
        """Return the first and last day in which attendance counts, when nobody says otherwise.

        :param date day: a day within the term or year
        """
        self.ensure_one()
        if self.period == "dates":
            return self.date_from, self.date_to
        return self.env["spp.session.term"]._period(self.period, day, self.company_id or self.env.company)

    # --- evaluation

    def _evaluate(self, partners, date_from=None, date_to=None):
        """Evaluate the expression for registrants that the caller may read.

        The facts are read in superuser mode, so that the verdict about a person does not depend on who asks. The number
        of queries depends on the expression and the number of batches only.

        :param partners: recordset of res.partner
        :param date date_from, date_to: window of attendance; by default the expression's own
        :return: dict of partner id to True, False or None (unknown: a value that decides is missing)
        :raise UserError: when a code in the expression no longer exists
        """
        self.ensure_one()
        today = company_today(self.company_id or self.env.company)
        own_from, own_to = self._window(today)
        # sudo: the verdict about a person does not depend on who asks
        expression_sudo = self.sudo()
        try:
            reading = expression_sudo._read_expression()
        except ExpressionError as error:
            raise UserError(
                self.env._(
                    "The expression %(name)s can no longer be used: %(message)s", name=self.name, message=error.message
                )
            ) from error
        self.env.flush_all()
        engine = ExpressionEngine(expression_sudo.env, reading, today, date_from or own_from, date_to or own_to)
        verdicts = {}
        for partner_ids in split_every(BATCH_SIZE, partners.ids, list):
            verdicts.update(engine.evaluate(partner_ids))
        return verdicts

    def _matching(self, partners, date_from=None, date_to=None):
        """Return those of the registrants for whom the expression is true; see :meth:`_evaluate`."""
        verdicts = self._evaluate(partners, date_from, date_to)
        return partners.browse(partner_id for partner_id in partners.ids if verdicts[partner_id])

    def _registrant_domain(self):
        """Whom the expression is about: active registrants of its kind and company."""
        self.ensure_one()
        domain = (
            Domain("is_registrant", "=", True)
            & Domain("disabled", "=", False)
            & Domain("is_group", "=", self.target == "group")
        )
        if self.company_id:
            domain &= Domain("company_id", "=", self.company_id.id)
        return domain

    def action_preview(self):
        """Show for how many of the registrants that the user may see the expression is true.

        :return: window action (dict) on a new spp.attendance.expression.preview
        """
        self.ensure_one()
        self.check_access("read")
        preview = self.env["spp.attendance.expression.preview"].create({"expression_id": self.id})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Preview of %s", self.name),
            "res_model": preview._name,
            "res_id": preview.id,
            "view_mode": "form",
            "target": "new",
        }

# Part of the SPP attendance suite. LGPL-3.
"""School terms, and the periods in which something is counted."""

from datetime import date

from odoo import api, fields, models


class SessionTerm(models.Model):
    """A term or a (school, programme) year: the period over which limits and late arrivals are counted."""

    _name = "spp.session.term"
    _description = "Term"
    _order = "date_from desc, id desc"
    _company_path = "company_id"
    _company_shared = False

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection([("term", "Term"), ("year", "Year")], required=True, default="term")
    date_from = fields.Date("First Day", required=True)
    date_to = fields.Date("Last Day", required=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)

    _in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "A term cannot end before it starts: check the dates."
    )
    _terms_apart = models.Constraint(
        "EXCLUDE USING gist (int4range(company_id, company_id, '[]') WITH =, daterange(date_from, date_to, '[]') WITH &&)"
        " WHERE (kind = 'term')",
        "Another term covers some of these days: change its dates first.",
    )
    _years_apart = models.Constraint(
        "EXCLUDE USING gist (int4range(company_id, company_id, '[]') WITH =, daterange(date_from, date_to, '[]') WITH &&)"
        " WHERE (kind = 'year')",
        "Another year covers some of these days: change its dates first.",
    )

    @api.model
    @api.private
    def _periods(self, kind, days, company):
        """The first and last day of the term or year that each of some days lies in; one query.

        A term that nobody entered is its year; a year that nobody entered is the calendar year.

        :param kind: "term" or "year"
        :param days: iterable of ``datetime.date``
        :param company: `res.company`
        :return: dict day -> (first day, last day)
        """
        days = set(days)
        if not days:
            return {}
        # sudo: terms are not secret: who counts need not be allowed to read the configuration
        terms_sudo = self.sudo().search_fetch(
            [("company_id", "=", company.id), ("date_from", "<=", max(days)), ("date_to", ">=", min(days))],
            ["kind", "date_from", "date_to"],
        )
        # the narrower kind first
        wanted = ["term", "year"] if kind == "term" else ["year"]
        spans = [
            (term.date_from, term.date_to)
            for each in wanted
            for term in terms_sudo.filtered(lambda term, each=each: term.kind == each)
        ]
        return {
            day: next(
                (span for span in spans if span[0] <= day <= span[1]), (date(day.year, 1, 1), date(day.year, 12, 31))
            )
            for day in days
        }

    @api.model
    @api.private
    def _period(self, kind, day, company):
        """As `_periods`, for one day.

        :return: (first day, last day)
        """
        return self._periods(kind, [day], company)[day]

# Part of the SPP attendance suite. LGPL-3.
"""What program managers type is evaluated in one place, and a filter finds registrants of the program's kind only."""

from odoo import models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import safe_eval


class BaseProgramsManager(models.AbstractModel):
    _name = "spp.base.programs.manager"
    _description = "Base of program managers"

    def _get_eval_context(self):
        """Return the names an expression of a manager may use."""
        return {
            "datetime": safe_eval.datetime,
            "dateutil": safe_eval.dateutil,
            "time": safe_eval.time,
            "uid": self.env.uid,
            "user": self.env.user,
        }

    def _safe_eval(self, string, locals_dict=None):
        """Evaluate an expression typed by a program manager.

        :param str string: a Python expression
        :param dict locals_dict: further names
        """
        return safe_eval.safe_eval(string, {**self._get_eval_context(), **(locals_dict or {})})

    def _eval_partner_domain(self, text):
        """Read a domain on registrants.

        :param str text: a domain as Python literal; nothing means everybody
        :return: list domain on res.partner
        :raise ValidationError: the text is no such domain
        """
        try:
            domain = self._safe_eval(text.strip()) if text and text.strip() else []
            # sudo: only the names of fields are looked up, no record is read
            Domain(domain).validate(self.env["res.partner"].sudo())
        except Exception as error:
            raise ValidationError(
                self.env._("This is not a filter on registrants: %(text)s (%(error)s)", text=text, error=error)
            ) from error
        return list(Domain(domain)) if domain else []

    def _registrant_domain(self, membership=None):
        """Return the registrants a program may have at all.

        :param membership: only the registrants of these memberships
        :return: list domain on res.partner
        """
        domain = [("is_registrant", "=", True), ("disabled", "=", False)]
        if self.program_id.target_type:
            domain.append(("is_group", "=", self.program_id.target_type == "group"))
        if membership is not None:
            domain.append(("id", "in", membership.partner_id.ids))
        return domain

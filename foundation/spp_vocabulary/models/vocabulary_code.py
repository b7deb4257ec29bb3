# Part of the SPP attendance suite. LGPL-3.
"""Codes are found by vocabulary and code, and those of a system vocabulary change by its module alone."""

import re

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

# What may still be changed on a code that came with a module.
_OPEN_SYSTEM_FIELDS = {"active", "sequence"}


class VocabularyCode(models.Model):
    _name = "spp.vocabulary.code"
    _description = "Vocabulary Code"
    _order = "sequence, code, id"
    _rec_name = "display"

    vocabulary_id = fields.Many2one("spp.vocabulary", required=True, ondelete="restrict", index=True)
    namespace_uri = fields.Char("Namespace URI", related="vocabulary_id.namespace_uri", store=True, index=True)
    code = fields.Char(required=True, index=True)
    display = fields.Char("Label", required=True, translate=True)
    uri = fields.Char("Code URI", compute="_compute_uri", store=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    is_local = fields.Boolean("Local Code", help="Added by this deployment, not part of the published list.")
    id_validation = fields.Char(
        "Identifier Pattern", help="For identifier types: regular expression every value has to match from its start."
    )

    _unique_code = models.Constraint("UNIQUE(vocabulary_id, code)", "This vocabulary already has this code.")
    _unique_uri = models.Constraint("UNIQUE(uri)", "Another code has this URI.")

    @api.depends("vocabulary_id.namespace_uri", "code")
    def _compute_uri(self):
        for record in self:
            record.uri = f"{record.namespace_uri}#{record.code}" if record.namespace_uri and record.code else False

    @api.constrains("id_validation")
    def _check_id_validation(self):
        for record in self.filtered("id_validation"):
            try:
                re.compile(record.id_validation)
            except re.error as error:
                raise ValidationError(
                    self.env._(
                        "The identifier pattern of %(code)s is not a regular expression (%(reason)s); please correct it.",
                        code=record.display_name,
                        reason=error,
                    )
                ) from error

    @api.model_create_multi
    def create(self, vals_list):
        codes = super().create(vals_list)
        codes._check_system_protection()
        return codes

    def write(self, vals):
        if not _OPEN_SYSTEM_FIELDS.issuperset(vals):
            self._check_system_protection()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_system_code(self):
        self._check_system_protection()

    def _check_system_protection(self):
        """Refuse with UserError when a code is part of a system vocabulary and not local.

        Module data may do it, and code that says so with the context key ``_test_bypass_system_protection``; both
        only as superuser, because a client can send any context.
        """
        context = self.env.context
        if self.env.su and ("install_xmlid" in context or context.get("_test_bypass_system_protection")):
            return
        protected = self.filtered(lambda code: code.vocabulary_id.is_system and not code.is_local)
        if protected:
            raise UserError(
                self.env._(
                    "%(codes)s: the codes of the system vocabulary %(vocabulary)s come with the installed modules;"
                    " add a local code instead.",
                    codes=", ".join(protected.mapped("display_name")),
                    vocabulary=protected[0].vocabulary_id.display_name,
                )
            )

    @api.model
    def get_code(self, namespace_uri, code):
        """Return the active code ``code`` (str) of the vocabulary at ``namespace_uri`` (str), or an empty recordset."""
        return self.search([("namespace_uri", "=", namespace_uri), ("code", "=", code)], limit=1)

    @api.model
    def get_or_create(self, namespace_uri, code, display=None):
        """Return the code, created with the label ``display`` (str, default the code itself) when it is missing.

        :raise UserError: unknown vocabulary, archived code, or a system vocabulary that lacks the code
        """
        return self._get_or_create(namespace_uri, code, {"display": display or code})

    @api.model
    def get_or_create_local(self, namespace_uri, code, display=None):
        """Same as :meth:`get_or_create`, but a new code is marked local, which system vocabularies accept."""
        return self._get_or_create(namespace_uri, code, {"display": display or code, "is_local": True})

    @api.model
    def _get_or_create(self, namespace_uri, code, values):
        vocabulary = self.env["spp.vocabulary"].search([("namespace_uri", "=", namespace_uri)])
        if not vocabulary:
            raise UserError(self.env._("There is no vocabulary %s; please create it first.", namespace_uri))
        found = self.with_context(active_test=False).search(
            [("vocabulary_id", "=", vocabulary.id), ("code", "=", code)]
        )
        if found and not found.active:
            raise UserError(self.env._("The code %s is archived; please restore it to use it.", found.display_name))
        return found or self.create({"vocabulary_id": vocabulary.id, "code": code, **values})

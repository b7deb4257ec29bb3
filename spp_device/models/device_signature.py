# Part of the SPP attendance suite. LGPL-3.
"""Signatures that were accepted, so that none is accepted twice."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

#: How far the moment of a signature may be from now.
SIGNED_FOR = timedelta(minutes=5)


class DeviceSignature(models.Model):
    """A signature that came with a request. It is forgotten when its moment alone keeps it out."""

    _name = "spp.device.signature"
    _description = "Signature That Was Used"
    _log_access = False

    signature = fields.Char(required=True, readonly=True)
    create_date = fields.Datetime(readonly=True)

    _once = models.UniqueIndex("(signature)")
    _recent = models.Index("(create_date)")

    @api.model
    def _is_new(self, signature):
        """Whether a signature comes for the first time; it is noted, and waits for others that note it right now.

        :param str signature: hexadecimal digits in lower case
        """
        return bool(
            self.env.execute_query(
                SQL(
                    "INSERT INTO spp_device_signature (signature, create_date) VALUES (%s, %s)"
                    " ON CONFLICT DO NOTHING RETURNING id",
                    signature,
                    self.env.cr.now(),
                )
            )
        )

    @api.autovacuum
    def _gc_signatures(self, limit=10_000):
        """Forget signatures that are too old to be accepted.

        :return: how many went, and whether there are more
        """
        # one of a moment ahead is accepted for as long again
        over = self.search([("create_date", "<", self.env.cr.now() - 3 * SIGNED_FOR)], limit=limit)
        over.unlink()
        return len(over), len(over) == limit

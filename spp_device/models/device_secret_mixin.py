# Part of the SPP attendance suite. LGPL-3.
"""Secrets by which a device is known: a token that it sends, or a key with which it signs."""

import hashlib
import hmac
import re
import secrets
from datetime import UTC, timedelta
from urllib.parse import unquote

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.spp_integrity import as_system, database_now, secret_box

from .device_signature import SIGNED_FOR

#: Name of the device (percent-encoded), seconds since 1970, signature in hexadecimal digits.
_SIGNED = re.compile(r"(.+):([0-9]{1,11}(?:\.[0-9]{1,6})?):([0-9a-fA-F]{64})")


class DeviceSecretMixin(models.AbstractModel):
    """A token is only ever compared, so its hash is kept; a key is used, so it is kept sealed with a key that is not in the
    database. Neither can be read, searched or exported by anybody, and neither is shown twice.
    """

    _name = "spp.device.secret.mixin"
    _description = "Device with a Secret"
    _inherit = ["spp.device.mixin"]
    # the secrets themselves are beyond everybody's reach as it is
    _system_fields = ("token_issued_at", "token_expires_at", "signing_key_issued_at")

    #: Field by which a device names itself beside a signature.
    _signer_field = "name"

    token_hash = fields.Char(groups=fields.NO_ACCESS, copy=False, export_string_translation=False)
    token_issued_at = fields.Datetime("Token Issued On", readonly=True, copy=False)
    token_valid_days = fields.Integer(
        "Tokens Are Valid For (Days)", tracking=True, help="Counted from the day a token is issued. 0: without end."
    )
    token_expires_at = fields.Datetime(
        "Token Expires On", readonly=True, copy=False, help="From then on the token is unknown. Empty: never."
    )
    signing_key_sealed = fields.Char(groups=fields.NO_ACCESS, copy=False, export_string_translation=False)
    signing_key_issued_at = fields.Datetime("Signing Key Issued On", readonly=True, copy=False)

    _token_valid_days_not_negative = models.Constraint(
        "CHECK (token_valid_days >= 0)", "A token cannot be valid for less than no time."
    )
    _token_unique = models.UniqueIndex("(token_hash) WHERE token_hash IS NOT NULL")

    # --- tokens

    def action_issue_token(self):
        """Give the device a new token and show it once; the one before is void from now on.

        :return: action of a dialog with the token, which is stored nowhere
        :raise AccessError: the user may not decide about the device
        :raise UserError: the device is retired
        """
        self.ensure_one()
        self._check_may_decide()
        if self.state == "retired":
            raise UserError(self.env._("%s is retired: approve it before it gets a token.", self.display_name))
        token, now = secrets.token_urlsafe(32), database_now(self.env)
        as_system(self).write(
            {
                "token_hash": self._hash(token),
                "token_issued_at": now,
                "token_expires_at": self.token_valid_days and now + timedelta(days=self.token_valid_days),
            }
        )
        self._message_log(body=self.env._("A new token has been issued."))
        return self._show_once(self.env._("Token of %s", self.display_name), token)

    @api.model
    def _show_once(self, title, secret):
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "spp.device.token",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_token": secret},
        }

    def action_revoke_token(self):
        """Make the tokens of these devices void, for example of one that was lost.

        :raise AccessError: the user may not decide about these devices
        """
        self._check_may_decide()
        for device in self.filtered("token_issued_at"):
            device._message_log(body=self.env._("The token has been revoked."))
        as_system(self).write({"token_hash": False, "token_issued_at": False, "token_expires_at": False})

    def action_retire(self):
        super().action_retire()
        self.action_revoke_token()
        self.action_revoke_signing_key()

    @api.model
    def _hash(self, token):
        # 256 random bits need no salt and no slow hash: there is nothing to guess
        return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()

    @api.model
    def _identify(self, token):
        """The device (sudo) with this token; empty when there is none or the token has expired."""
        # sudo: whoever calls is no user yet
        return self.sudo().search(
            [
                ("token_hash", "=", self._hash(token)),
                "|",
                ("token_expires_at", "=", False),
                ("token_expires_at", ">", self.env.cr.now()),
            ],
            limit=1,
        )

    # --- keys for signatures

    def action_issue_signing_key(self):
        """Give the device a new key to sign with and show it once; the one before is void from now on.

        :return: action of a dialog with the key in hexadecimal digits
        :raise AccessError: the user may not decide about the device
        :raise UserError: the device is retired, or there is no key to seal it with
        """
        self.ensure_one()
        self._check_may_decide()
        if self.state == "retired":
            raise UserError(self.env._("%s is retired: approve it before it gets a key.", self.display_name))
        return self._show_once(self.env._("Signing Key of %s", self.display_name), self._issue_signing_key().hex())

    def action_revoke_signing_key(self):
        """Make the keys of these devices void, for example of one that was lost.

        :raise AccessError: the user may not decide about these devices
        """
        self._check_may_decide()
        for device in self.filtered("signing_key_issued_at"):
            device._message_log(body=self.env._("The key for signatures has been revoked."))
        as_system(self).write({"signing_key_sealed": False, "signing_key_issued_at": False})

    def _issue_signing_key(self):
        """Give the device a new key to sign with; the one before is void from now on.

        :return: bytes, 32 of them, to be shown once
        :raise AccessError: the user may not decide about the device
        :raise UserError: there is no key to seal it with
        """
        self.ensure_one()
        self._check_may_decide()
        key = secrets.token_bytes(32)
        try:
            sealed = secret_box.seal(key.hex())
        except secret_box.NoKey:
            raise UserError(
                self.env._("Keys of devices cannot be kept safely yet: ask the administrator to set SPP_SECRET_KEY.")
            ) from None
        as_system(self).write({"signing_key_sealed": sealed, "signing_key_issued_at": database_now(self.env)})
        self._message_log(body=self.env._("A new key for signatures has been issued."))
        return key

    def _is_signed(self, message, signature):
        """Whether a message carries the signature (HMAC-SHA-256) of this device (sudo).

        :param bytes message: what was signed
        :param bytes signature: 32 bytes
        :raise secret_box.NoKey: no key is configured
        :raise secret_box.WrongKey: the key was sealed with another one
        """
        self.ensure_one()
        if not self.signing_key_sealed:
            return False
        key = bytes.fromhex(secret_box.unseal(self.signing_key_sealed))
        return hmac.compare_digest(hmac.digest(key, message, "sha256"), signature)

    @api.model
    def _identify_signed(self, credentials, method, path, body):
        """The device (sudo) that signed a request just now; empty when none did, or when the request was sent before.

        The signature is the HMAC-SHA-256 of four lines, with a line feed between them: the method, the path, the moment as
        sent, the SHA-256 of the body in hexadecimal digits.

        :param str credentials: ``name:moment:signature``: how the device names itself, percent-encoded; seconds since 1970;
            64 hexadecimal digits
        :param str method: of the request, such as "POST"
        :param str path: of the request, without the host
        :param bytes body: of the request, as it came
        :raise secret_box.NoKey: no key is configured
        :raise secret_box.WrongKey: the key was sealed with another one
        """
        devices_sudo = self.sudo()  # sudo: whoever calls is no user yet
        if not (parts := _SIGNED.fullmatch(credentials.strip())):
            return devices_sudo.browse()
        name, moment, signature = parts.groups()
        now = database_now(self.env).replace(tzinfo=UTC).timestamp()
        if abs(now - float(moment)) > SIGNED_FOR.total_seconds():
            return devices_sudo.browse()
        device_sudo = devices_sudo.search([(self._signer_field, "=", unquote(name))])
        message = "\n".join((method, path, moment, hashlib.sha256(body).hexdigest())).encode()
        if len(device_sudo) != 1 or not device_sudo._is_signed(message, bytes.fromhex(signature)):
            return devices_sudo.browse()
        is_new = self.env["spp.device.signature"]._is_new(signature.lower())
        return device_sudo if is_new else devices_sudo.browse()

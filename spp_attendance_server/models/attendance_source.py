# Part of the SPP attendance suite. LGPL-3.
"""How a server is reached and trusted: addresses, a sealed secret that never comes back, a connection test."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.spp_integrity import secret_box
from odoo.addons.spp_integrity.clock import database_now

from ..clients import AttendanceServerClient, AttendanceServerError

#: Whoever changes where the secret is sent to must know it.
_WHERE_THE_SECRET_GOES = ("base_url", "auth_endpoint", "client_id", "allow_http", "authorities")


class AttendanceSource(models.Model):
    """An external attendance server as a source: how it is reached, and what its identifiers are here."""

    _inherit = "spp.attendance.source"

    _system_fields = ("secret_sealed", "last_fetch_at", "last_error", "last_test_at", "last_test")

    kind = fields.Selection(
        selection_add=[("server", "Attendance Server")], default="server", ondelete={"server": "set other"}
    )
    base_url = fields.Char(
        "Base URL", help="Like https://attendance.example.org; endpoints are below it.", tracking=True
    )
    auth_endpoint = fields.Char("Authentication Endpoint", default="/auth/token", tracking=True)
    attendances_endpoint = fields.Char(default="/attendances", tracking=True)
    types_endpoint = fields.Char(default="/attendance/types", tracking=True)
    locations_endpoint = fields.Char(default="/attendance/locations", tracking=True)
    client_id = fields.Char("Client ID", tracking=True)
    secret = fields.Char(
        compute="_compute_secret", inverse="_inverse_secret", help="Can be entered and replaced, never read."
    )
    secret_sealed = fields.Char(groups=fields.NO_ACCESS, copy=False, readonly=True, prefetch=False)
    has_secret = fields.Boolean("Secret Is Set", compute="_compute_has_secret", compute_sudo=True)
    id_type_id = fields.Many2one(
        "spp.vocabulary.code",
        "Identifier",
        domain=[("namespace_uri", "=", "urn:openspp:vocab:id-type")],
        ondelete="restrict",
        help="By this identifier of people the server knows them.",
        tracking=True,
    )
    page_size = fields.Integer("People per Question", default=100)
    connect_timeout = fields.Float("Time-out of the Connection (s)", digits=(6, 1), default=5)
    read_timeout = fields.Float("Time-out of an Answer (s)", digits=(6, 1), default=60)
    authorities = fields.Text(
        "Trusted Authorities",
        help="Certificates of the authorities to trust instead of the usual ones, pasted in PEM form "
        "(-----BEGIN CERTIFICATE-----). Empty: the usual ones.",
        tracking=True,
    )
    allow_http = fields.Boolean(
        "Allow HTTP", help="Without TLS, secrets and personal data can be read on the way.", tracking=True
    )
    lists_absences = fields.Boolean(
        help="The server lists every session that was expected of a person, absences included. Of one that lists presences "
        "only, nobody can tell a percentage of the expected sessions.",
        tracking=True,
    )
    last_fetch_at = fields.Datetime("Last Answered", readonly=True, copy=False)
    last_error = fields.Char(readonly=True, copy=False)
    last_test_at = fields.Datetime("Connection Tested", readonly=True, copy=False)
    last_test = fields.Text("Steps of the Test", readonly=True, copy=False)

    _server_is_complete = models.Constraint(
        "CHECK (kind != 'server' OR (base_url IS NOT NULL AND client_id IS NOT NULL AND id_type_id IS NOT NULL))",
        "An attendance server needs a base URL, a client ID and the identifier by which it knows people.",
    )
    _server_range = models.Constraint(
        "CHECK (page_size BETWEEN 1 AND 1000 AND connect_timeout BETWEEN 1 AND 120 AND read_timeout BETWEEN 1 AND 600)",
        "Ask for 1 to 1,000 people at a time; wait 1 to 120 s for a connection and 1 to 600 s for an answer.",
    )

    @api.constrains(
        "kind",
        "base_url",
        "auth_endpoint",
        "attendances_endpoint",
        "types_endpoint",
        "locations_endpoint",
        "authorities",
    )
    def _check_addresses(self):
        for source in self.filtered(lambda source: source.kind == "server"):
            try:
                source._client("").close()
            except AttendanceServerError as error:
                raise ValidationError(source._sentence(error)) from None

    # --- secret

    def _compute_secret(self):
        self.secret = False

    @api.depends("secret_sealed")
    def _compute_has_secret(self):
        for source in self:
            source.has_secret = bool(source.secret_sealed)

    def _inverse_secret(self):
        for source in self:
            if source.secret:
                # sudo: a secret is written and never read by users
                source.sudo().secret_sealed = self._seal(source.secret)
        # what was entered is in the cache like any value; it must not come back to whoever reads next
        self.invalidate_recordset(["secret"], flush=False)

    def _seal(self, secret):
        try:
            return secret_box.seal(secret)
        except secret_box.NoKey:
            raise UserError(self._no_key_sentence()) from None

    def _no_key_sentence(self):
        return self.env._(
            "There is no key to keep secrets with: ask the administrator to set the environment variable SPP_SECRET_KEY, or"
            " secret_key in the section [spp] of Odoo's configuration file, to a key made by"
            " cryptography.fernet.Fernet.generate_key()."
        )

    def write(self, vals):
        """Writing another address or client without the secret forgets the secret, so that it is sent nowhere else."""
        moved = self.browse()
        if not vals.get("secret"):
            for name in set(_WHERE_THE_SECRET_GOES).intersection(vals):
                moved |= self.filtered(lambda source, name=name: (source[name] or "") != (vals[name] or ""))
        result = super().write(vals)
        if moved:
            # sudo: a secret is written and never read by users
            moved.sudo().secret_sealed = False
        return result

    def _open_secret(self):
        """The secret in clear text, for a client and nothing else.

        :raise UserError: when there is none, or no key fits
        """
        # sudo: a secret is used for users and never read by them
        sealed = self.sudo().secret_sealed
        if not sealed:
            raise UserError(self.env._("%s has no secret yet: enter the one that its server gave out.", self.name))
        try:
            return secret_box.unseal(sealed)
        except secret_box.NoKey:
            raise UserError(self._no_key_sentence()) from None
        except secret_box.WrongKey:
            raise UserError(
                self.env._(
                    "The secret of %s was kept with another key: enter it again, or add the former key to SPP_SECRET_KEY.",
                    self.name,
                )
            ) from None

    def action_seal_again(self):
        """Keep the secrets with the present first key, after a new one was put in front.

        :raise AccessError: for anybody but a programs manager
        :raise UserError: when a former key is missing
        """
        self._check_configures()
        # sudo: a secret is sealed again without being read by users
        for source in self.sudo().filtered("secret_sealed"):
            source._open_secret()
            source.secret_sealed = secret_box.seal_again(source.secret_sealed)

    # --- what a server can know

    def _check_knows(self, measure):
        """Refuse to measure by what a server does not say.

        :param measure: what a requirement measures by
        :raise UserError: for a percentage of the expected sessions, where only presences are listed
        """
        super()._check_knows(measure)
        if measure != "percentage":
            return
        if silent := self.filtered(lambda source: source.kind == "server" and not source.lists_absences):
            raise UserError(
                self.env._(
                    "%s lists presences only, so nobody can tell how many sessions were expected of a person: measure by a"
                    " number of days or sessions, or count other sources.",
                    silent[0].name,
                )
            )

    # --- client

    def _client(self, secret=None):
        """A client of this server; a context manager.

        :param secret: text; the stored one when None
        :return: `AttendanceServerClient`
        :raise AttendanceServerError: when the settings cannot work
        :raise UserError: without usable secret
        """
        self.ensure_one()
        return AttendanceServerClient(
            self.base_url or "",
            self.client_id or "",
            self._open_secret() if secret is None else secret,
            auth_endpoint=self.auth_endpoint or "",
            attendances_endpoint=self.attendances_endpoint or "",
            types_endpoint=self.types_endpoint or "",
            locations_endpoint=self.locations_endpoint or "",
            page_size=self.page_size,
            connect_timeout=self.connect_timeout,
            read_timeout=self.read_timeout,
            authorities=self.authorities or None,
            allow_http=self.allow_http,
        )

    def _sentence(self, error):
        """What a client says, in the language of the user.

        :param error: `AttendanceServerError` or `StepResult`
        """
        return self.env._(error.template, **error.values)

    # --- connection test and catalogues

    def _check_configures(self):
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(
                self.env._("Only a programs manager may use the connection of a source: ask one to do it.")
            )
        self.check_access("write")

    def action_test_connection(self):
        """Try everything that a fetch needs and import types and locations; says step by step what worked.

        :return: client action that shows the steps
        :raise AccessError: for anybody but a programs manager
        :raise UserError: without usable secret
        """
        self.ensure_one()
        self._check_configures()
        try:
            with self._client() as client:
                steps = list(client.test_connection())
        except AttendanceServerError as error:
            raise UserError(self._sentence(error)) from None
        self._keep_catalogues({step.step: step.found for step in steps if step.ok})
        lines = [f"{'✓' if step.ok else '✗'} {self._sentence(step)}" for step in steps]
        worked = all(step.ok for step in steps)
        if self.lists_absences and any(step.found == "S1" for step in steps):
            self.lists_absences, worked = False, False
            lines.append("✗ " + self.env._("This generation lists presences only: Lists Absences was switched off."))
        said = "\n".join(lines)
        error = {"last_error": False} if worked else {}
        # sudo: the result of a test is nobody's to write
        self.sudo().write({"last_test": said, "last_test_at": database_now(self.env), **error})
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success" if worked else "danger",
                "sticky": not worked,
                "title": self.env._("Connection works") if worked else self.env._("Connection does not work"),
                "message": said,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _keep_catalogues(self, found):
        """Make types and locations what the server has; those it no longer has are archived.

        :param found: dict with "types" and "locations", each a list of (external id, name, description); missing: unchanged
        """
        self.ensure_one()
        for step, model in (("types", "spp.event.attendance.type"), ("locations", "spp.event.attendance.location")):
            if step in found:
                # sudo: catalogues are kept by the system
                catalogue = self.env[model].sudo()
                names = {external_id: name for external_id, name, _description in found[step]}
                catalogue._ensure(self, names)
                catalogue._archive_except(self, list(names))
        self.invalidate_recordset(["type_ids", "location_ids"])

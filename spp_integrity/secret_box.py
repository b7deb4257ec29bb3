# Part of the SPP attendance suite. LGPL-3.
"""Secrets that must be usable but not readable: encrypted with a key that is not in the database.

The key is the environment variable SPP_SECRET_KEY, else the option secret_key in the section [spp] of Odoo's configuration
file (Odoo warns at each start of what it does not know in its own section): one or several keys made by
`Fernet.generate_key()`, separated by commas. The first one encrypts, all of them decrypt, so a new key is put in front and
the old one removed once every secret was sealed again.
"""

import os
from configparser import Error, RawConfigParser

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from odoo.tools import config

_ENVIRONMENT = "SPP_SECRET_KEY"
_SECTION, _OPTION = "spp", "secret_key"


class NoKey(Exception):
    """There is no key, or it is not one."""


class WrongKey(Exception):
    """The secret was encrypted with a key that is not here."""


def _box():
    keys = [key.strip() for key in (os.environ.get(_ENVIRONMENT) or _from_file()).split(",")]
    try:
        return MultiFernet([Fernet(key) for key in keys if key])
    except ValueError:
        raise NoKey from None


def _from_file():
    parser = RawConfigParser()
    try:
        parser.read([config["config"]])
    except Error:
        return ""
    return parser.get(_SECTION, _OPTION, fallback="")


def seal(secret):
    """Encrypt a text.

    :return: text to be stored
    :raise NoKey: no usable key is configured
    """
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed):
    """The text that was sealed.

    :raise NoKey: no usable key is configured
    :raise WrongKey: none of the configured keys fits
    """
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise WrongKey from None


def seal_again(sealed):
    """Encrypt a sealed text with the present first key.

    :raise NoKey: no usable key is configured
    :raise WrongKey: none of the configured keys fits
    """
    try:
        return _box().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise WrongKey from None

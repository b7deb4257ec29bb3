# Part of the SPP attendance suite. LGPL-3.
"""Requests by devices that nobody knows, so that one address cannot try on for ever."""

from datetime import timedelta
from ipaddress import ip_address, ip_network

from odoo import api, fields, models

WINDOW = timedelta(minutes=5)
#: How many requests with an unknown serial number or token one address may send in a window, unless the system parameter
#: `spp_device.unknown_requests` says otherwise.
UNKNOWN_REQUESTS = 60


def source_of(address):
    """Whom an address stands for: itself, or with IPv6 its network of 64 bits, which one sender has to itself.

    :param str address: as the web server gives it; may be empty
    :return: text
    """
    try:
        ip = ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if ip.version == 6 and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ip) if ip.version == 4 else str(ip_network((ip, 64), strict=False))


class DeviceAttempt(models.Model):
    """One request of an unknown device. Rows are only added, so that requests at the same time do not meet; old ones go."""

    _name = "spp.device.attempt"
    _description = "Request of an Unknown Device"

    source = fields.Char(required=True, readonly=True)

    _recent = models.Index("(source, create_date)")

    @api.model
    def _is_refused(self, address):
        """Note a request of an unknown device, unless its address has sent too many: then nothing is written.

        :param str address: where it came from
        :return: True when the address has to wait
        """
        attempts_sudo = self.sudo()  # sudo: strangers have no rights, and nobody else reads these rows
        source = source_of(address)
        allowed = int(
            attempts_sudo.env["ir.config_parameter"].get_param("spp_device.unknown_requests", UNKNOWN_REQUESTS)
        )
        since = self.env.cr.now() - WINDOW
        if attempts_sudo.search_count([("source", "=", source), ("create_date", ">", since)], limit=allowed) >= allowed:
            return True
        attempts_sudo.create({"source": source})
        return False

    @api.autovacuum
    def _gc_attempts(self, limit=10_000):
        """Forget attempts that count no longer.

        :return: how many went, and whether there are more
        """
        over = self.search([("create_date", "<", self.env.cr.now() - WINDOW)], limit=limit)
        over.unlink()
        return len(over), len(over) == limit

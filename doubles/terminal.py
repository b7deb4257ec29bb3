# Part of the SPP attendance suite. LGPL-3.
"""A terminal that speaks ZKTeco attendance PUSH, for demonstrations and tests."""

import requests

from tools.console import Failure

BATCH = 100
_TIMEOUT = 60
_HEADERS = {"User-Agent": "iClock Proxy/1.09", "Content-Type": "text/plain"}


class SimulatedTerminal:
    """One terminal posting to one server, a new connection for each request as real ones do.

    :param url: address of the server
    :param serial: serial number
    """

    def __init__(self, url, serial):
        self.url = url
        self.serial = serial
        self.headers = dict(_HEADERS)

    def request(self, method, page, body=None, **params):
        """Send one request.

        :return: the `requests.Response`, whatever its status
        """
        return requests.request(
            method,
            f"{self.url}/iclock/{page}",
            params={"SN": self.serial, **params},
            data=body,
            headers=self.headers,
            timeout=_TIMEOUT,
            allow_redirects=False,
        )

    def handshake(self):
        """Ask for the options, as after switching on.

        :raise Failure: when the server does not answer with the option block
        """
        response = self.request("GET", "cdata", options="all", pushver="2.4.0", language="69")
        if response.status_code != 200 or not response.text.startswith(f"GET OPTION FROM: {self.serial}\n"):
            raise Failure(
                f"terminal {self.serial} got {response.status_code} instead of its options: approve it on the server."
            )

    def post_batch(self, lines):
        """Post push lines (bytes) as one batch.

        :raise Failure: when the server does not acknowledge all of them
        """
        response = self.request(
            "POST", "cdata", b"".join(line + b"\r\n" for line in lines), table="ATTLOG", Stamp="9999"
        )
        if response.status_code != 200 or response.text.strip() != f"OK: {len(lines)}":
            raise Failure(
                f"terminal {self.serial} posted {len(lines)} lines and got "
                f"{response.status_code} {response.text.strip()[:80]!r}: look at the server's log."
            )

    def post(self, lines, sent=lambda count: None):
        """Post push lines in batches.

        :param sent: called with the number of lines after each batch
        """
        for start in range(0, len(lines), BATCH):
            batch = lines[start : start + BATCH]
            self.post_batch(batch)
            sent(len(batch))

# Part of the SPP attendance suite. LGPL-3.
"""Calls to a running server in the name of a user, the way the web client makes them."""

import itertools
import re
from typing import Any

import requests

from tools.console import Failure

_TIMEOUT = 600


class RpcError(Exception):
    """The server refused a call; the text is what a person would read, `kind` the Python name of the error."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class Client:
    """A signed-in user.

        client = Client(server.url, database, "manager", "manager")
        client.call("spp.cycle", "search_read", [("state", "=", "draft")], ["name"])

    :raise Failure: when the server does not know the user
    """

    def __init__(self, url: str, database: str, login: str, password: str) -> None:
        self.url = url
        self._http = requests.Session()
        self._ids = itertools.count(1)
        self._csrf_token: str | None = None
        try:
            self.uid = self._post("/web/session/authenticate", {"db": database, "login": login, "password": password})[
                "uid"
            ]
        except RpcError:
            raise Failure(f"the server does not let {login} in: look at its log.") from None

    def _post(self, path: str, params: dict[str, Any]) -> Any:
        body = {"jsonrpc": "2.0", "method": "call", "params": params, "id": next(self._ids)}
        answer = self._http.post(self.url + path, json=body, timeout=_TIMEOUT).json()
        if "error" in answer:
            data = answer["error"].get("data", {})
            raise RpcError(data.get("message") or answer["error"]["message"], data.get("name", ""))
        return answer.get("result")

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a public method of a model.

        :raise RpcError: when the server refuses
        """
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", params)

    def upload(self, path: str, values: dict[str, Any], files: dict[str, tuple[str, bytes, str]]) -> None:
        """Post a form with files, as a page of the web client does.

        :param values: dict of the form's fields
        :param files: dict of field -> (file name, bytes, content type)
        """
        if self._csrf_token is None:
            page = self._http.get(f"{self.url}/odoo", timeout=_TIMEOUT).text
            (self._csrf_token,) = re.findall(r'csrf_token: "([^"]+)"', page)[:1]
        form = {**values, "csrf_token": self._csrf_token}
        self._http.post(self.url + path, data=form, files=files, timeout=_TIMEOUT).raise_for_status()

    def ref(self, xmlid: str) -> int:
        """The database id behind an external id."""
        module, name = xmlid.split(".")
        found = self.call(
            "ir.model.data", "search_read", [("module", "=", module), ("name", "=", name)], ["res_id"], limit=1
        )
        if not found:
            raise Failure(f"the database has no record {xmlid}: is the module {module} installed?")
        return found[0]["res_id"]

# Part of the SPP attendance suite. LGPL-3.
"""Base of the protocols of terminals: who asks, may it, what did it send, what does it hear."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from http import HTTPStatus
from typing import ClassVar, NamedTuple

from werkzeug.exceptions import HTTPException

from odoo.api import Environment
from odoo.models import BaseModel

from odoo.addons.spp_device.models.device_mixin import Refusal

from .punch import Punch

#: code -> class of the protocols whose modules have been loaded in this process
_protocols: "dict[str, type[Protocol]]" = {}


class Call(NamedTuple):
    """One request of a terminal, without the web framework.

    ``body`` reads it whole; ``check_length`` refuses one that is too large without reading it. Both raise an
    `HTTPException`.
    """

    method: str
    page: str
    args: dict[str, str]
    address: str
    content_type: str
    body: Callable[[], bytes]
    check_length: Callable[[], None]


class Reply(NamedTuple):
    """What a terminal hears."""

    text: str
    status: int = HTTPStatus.OK
    headers: dict[str, str] | None = None
    content_type: str = "text/plain"


class Protocol(ABC):
    """How one kind of terminal talks to the server. A class with a ``code`` is on offer once its module is loaded.

    `respond` goes through a request in the order that is safe: nothing is read of a terminal that is not let in, and
    nothing is acknowledged that is not stored. A subclass says how the terminal names itself, what its punches are, and
    the words of every answer. Reading punches must not need the database.

    :param env: environment in which terminals are looked up
    """

    #: Stored on terminals that speak this protocol.
    code: ClassVar[str] = ""
    #: What people read (a `LazyTranslate` text).
    label: ClassVar[str] = ""
    #: Model with one record per terminal for what only this protocol knows about it.
    options_model: ClassVar[str | None] = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.code:
            _protocols[cls.code] = cls

    def __init__(self, env: Environment) -> None:
        self.env = env

    # --- registry

    @staticmethod
    def of(code: str) -> "type[Protocol] | None":
        """The class of a protocol.

        :param str code: as stored on terminals
        :return: class, or None when no module with it is loaded
        """
        return _protocols.get(code)

    @staticmethod
    def selection(env: Environment) -> list[tuple[str, str]]:
        """Protocols of the addons that are installed in this database.

        :return: list of pairs (code, label)
        """
        installed = env.registry._init_modules
        return [
            (code, env._(protocol.label))
            for code, protocol in sorted(_protocols.items())
            if protocol.__module__.removeprefix("odoo.addons.").split(".")[0] in installed
        ]

    # --- one request

    def respond(self, call: Call) -> Reply:
        """Answer a request.

        :param call: `Call`
        :return: `Reply`
        """
        if greeting := self.greet(call):
            return greeting
        serial = self.serial_number(call)
        if not serial:
            return self.no_serial_number()
        device_sudo, refusal = self.env["spp.attendance.device"]._admit(self.code, serial, call.address)
        if refusal:
            return self.refuse(refusal)
        try:
            call.check_length()
            reply = self.serve(device_sudo, call)
        except HTTPException as error:
            device_sudo._note_error(error.description)
            return self.unreadable(error.code or HTTPStatus.BAD_REQUEST)
        device_sudo._touch()
        return reply

    def greet(self, call: Call) -> Reply | None:
        """Hook: answer to what asks for nothing but a sign of life; None for all else."""
        return None

    @abstractmethod
    def serial_number(self, call: Call) -> str:
        """How the terminal names itself; empty when that cannot be a serial number."""

    @abstractmethod
    def serve(self, device: BaseModel, call: Call) -> Reply:
        """Answer a terminal that was let in.

        :param device: `spp.attendance.device`, in sudo
        :raise HTTPException: the body cannot be read
        :return: `Reply`
        """

    @abstractmethod
    def punches(self, body: bytes) -> list[Punch]:
        """What the terminal saw.

        :param bytes body: as it came
        :return: list of `Punch`, readable or not, in the order they were sent
        """

    @abstractmethod
    def no_serial_number(self) -> Reply:
        """Answer to somebody who does not say who he is."""

    @abstractmethod
    def refuse(self, refusal: Refusal) -> Reply:
        """Answer to a terminal that is not let in; it must keep its data.

        :param Refusal refusal: why
        """

    @abstractmethod
    def unreadable(self, status: int) -> Reply:
        """Answer to a body that cannot be read.

        :param int status: HTTP status that says why
        """


__all__ = ["Call", "Protocol", "Punch", "Refusal", "Reply"]

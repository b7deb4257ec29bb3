# Part of the SPP attendance suite. LGPL-3.
"""ZKTeco attendance PUSH ("iclock"): reading punch lines, writing the option block, and the answers in between.

Layouts differ between firmwares; what is accepted here was gathered from the vendor's PUSH SDK manual 3.2.0 and from
captures of real devices.
"""

import logging
import re
from datetime import UTC, datetime
from http import HTTPStatus

from odoo.models import BaseModel
from odoo.tools.translate import LazyTranslate

from odoo.addons.spp_integrity import utc_to_wall
from odoo.addons.spp_integrity.clock import database_now

from .protocol import Call, Protocol, Refusal, Reply
from .punch import Punch

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)

_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DATE_TIME = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}[ T]\d{1,2}:\d{2}:\d{2}")
_PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")

# state key of a punch line when the firmware sends none: 255 = not chosen
STATE_NOT_CHOSEN = "255"

_UNREADABLE: dict[int, str] = {
    HTTPStatus.LENGTH_REQUIRED: "ERROR no length",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "ERROR too large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "ERROR compressed",
}


class ZktecoPush(Protocol):
    """The terminal is always the client, everything is query string and plain text.

    Status 200 means "keep nothing, it is stored", anything else "send it again later".
    """

    code = "zkteco_push"
    label = _lt("ZKTeco attendance PUSH")
    options_model = "spp.attendance.device.iclock"

    def greet(self, call: Call) -> Reply | None:
        return Reply("OK") if call.page == "ping" else None

    def serial_number(self, call: Call) -> str:
        serial = call.args.get("sn", "").strip()
        return serial if _SERIAL.fullmatch(serial) else ""

    def serve(self, device: BaseModel, call: Call) -> Reply:
        if call.page != "cdata":
            return Reply("OK")
        options = device._protocol_options()
        if call.method == "GET":
            return Reply(
                option_block(
                    device.serial,
                    device.tz,
                    options.zone_format,
                    options.attlog_stamp,
                    database_now(self.env).replace(tzinfo=UTC),
                )
            )
        table = (call.args.get("table") or "ATTLOG").upper()
        if table != "ATTLOG":
            _logger.info("Terminal %s sent table %s: acknowledged, not stored", device.id, table[:32])
            return Reply("OK")
        punches = self.punches(call.body())
        device._ingest(punches)
        options._note_position(call.args.get("stamp"))
        # unreadable lines are counted too: some firmware repeats a batch until the numbers agree
        return Reply(f"OK: {len(punches)}")

    def punches(self, body: bytes) -> list[Punch]:
        return parse_attlog(body)

    def no_serial_number(self) -> Reply:
        return Reply("ERROR no serial number", HTTPStatus.BAD_REQUEST)

    def refuse(self, refusal: Refusal) -> Reply:
        if refusal is Refusal.TOO_MANY:
            return Reply("ERROR too many requests", HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "60"})
        # 403 lets the terminal keep its data until somebody has approved it
        return Reply("ERROR terminal not approved", HTTPStatus.FORBIDDEN)

    def unreadable(self, status: int) -> Reply:
        return Reply(_UNREADABLE.get(status, "ERROR"), status)


def to_text(line: bytes) -> str:
    """Decode one line so that nothing is lost: bytes that are not UTF-8, and NUL, become backslash escapes."""
    return line.decode("utf-8", errors="backslashreplace").replace("\x00", "\\x00")


def parse_attlog(body: bytes) -> list[Punch]:
    """Read the body of an ATTLOG post.

    :param bytes body: lines ending in LF or CRLF, fields separated by TAB (old firmware: by spaces)
    :return: list of `Punch`, one per line that is not blank, in the order of the body
    """
    lines = (line.strip(b" \r") for line in body.split(b"\n"))
    return [_parse_line(to_text(line)) for line in lines if line.strip()]


def _parse_line(text: str) -> Punch:
    fields = _split(text)
    position = next((i for i, field in enumerate(fields) if _DATE_TIME.fullmatch(field)), None)
    if position is None:
        return Punch(text, problem="no_time")
    wall_time = _parse_time(fields[position])
    if wall_time is None:
        return Punch(text, problem="impossible_time")
    pin = fields[position - 1] if position else ""
    if not _PIN.fullmatch(pin) or pin == "ATTLOG":
        return Punch(text, problem="no_pin")
    rest = fields[position + 1 : position + 4]
    state, verify, work_code = rest + ["", "", ""][len(rest) :]
    return Punch(
        text,
        identifier=pin,
        moment=wall_time,
        time_text=fields[position],
        direction=state or STATE_NOT_CHOSEN,
        verification=verify or "0",
        work_code=work_code,
    )


def _split(text: str) -> list[str]:
    fields = [field.strip() for field in text.split("\t")]
    if len(fields) >= 2:
        return fields
    # old firmware: single spaces, date and time are two words
    words = text.split()
    for i in range(len(words) - 1):
        if _DATE_TIME.fullmatch(f"{words[i]} {words[i + 1]}"):
            return [*words[:i], f"{words[i]} {words[i + 1]}", *words[i + 2 :]]
    return words


def _parse_time(text: str) -> datetime | None:
    text = text.replace("/", "-").replace("T", " ")
    # the second reads months, days and hours of one digit too, but takes ten times as long
    for read in (datetime.fromisoformat, lambda value: datetime.strptime(value, "%Y-%m-%d %H:%M:%S")):
        try:
            return read(text)
        except ValueError:
            continue
    return None


def option_block(serial: str, tz: str, zone_format: str, attlog_stamp: str | None, now: datetime) -> str:
    """The answer to the handshake; a bare "OK" leaves terminals online but silent.

    :param str serial: serial number as the terminal gave it
    :param str tz: time zone of the terminal (IANA name)
    :param str zone_format: how this firmware wants its zone: "hours", "minutes" or "omit"
    :param str attlog_stamp: position that the terminal sent last, or empty to be sent everything
    :param datetime now: aware moment for which the zone's offset is computed
    :return: text, lines ending in LF
    """
    lines = [
        f"GET OPTION FROM: {serial}",
        f"ATTLOGStamp={attlog_stamp or 'None'}",
        "OPERLOGStamp=9999",
        "ATTPHOTOStamp=None",
        "ErrorDelay=60",
        "Delay=10",
        "TransTimes=00:00;14:05",
        "TransInterval=1",
        "TransFlag=TransData AttLog\tOpLog",
        *_zone_line(tz, zone_format, now),
        "Realtime=1",
        "Encrypt=0",
    ]
    return "\n".join(lines) + "\n"


def _zone_line(tz: str, zone_format: str, now: datetime) -> list[str]:
    minutes = int(utc_to_wall(now, tz).utcoffset().total_seconds() // 60)
    if zone_format == "omit" or (zone_format == "hours" and minutes % 60):
        # a fraction cannot be told in whole hours, and a wrong zone would move the terminal's clock
        return []
    return [f"TimeZone={minutes // 60 if zone_format == 'hours' else minutes}"]

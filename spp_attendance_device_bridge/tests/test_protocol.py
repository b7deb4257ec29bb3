# Part of the SPP attendance suite. LGPL-3.
"""A protocol is one class that registers itself; the inbox takes its punches whatever it is."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from unittest.mock import patch

from werkzeug.exceptions import RequestEntityTooLarge

from odoo.tests import tagged
from odoo.tools.translate import LazyGettext

from odoo.addons.spp_attendance_device_bridge.protocols import Call, Protocol, Punch, Reply, protocol

from .common import DeviceBridgeCase


def call(**values):
    defaults = {
        "method": "POST",
        "page": "events",
        "args": {},
        "address": "192.0.2.7",
        "content_type": "application/json",
        "body": lambda: b"",
        "check_length": lambda: 0,
    }
    return Call(**defaults | values)


@tagged("post_install", "-at_install")
class TestProtocol(DeviceBridgeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        registered = patch.dict(protocol._protocols)
        registered.start()
        cls.addClassCleanup(registered.stop)

        class Gate(Protocol):
            code = "test_gate"
            label = LazyGettext("Test Gate", _module="spp_attendance_device_bridge")

            def serial_number(self, call):
                return call.args.get("gate", "")

            def serve(self, device, call):
                return Reply(str(device._ingest(self.punches(call.body()))))

            def punches(self, body):
                return [
                    Punch(
                        json.dumps(event),
                        identifier=event["card"],
                        moment=datetime.fromisoformat(event["at"]),
                        time_text=event["at"],
                        event_id=event.get("id", ""),
                    )
                    for event in json.loads(body)
                ]

            def no_serial_number(self):
                return Reply("who", 400)

            def refuse(self, refusal):
                return Reply(refusal.value, 403)

            def unreadable(self, status):
                return Reply("unreadable", status)

        cls.gate = cls.env["spp.attendance.device"].create(
            {
                "name": "Gate",
                "serial": "GATE",
                "protocol": "test_gate",
                "tz": "Asia/Jakarta",
                "roster_ids": cls.roster.ids,
            }
        )
        cls.gate.action_approve()
        cls.respond = Gate(cls.env).respond

    def post(self, *events, **values):
        values.setdefault("body", lambda: json.dumps(events).encode())
        return self.respond(call(args={"gate": "GATE"}, **values))

    def test_it_is_on_offer_by_being_defined(self):
        selection = dict(self.env["spp.attendance.device"].fields_get(["protocol"])["protocol"]["selection"])
        self.assertEqual(selection, {"test_gate": "Test Gate", "zkteco_push": "ZKTeco attendance PUSH"})
        self.assertFalse(self.gate.iclock_ids, "options of another protocol are none of its business")
        self.assertEqual(len(self.device.iclock_ids), 1)

    def test_protocols_of_addons_that_are_not_installed_here_are_not_on_offer(self):
        with patch.object(Protocol.of("test_gate"), "__module__", "odoo.addons.spp_not_installed.gate"):
            self.assertEqual([code for code, _label in Protocol.selection(self.env)], ["zkteco_push"])

    def test_a_terminal_that_changes_its_protocol_gets_the_options_it_needs(self):
        self.gate.protocol = "zkteco_push"
        self.assertEqual(self.gate.iclock_ids.zone_format, "omit")
        self.gate.protocol = "test_gate"
        self.gate.protocol = "zkteco_push"
        self.assertEqual(len(self.gate.iclock_ids), 1)

    def test_moments_with_a_zone_and_without(self):
        reply = self.post(
            {"card": "11", "at": "2025-10-01T06:00:00"},
            {"card": "12", "at": "2025-10-01T02:00:00+03:00"},
        )
        self.assertEqual((reply.text, reply.status), ("2", 200))
        scans = self.gate.scan_ids.sorted("credential")
        self.assertEqual(scans.mapped("scan_time"), [datetime(2025, 9, 30, 23)] * 2)
        self.assertEqual(scans.mapped("scan_date"), [date(2025, 10, 1)] * 2, "the day where the terminal stands")
        self.assertEqual(scans.mapped("direction"), [False, False])
        scans._match()
        self.assertEqual(set(scans.mapped("state")), {"matched"})
        self.assertEqual(self.mark_of(self.ben).attendance_time, datetime(2025, 9, 30, 23))

    def test_the_terminals_own_number_makes_an_event_unique(self):
        events = [
            {"id": "7", "card": "11", "at": "2025-10-01T06:00:00"},
            {"id": "8", "card": "11", "at": "2025-10-01T06:00:00"},
        ]
        self.assertEqual([self.post(*events).text, self.post(*events).text], ["2", "0"])
        self.assertEqual(sorted(self.gate.scan_ids.mapped("event_key")), ["event:7", "event:8"])

    def test_the_same_moment_in_two_zones_is_one_event(self):
        at = datetime(2025, 10, 1, tzinfo=UTC)
        punches = [Punch("", "11", moment) for moment in (at, at.astimezone(timezone(timedelta(hours=7))))]
        self.assertEqual({punch.key for punch in punches}, {"11|2025-10-01T00:00:00Z"})
        self.assertEqual(Punch("", "11", datetime(2025, 10, 1)).key, "11|2025-10-01 00:00:00")

    def test_who_is_not_let_in_is_not_read(self):
        def refuse_to_be_read():
            raise AssertionError("the body was read")

        unread = {"body": refuse_to_be_read, "check_length": refuse_to_be_read}
        self.assertEqual(self.respond(call(**unread)), Reply("who", 400))
        self.assertEqual(self.respond(call(args={"gate": "NEW"}, **unread)), Reply("unknown", 403))
        self.assertEqual(self.respond(call(args={"gate": "NEW"}, **unread)), Reply("pending", 403))
        noted = self.env["spp.attendance.device"].search([("serial", "=", "NEW")])
        self.assertEqual(noted.protocol, "test_gate")
        self.gate.action_block()
        self.assertEqual(self.respond(call(args={"gate": "GATE"}, **unread)), Reply("blocked", 403))

    def test_what_cannot_be_read_is_answered_and_remembered(self):
        def too_large():
            raise RequestEntityTooLarge("The body is too large.")

        self.assertEqual(self.post(body=too_large), Reply("unreadable", 413))
        self.assertEqual(self.gate.last_error, "The body is too large.")
        self.assertFalse(self.gate.scan_ids)

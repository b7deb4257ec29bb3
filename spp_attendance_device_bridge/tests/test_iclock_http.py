# Part of the SPP attendance suite. LGPL-3.
"""Requests as ZKTeco terminals make them, good, broken and hostile, and what the server answers and keeps."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import HttpCase, tagged

from odoo.addons.spp_device.limits import RequestRate
from odoo.addons.spp_device.models import device_mixin

from .common import DeviceBridgeMixin

LINE = "11\t2025-10-01 06:00:00\t0\t1\t\t0\t0\t\r\n"


@tagged("post_install", "-at_install")
class TestIclockHttp(DeviceBridgeMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_bridge()

    def setUp(self):
        super().setUp()
        # what other tests sent does not count
        self.startPatcher(patch.object(device_mixin, "_rate", RequestRate()))

    def post(self, body, serial="TERMINAL1", path="/iclock/cdata", content_type="text/plain", table="ATTLOG", **params):
        return self.url_open(
            path,
            data=body if isinstance(body, bytes) else body.encode(),
            params={"SN": serial, "table": table, "Stamp": "9999", **params},
            headers={"Content-Type": content_type, "User-Agent": "iClock Proxy/1.09"},
            allow_redirects=False,
            method="POST",
        )

    def post_raw(self, body, **headers):
        return self.url_open(
            "/iclock/cdata?SN=TERMINAL1&table=ATTLOG", data=body, headers={"Content-Type": "text/plain", **headers}
        )

    def test_handshake_gives_the_options(self):
        response = self.url_open("/iclock/cdata", params={"SN": "TERMINAL1", "options": "all", "pushver": "2.4.0"})
        self.assertEqual(response.status_code, 200)
        self.assertTrue(response.headers["Content-Type"].startswith("text/plain"))
        self.assertNotIn("Set-Cookie", response.headers)
        self.assertEqual(response.text.splitlines()[0], "GET OPTION FROM: TERMINAL1")
        self.assertIn("Realtime=1", response.text)

    def test_a_position_is_a_number_and_nothing_else_comes_back(self):
        self.post(LINE, Stamp="777")
        for stamp in ("1\nServerAddr=http://elsewhere", "1\r\nTransFlag=0", "abc", "٣", "-1", "9" * 65, b"\xff\x00"):
            self.assertEqual(self.post(LINE, Stamp=stamp).status_code, 200, stamp)
            options = self.url_open("/iclock/cdata", params={"SN": "TERMINAL1", "options": "all"}).text
            self.assertIn("ATTLOGStamp=777\n", options)
            self.assertNotIn("elsewhere", options)

    def test_punches_are_stored_once(self):
        self.assertEqual(self.post(LINE).text.strip(), "OK: 1")
        self.assertEqual(self.post(LINE).text.strip(), "OK: 1")
        self.assertEqual(self.device.scan_count, 1)
        self.assertEqual(self.device.iclock_ids.attlog_stamp, "9999")

    def test_good_lines_go_through_and_the_bad_one_is_kept(self):
        response = self.post(LINE + "broken line\n12\t2025-10-01 06:01:00\t0\t1\n")
        self.assertEqual((response.status_code, response.text.strip()), (200, "OK: 3"))
        bad = self.device.scan_ids.filtered(lambda scan: scan.state == "review")
        self.assertEqual((bad.raw_line, bad.reason), ("broken line", "no_time"))
        self.assertEqual(self.device.scan_count, 3)

    def test_byte_that_is_not_text(self):
        response = self.post(b"\xff\xfe11\t2025-10-01 06:00:00\t0\t1\n" + LINE.encode())
        self.assertEqual(response.text.strip(), "OK: 2")
        bad = self.device.scan_ids.filtered(lambda scan: scan.state == "review")
        self.assertEqual(bad.reason, "no_pin")
        self.assertIn("\\xff\\xfe11", bad.raw_line)

    def test_form_encoded_body_is_not_lost(self):
        response = self.post(LINE, content_type="application/x-www-form-urlencoded")
        self.assertEqual(response.text.strip(), "OK: 1")
        self.assertEqual(self.device.scan_count, 1)

    def test_empty_body(self):
        response = self.post("")
        self.assertEqual((response.status_code, response.text.strip()), (200, "OK: 0"))
        self.assertFalse(self.device.scan_ids)

    def test_paths_of_other_firmware(self):
        for path in ("/iclock/cdata.aspx", "/iclock/cdata/", "/iclock/iclock/cdata"):
            self.assertEqual(self.post(LINE, path=path).text.strip(), "OK: 1", path)
        self.assertEqual(self.device.scan_count, 1)

    def test_unknown_serial_number_waits_for_approval(self):
        response = self.post(LINE, serial="NEWTERMINAL")
        self.assertEqual(response.status_code, 403)
        device = self.env["spp.attendance.device"].search([("serial", "=", "NEWTERMINAL")])
        self.assertEqual(device.state, "pending")
        self.assertFalse(device.scan_ids, "nothing of an unapproved terminal is stored; it sends again later")
        self.assertTrue(device.last_seen)
        self.assertIn("waited for approval", device.last_error)
        device.action_approve()
        self.assertEqual(self.post(LINE, serial="NEWTERMINAL").status_code, 200)
        self.assertEqual(device.scan_count, 1)

    def test_blocked_terminal(self):
        self.device.action_block()
        before = self.device.last_seen
        self.assertEqual(self.post(LINE).status_code, 403)
        self.assertFalse(self.device.scan_ids)
        self.assertGreater(self.device.last_seen, before)
        self.assertIn("although it is blocked", self.device.last_error)
        with self.assertQueryCount(0):  # one row, written once a minute
            self.device._note_refused(self.device.last_error)
        self.assertEqual(self.env["spp.attendance.device"].search_count([("serial", "=", "TERMINAL1")]), 1)

    def test_a_terminal_that_was_blocked_makes_nobody_absent(self):
        """It kept what it saw, and was heard all the time: once it is approved again it is given time to send that."""
        self.assertTrue(self.session._ready_for_submission())
        self.device.action_block()
        self.assertEqual(self.post(LINE).status_code, 403)
        self.device.action_approve()
        self.assertFalse(self.session._ready_for_submission())
        self.device.online_since -= timedelta(minutes=16)
        self.assertTrue(self.session._ready_for_submission())

    def test_impossible_serial_numbers(self):
        for serial in ("", " ", "a b", "../x", "x" * 65):
            response = self.post(LINE, serial=serial)
            self.assertEqual(response.status_code, 400, serial)
            self.assertTrue(response.headers["Content-Type"].startswith("text/plain"))

    def test_too_large_a_body_is_refused_whole(self):
        response = self.post(b"x" * (8 * 1024 * 1024 + 1))
        self.assertEqual(response.status_code, 413)
        self.assertFalse(self.device.scan_ids)

    def test_a_body_in_chunks_is_whole_or_refused(self):
        response = self.post_raw(iter([LINE[:7].encode(), LINE[7:].encode()]))
        self.assertEqual((response.status_code, response.text.strip()), (200, "OK: 1"))
        self.assertEqual(self.device.scan_ids.raw_line, LINE.strip(" \r\n"))
        limit = 8 * 1024 * 1024
        just = LINE.encode().ljust(limit)
        response = self.post_raw(iter([just[:1000], just[1000:]]))
        self.assertEqual((response.status_code, response.text.strip()), (200, "OK: 1"), "just the limit")
        other = LINE.replace("11", "12", 1).encode()
        response = self.post_raw(iter([other.ljust(limit), b"\n"]))
        self.assertEqual((response.status_code, response.text.strip()), (413, "ERROR too large"))
        self.assertEqual(self.device.scan_count, 1, "nothing of it was stored")
        self.assertIn("larger than", self.device.last_error)

    def test_a_compressed_body_is_refused(self):
        response = self.post_raw(b"\x1f\x8b\x08", **{"Content-Encoding": "gzip"})
        self.assertEqual((response.status_code, response.text.strip()), (415, "ERROR compressed"))
        self.assertFalse(self.device.scan_ids)

    def test_a_body_under_any_content_type(self):
        for number, content_type in enumerate(
            ("multipart/form-data; boundary=x", "multipart/form-data", "application/json", "", "rubbish")
        ):
            line = LINE.replace("06:00", f"06:{number + 10}")
            self.assertEqual(self.post(line, content_type=content_type).text.strip(), "OK: 1", content_type)
        self.assertEqual(set(self.device.scan_ids.mapped("credential")), {"11"})
        self.assertEqual(self.device.scan_count, 5)

    def test_requests_of_strangers_are_limited_and_the_terminal_is_not(self):
        self.env["ir.config_parameter"].set_param("spp_device.unknown_requests", "2")
        answers = [self.post(LINE, serial=f"STRANGER{number}") for number in range(4)]
        self.assertEqual([answer.status_code for answer in answers], [403, 403, 429, 429])
        self.assertEqual(answers[-1].text.strip(), "ERROR too many requests")
        self.assertEqual(answers[-1].headers["Retry-After"], "60")
        self.assertEqual(self.env["spp.attendance.device"].search_count([("serial", "like", "STRANGER")]), 2)
        self.assertEqual(self.post(LINE).status_code, 200)

    def test_a_terminal_that_went_wild(self):
        self.env["ir.config_parameter"].set_param("spp_device.requests_per_minute", "2")
        self.assertEqual([self.post(LINE).status_code for _request in range(3)], [200, 200, 429])
        self.assertEqual(self.url_open("/iclock/ping").status_code, 200)

    def test_other_tables_and_pages_are_acknowledged(self):
        self.assertEqual(self.post("OPLOG 4\t0\t2024-06-13 12:44:02", table="OPERLOG").text.strip(), "OK")
        self.assertEqual(self.url_open("/iclock/getrequest", params={"SN": "TERMINAL1"}).text.strip(), "OK")
        self.assertEqual(self.post("ID=1&Return=0&CMD=CHECK", path="/iclock/devicecmd").text.strip(), "OK")
        self.assertEqual(self.url_open("/iclock/ping").text.strip(), "OK")
        self.assertFalse(self.device.scan_ids)

    def test_strangers_do_not_fill_the_database(self):
        devices = self.env["spp.attendance.device"]
        devices.create([{"name": f"S{n}", "serial": f"S{n}"} for n in range(100)])
        self.assertEqual(self.post(LINE, serial="ONEMORE").status_code, 403)
        self.assertFalse(devices.search([("serial", "=", "ONEMORE")]))

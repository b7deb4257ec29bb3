# Part of the SPP attendance suite. LGPL-3.
"""Punch lines in the layouts of the field, bad ones included, and the options that a terminal is told."""

from datetime import UTC, datetime

from odoo.tests import BaseCase, tagged

from odoo.addons.spp_attendance_device_bridge.protocols import zkteco_push


@tagged("post_install", "-at_install")
class TestZktecoPush(BaseCase):
    def parse(self, line):
        (punch,) = zkteco_push.parse_attlog(line)
        return punch

    def test_layouts_seen_in_the_field(self):
        for line, expected in (
            (b"1\t2024-07-28 01:25:24\t0\t1\t\t0\t0\t\r\n", ("1", "0", "1", "")),
            (b"  11\t2024-07-28 01:25:24\t1\t15\t7\n", ("11", "1", "15", "7")),
            (b"007\t2024-07-28 01:25:24", ("007", "255", "0", "")),
            (b"1001 2024-07-28 01:25:24 4 1", ("1001", "4", "1", "")),
            (b"ATTLOG\t5_4968\t2024-07-28 01:25:24\t0\t1", ("5_4968", "0", "1", "")),
            (b"7\t1001\t2024-07-28 01:25:24\t0\t0", ("1001", "0", "0", "")),
            (b"42\t2024/07/28 01:25:24\t0\t1", ("42", "0", "1", "")),
            (b"43\t2024-7-28 1:25:24\t0\t1", ("43", "0", "1", "")),
        ):
            punch = self.parse(line)
            self.assertEqual((punch.identifier, punch.direction, punch.verification, punch.work_code), expected, line)
            self.assertEqual(punch.moment, datetime(2024, 7, 28, 1, 25, 24), line)
            self.assertFalse(punch.problem, line)

    def test_bad_lines_are_kept_with_their_reason(self):
        for line, reason in (
            (b"rubbish", "no_time"),
            (b"1\t2024-07-28", "no_time"),
            (b"1\t2024-02-30 01:25:24\t0\t1", "impossible_time"),
            (b"1\t2024-02-28 25:25:24\t0\t1", "impossible_time"),
            (b"\t2024-07-28 01:25:24\t0\t1", "no_pin"),
            (b"ATTLOG\t2024-07-28 01:25:24\t0\t1", "no_pin"),
            (b"1\xff\t2024-07-28 01:25:24\t0\t1", "no_pin"),
            (b"\x00\x00\x00", "no_time"),
        ):
            punch = self.parse(line)
            self.assertEqual(punch.problem, reason, line)
            self.assertTrue(punch.raw, line)
            self.assertTrue(punch.key.startswith("line:"), line)

    def test_bytes_that_are_no_text_are_not_lost(self):
        punch = self.parse(b"1\t2024-07-28 01:25:24\t0\t1\t\xe9\x00")
        self.assertFalse(punch.problem, "a bad byte in the work code does not spoil the punch")
        self.assertIn("\\xe9\\x00", punch.raw)

    def test_one_bad_line_does_not_block_the_others(self):
        punches = zkteco_push.parse_attlog(b"1\t2024-07-28 01:25:24\t0\n\nbroken\n2\t2024-07-28 01:25:25\t0\n")
        self.assertEqual([punch.problem for punch in punches], ["", "no_time", ""])

    def test_empty_body(self):
        self.assertEqual(zkteco_push.parse_attlog(b""), [])
        self.assertEqual(zkteco_push.parse_attlog(b"\r\n \n"), [])

    def test_state_key_pressed_twice_is_one_event(self):
        first, second = zkteco_push.parse_attlog(b"1\t2024-07-28 01:25:24\t0\n1\t2024-07-28 01:25:24\t1\n")
        self.assertEqual(first.key, second.key)

    def test_option_block(self):
        now = datetime(2026, 1, 1, tzinfo=UTC)
        lines = zkteco_push.option_block("T1", "Asia/Jakarta", "hours", "", now).splitlines()
        self.assertEqual(lines[0], "GET OPTION FROM: T1")
        self.assertIn("TimeZone=7", lines)
        self.assertIn("ATTLOGStamp=None", lines)
        self.assertIn("TimeZone=330", zkteco_push.option_block("T1", "Asia/Kolkata", "minutes", "", now))
        for zone, zone_format in (("Asia/Kolkata", "hours"), ("Asia/Jakarta", "omit")):
            self.assertNotIn("TimeZone", zkteco_push.option_block("T1", zone, zone_format, "", now))
        self.assertIn("ATTLOGStamp=777", zkteco_push.option_block("T1", "UTC", "omit", "777", now))

# Part of the SPP attendance suite. LGPL-3.
"""Scans that come in after a register was submitted: corrected in sets, however many they are."""

from datetime import date, datetime, timedelta

from odoo.fields import Command
from odoo.tests import tagged, warmup

from .common import DeviceBridgeCase

#: What matching costs at most, however many scans there are.
CEILING = 40
#: Odoo stores 100 rows with the same fields in one statement: marks, their log, and the states of scans.
MORE_PER_HUNDRED = 7


@tagged("post_install", "-at_install")
class TestLateScans(DeviceBridgeCase):
    @classmethod
    def make_class(cls, size):
        """A roster with people 1000 and up, and its submitted register of 2025-10-01, 06:00 to 08:00."""
        people = cls.env["res.partner"].create(
            [
                {
                    "name": f"Person {number}",
                    "is_registrant": True,
                    "reg_ids": [Command.create({"id_type_id": cls.pin_type.id, "value": str(size * 1000 + number)})],
                }
                for number in range(size)
            ]
        )
        roster = cls.roster.copy({"name": f"Class of {size}"})
        roster.membership_ids = [
            Command.create({"partner_id": person.id, "date_from": date(2025, 9, 1)}) for person in people
        ]
        cls.device.roster_ids += roster
        session = roster.generate_sessions("2025-10-01", "2025-10-01", 6.0, 8.0)
        session.action_submit()
        return session

    def late_scans(self, size):
        """Everybody was scanned, some on time, some late, each at another second."""
        return self.scan(
            *(
                f"{size * 1000 + number} {datetime(2025, 10, 1, 6, 0) + timedelta(seconds=4 * number):%Y-%m-%d %H:%M:%S}"
                for number in range(size)
            )
        )

    def match_counted(self, scans, ceiling):
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(ceiling):
            scans._match()

    @warmup
    def test_the_number_of_queries_is_fixed(self):
        for size, hundreds in ((20, 0), (200, 1)):
            session = self.make_class(size)
            scans = self.late_scans(size)
            self.match_counted(scans, CEILING + hundreds * MORE_PER_HUNDRED)
            marks = session.attendance_ids
            self.assertEqual(len(marks), size)
            self.assertEqual(set(scans.mapped("state")), {"matched"})
            codes = [mark.status_id.code for mark in marks.sorted("id")]
            on_time = min(size, 76)  # 75 times 4 seconds are the 5 minutes of grace
            self.assertEqual(codes, ["present"] * on_time + ["late"] * (size - on_time))
            self.assertEqual(set(marks.mapped("source")), {"device"})
            self.assertEqual(len({mark.attendance_time for mark in marks}), size)
            self.assertEqual(len(marks.change_ids), size)
            self.assertEqual(set(marks.change_ids.mapped("reason")), {"Scan of a terminal"})

    def test_what_depends_on_the_marks_is_called_once(self):
        session = self.make_class(20)
        calls = []
        former = self.registry["spp.session"]._after_marks_changed

        def listening(sessions, people):
            calls.append((sessions, people))
            return former(sessions, people)

        self.patch(self.registry["spp.session"], "_after_marks_changed", listening)
        self.late_scans(20)._match()
        self.assertEqual(calls, [(session, {session.id: set(session.expected_participant_ids.ids)})])

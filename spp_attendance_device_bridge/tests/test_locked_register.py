# Part of the SPP attendance suite. LGPL-3.
"""Scans that find their register locked wait for somebody to unlock it."""

from odoo import fields
from odoo.tests import tagged

from .common import DeviceBridgeCase


@tagged("post_install", "-at_install")
class TestLockedRegister(DeviceBridgeCase):
    """Scans that come after the lock change nothing, and count as soon as a manager unlocks the register."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.lock_hours = 24

    def lock(self, is_locked=True):
        """The register of a session that was entered a year before, or only now."""
        self.enter_sessions(self.session, "2024-10-01 00:00:00" if is_locked else fields.Datetime.now())
        self.assertEqual(self.session.is_locked, is_locked)

    def unlock(self):
        self.rpc(self.manager, self.session, "action_unlock", 4, "The terminal was offline")
        self.env.invalidate_all()

    def test_a_scan_for_a_locked_register_waits_for_review(self):
        self.session.action_submit()
        self.lock()
        scan = self.match("11 2025-10-01 06:00:00")
        self.assertEqual(
            (scan.state, scan.reason, scan.session_id, scan.partner_id),
            ("review", "register_locked", self.session, self.ana),
        )
        self.assertIn("unlock it", scan.explanation)
        self.assertEqual(self.mark_of(self.ana).status_id.code, "absent")
        self.assertFalse(self.mark_of(self.ana).change_ids)

    def test_matching_again_changes_nothing_while_it_is_locked(self):
        self.session.action_submit()
        self.lock()
        scan = self.match("11 2025-10-01 06:00:00")
        scan.with_user(self.manager).action_match()
        self.assertEqual((scan.state, scan.reason), ("review", "register_locked"))
        self.assertEqual(self.mark_of(self.ana).status_id.code, "absent")

    def test_unlocking_lets_the_scan_count_and_the_change_refers_to_it(self):
        self.session.action_submit()
        self.lock()
        scans = self.match("11 2025-10-01 06:00:00", "11 2025-10-01 07:00:00")
        self.unlock()
        mark = self.mark_of(self.ana)
        self.assertEqual((mark.status_id.code, mark.source), ("present", "device"))
        self.assertEqual(mark.change_ids.unlock_id, self.session.unlock_ids)
        self.assertEqual(
            {scan.time_text[-8:]: (scan.state, scan.reason) for scan in scans},
            {"06:00:00": ("matched", False), "07:00:00": ("repeat", False)},
        )

    def test_an_earlier_scan_after_the_lock_leaves_the_known_arrival_alone(self):
        known = self.match("11 2025-10-01 06:20:00")
        self.session.action_submit()
        self.lock()
        earlier = self.match("11 2025-10-01 06:01:00")
        self.assertEqual((earlier.state, earlier.reason), ("review", "register_locked"))
        self.assertEqual((known.state, self.mark_of(self.ana).status_id.code), ("matched", "late"))
        self.unlock()
        self.assertEqual((earlier.state, earlier.reason, known.state), ("matched", False, "repeat"))
        self.assertEqual(self.mark_of(self.ana).status_id.code, "present")

    def test_a_later_scan_after_the_lock_is_a_repeat(self):
        self.match("11 2025-10-01 06:01:00")
        self.session.action_submit()
        self.lock()
        later = self.match("11 2025-10-01 06:30:00")
        self.assertEqual(later.state, "repeat")

    def test_a_persons_mark_is_kept_first_of_all(self):
        self.env["spp.session.attendance"].with_user(self.facilitator).create(
            {
                "session_id": self.session.id,
                "participant_id": self.ana.id,
                "status_id": self.env["spp.attendance.status"]._by_code("excused").id,
            }
        )
        self.session.action_submit()
        self.lock()
        self.assertEqual(self.match("11 2025-10-01 06:00:00").reason, "marked_by_person")

    def test_nobody_becomes_absent_while_a_scan_waits_for_the_unlock(self):
        self.lock()
        self.device.settle_minutes = 0
        self.match("11 2025-10-01 06:00:00")
        self.assertFalse(self.session._ready_for_submission())
        self.unlock()
        self.assertEqual(self.session._ready_for_submission(), self.session)
        self.session._submit()
        self.assertEqual(self.mark_of(self.ana).status_id.code, "present")
        self.assertEqual(self.mark_of(self.ben).status_id.code, "absent")

    def test_before_the_lock_everything_is_as_it_was(self):
        self.session.action_submit()
        self.lock(False)
        scan = self.match("11 2025-10-01 06:00:00")
        self.assertEqual((scan.state, self.mark_of(self.ana).status_id.code), ("matched", "present"))

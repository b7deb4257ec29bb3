# Part of the SPP attendance suite. LGPL-3.
"""An undo restores those whom nothing has changed since, lists the others, and can be undone itself."""

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import StatusCase


@tagged("post_install", "-at_install")
class TestUndo(StatusCase):
    def test_an_undo_restores_the_former_status(self):
        self._change(self.members, "active")
        batch = self._change(self.members, "graduated", "By mistake")
        undo = batch.undo("It was a mistake")
        self.assertEqual(set(self.members.mapped("beneficiary_status")), {"active"})
        self.assertEqual((undo.undo_of_id, undo.reason, undo.user_id), (batch, "It was a mistake", self.manager))
        self.assertEqual(batch.undo_ids, undo)
        self.assertFalse(undo.conflict_ids)
        self.assertEqual(undo.change_ids.undo_of_id, batch.change_ids)
        for change in undo.change_ids:
            self.assertEqual((change.old_status, change.new_status), ("graduated", "active"))
            self.assertEqual(change.membership_id, change.undo_of_id.membership_id)

    def test_what_has_changed_since_is_a_conflict(self):
        self._change(self.members, "active")
        batch = self._change(self.members, "suspended")
        self._change(self.members[0], "graduated")
        self._change(self.members[1], "active")
        self._change(self.members[1], "suspended")  # the same status again, but somebody decided on it since
        undo = batch.undo("Wrong list")
        self.assertEqual(undo.change_ids.membership_id, self.members[2:])
        self.assertEqual(
            {(row.membership_id, row.current_status, row.cause) for row in undo.conflict_ids},
            {(self.members[0], "graduated", "changed_since"), (self.members[1], "suspended", "changed_since")},
        )
        self.assertEqual(
            self.members.mapped("beneficiary_status"), ["graduated", "suspended", "active", "active", "active"]
        )

    def test_an_undo_can_be_undone(self):
        batch = self._change(self.members, "active")
        undo = batch.undo("Too early")
        self.assertEqual(set(self.members.mapped("beneficiary_status")), {"potential"})
        redo = undo.undo("It was right")
        self.assertEqual(set(self.members.mapped("beneficiary_status")), {"active"})
        self.assertEqual(redo.undo_of_id, undo)
        redo.undo("It was not")
        self.assertEqual(set(self.members.mapped("beneficiary_status")), {"potential"})

    @mute_logger("odoo.sql_db")
    def test_a_batch_is_undone_once(self):
        batch = self._change(self.members, "active")
        batch.undo("Too early")
        with self.assertRaises(UserError):
            batch.undo("Too early")
        with self.assertRaises(IntegrityError):
            self.env["spp.beneficiary.status.batch"].create({"reason": "Again", "undo_of_id": batch.id})

    def test_an_undo_needs_a_reason_and_something_to_restore(self):
        batch = self._change(self.members, "active")
        with self.assertRaises(UserError):
            batch.undo(" ")
        self._change(self.members, "suspended")
        with self.assertRaises(UserError):
            batch.undo("Too early")
        self.assertEqual(set(self.members.mapped("beneficiary_status")), {"suspended"})
        self.assertFalse(batch.undo_ids)

    def test_a_deleted_member_does_not_stop_an_undo(self):
        batch = self._change(self.members, "active")
        self.members[0].unlink()
        batch.undo("Too early")
        self.assertEqual(set(self.members[1:].mapped("beneficiary_status")), {"potential"})

    def test_whom_the_user_may_not_reach_is_a_conflict(self):
        area = self.env["spp.area"].create({"draft_name": "North", "code": "N"})
        inside = self._create_members(1, area_id=area.id)
        batch = self._change(inside + self.members[:1], "active")
        self.manager.center_area_ids = area
        undo = batch.undo("Too early")
        self.assertEqual(undo.sudo().change_ids.membership_id, inside)
        conflict = undo.sudo().conflict_ids
        self.assertEqual((conflict.membership_id, conflict.cause), (self.members[0], "no_access"))
        self.assertEqual((inside.beneficiary_status, self.members[0].beneficiary_status), ("potential", "active"))

    def test_the_window(self):
        batch = self._change(self.members, "active")
        action = batch.action_undo()
        wizard_form = Form(self.env[action["res_model"]].with_user(self.manager).with_context(**action["context"]))
        self.assertEqual(wizard_form.change_count, 5)
        wizard_form.reason = "Too early"
        opened = wizard_form.save().action_confirm()
        self.assertEqual(opened["res_id"], batch.undo_ids.id)
        self.assertEqual(set(self.members.mapped("beneficiary_status")), {"potential"})

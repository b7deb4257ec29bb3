# Part of the SPP attendance suite. LGPL-3.
"""Who changes, undoes and sees statuses, and that nobody writes them or their history directly."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import StatusCase


@tagged("post_install", "-at_install")
class TestAccess(StatusCase):
    def test_who_may_change_a_status(self):
        for user in (self.viewer, self.officer, self.validator, self.stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, self.members, "change_beneficiary_status", "active", "Because")
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, self.env["spp.beneficiary.status.wizard"], "create", {"reason": "Because"})
        self.assertEqual(set(self.members.mapped("beneficiary_status")), {"potential"})
        batch_ids = self.rpc(self.manager, self.members, "change_beneficiary_status", "active", "Because")
        self.assertEqual(len(batch_ids), 1)
        self.rpc(self.env.ref("base.user_admin"), self.members, "change_beneficiary_status", "suspended", "Because")
        self.assertEqual(set(self.members.mapped("beneficiary_status")), {"suspended"})

    def test_who_may_undo(self):
        batch = self._change(self.members, "active")
        for user in (self.viewer, self.officer, self.validator, self.stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, batch, "undo", "Because")
        self.rpc(self.manager, batch, "undo", "Because")
        self.assertEqual(set(self.members.mapped("beneficiary_status")), {"potential"})

    def test_who_sees_the_history(self):
        batch = self._change(self.members, "active")
        for user in (self.viewer, self.officer, self.validator, self.manager):
            for record in (batch, batch.change_ids):
                with self.subTest(user=user.login, model=record._name):
                    self.assertTrue(self.rpc(user, record, "read", ["reason"]))
        for user in (self.viewer, self.officer, self.manager):
            with self.subTest(user.login):
                [values] = self.rpc(user, self.members[0], "read", ["beneficiary_status"])
                self.assertEqual(values["beneficiary_status"], "active")
        for record in (batch, batch.change_ids):
            with self.subTest(record._name), self.assertRaises(AccessError):
                self.rpc(self.stranger, record, "read", ["reason"])

    def test_nobody_writes_the_history(self):
        batch = self._change(self.members, "active")
        undo = batch.undo("Because")
        users = (self.viewer, self.officer, self.validator, self.manager, self.env.ref("base.user_admin"))
        for user in users:
            for record in (undo, undo.change_ids):
                with self.subTest(user=user.login, model=record._name):
                    with self.assertRaises(AccessError):
                        self.rpc(user, record.browse(), "create", [{"reason": "By hand"}])
                    with self.assertRaises(UserError):
                        self.rpc(user, record, "write", {"reason": "By hand"})
                    with self.assertRaises(AccessError):
                        self.rpc(user, record, "unlink")
                    with self.assertRaises(UserError):
                        record.sudo().write({"reason": "By hand"})
                    with self.assertRaises(UserError):
                        record.sudo().unlink()
        self.assertEqual(set(undo.change_ids.mapped("reason")), {"Because"})

    def test_the_status_is_not_written_through_rpc(self):
        for user in (self.officer, self.manager, self.env.ref("base.user_admin")):
            with self.subTest(user.login), self.assertRaises(UserError):
                self.rpc(user, self.members, "write", {"beneficiary_status": "active"})
        self.assertEqual(set(self.members.mapped("beneficiary_status")), {"potential"})

    def test_areas_and_companies_limit_a_manager(self):
        batch = self._change(self.members, "active")
        changes = self.env["spp.beneficiary.status.change"].with_user(self.manager)
        mine = [("batch_id", "=", batch.id)]
        self.assertEqual(changes.search_count(mine), 5)
        area = self.env["spp.area"].create({"draft_name": "North", "code": "N"})
        self.members[0].partner_id.area_id = area
        self.manager.center_area_ids = area
        self.assertEqual(changes.search(mine).membership_id, self.members[0])
        with self.assertRaises(AccessError):
            self.rpc(self.manager, self.members, "change_beneficiary_status", "suspended", "Because")
        self.rpc(self.manager, self.members[0], "change_beneficiary_status", "suspended", "Because")
        self.manager.center_area_ids = False
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.manager.write({"company_id": elsewhere.id, "company_ids": [Command.set(elsewhere.ids)]})
        self.assertFalse(changes.search(mine))
        self.assertFalse(batch.with_user(self.manager).search([("id", "=", batch.id)]))
        with self.assertRaises(AccessError):
            self.rpc(self.manager, batch, "undo", "Because")

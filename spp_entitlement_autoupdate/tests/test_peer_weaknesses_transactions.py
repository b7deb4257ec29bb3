# Part of the SPP attendance suite. LGPL-3.
"""Faults of existing software in booking transactions, a test for each that we do not have."""

from psycopg2.errors import RestrictViolation

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .common import BOOKER, RedemptionCase


@tagged("post_install", "-at_install")
class TestPeerWeaknessesTransactions(RedemptionCase):
    """Faults of existing software in what is booked, a test each. The numbers are those of the list of weaknesses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.entitlement = cls._create_entitlement(100)
        cls.kinds = ((cls.cash, cls.entitlement), (cls.inkind, cls._create_inkind(100)))

    # 3: auto update of entitlements

    def test_3_5_amounts_are_exact_and_currencies_compared(self):
        third = self._create_entitlement(99.99)
        self.assertStored(self._book(*(self._item(third, 33.33) for _part in range(3))))
        self.assertEqual(third.entitlement_balance, 0)
        tenth = self._create_entitlement(0.3)
        self.assertStored(self._book(self._item(tenth, 0.1), self._item(tenth, 0.1 + 0.1)))
        self.assertEqual(tenth.entitlement_balance, 0)
        large = self._create_entitlement(999999999999.99)
        self.assertStored(self._book(self._item(large, "999999999999.98")))
        self.assertEqual(large.entitlement_balance, 0.01)
        [result] = self._book(self._item(third, 1, currency="XTS"))
        self.assertEqual(result["reason_code"], "other_currency")

    def test_3_5_currencies_without_decimals(self):
        for name in ("JPY", "IDR"):
            currency = self.env["res.currency"].with_context(active_test=False).search([("name", "=", name)])
            currency.write({"active": True, "rounding": 1.0})
            self.program.currency_id = currency
            entitlement = self._create_entitlement(100000)
            with self.subTest(name):
                refused, *stored = self._book(
                    self._item(entitlement, "0.5"), *(self._item(entitlement, 33333) for _part in range(3))
                )
                self.assertEqual(refused["reason_code"], "unreadable")
                self.assertStored(stored)
                self.assertEqual(entitlement.entitlement_balance, 1)

    def test_3_6_the_type_is_one_of_two(self):
        for wrong in ("purchase", "PURCHASE ", "Void", "REFUND", None, 1, True):
            for model, entitlement in self.kinds:
                with self.subTest(type=wrong, model=model._name):
                    [result] = self._book(self._item(entitlement, 10, transaction_type=wrong), model=model)
                    self.assertEqual((result["result"], result["reason_code"]), ("rejected", "unreadable"))
        self.assertEqual(self.entitlement.entitlement_balance, 100)

    def test_3_7_the_balance_is_stored_and_searchable_right_after_a_booking(self):
        for model, entitlement in self.kinds:
            with self.subTest(model._name):
                purchase = self._item(entitlement, 40)
                self._book(purchase, model=model)
                search = self.env[entitlement._name].search
                self.assertIn(entitlement, search([("entitlement_balance", "=", 60)]))
                self._book(self._void(purchase, 15), model=model)
                self.assertIn(entitlement, search([("entitlement_balance", "=", 75)]))
                [(stored,)] = self.env.execute_query(
                    SQL(
                        "SELECT entitlement_balance FROM %s WHERE id = %s",
                        SQL.identifier(entitlement._table),
                        entitlement.id,
                    )
                )
                self.assertEqual(stored, 75)

    def test_3_10_the_new_state_is_known_everywhere(self):
        for model, entitlement in self.kinds:
            with self.subTest(model._name):
                selection = entitlement._fields["state"]
                self.assertEqual(selection.ondelete["parrdpd2ben"], "set rdpd2ben")
                labels = dict(selection._description_selection(self.env))
                self.assertEqual(labels["parrdpd2ben"], "Partially Redeemed/Paid to Beneficiary")
                self._book(self._item(entitlement, 40), model=model)
                entitlement.state = "parrdpd2ben"
                self.assertEqual(entitlement.approval_state, "approved")
                self.assertStored(self._book(self._item(entitlement, 1), model=model))
                for view_type in ("list", "search", "form"):
                    arch = entitlement.get_views([(False, view_type)])["views"][view_type]["arch"]
                    self.assertIn("parrdpd2ben", arch)

    # 4: transactions

    def test_4_1_each_transaction_fits_its_entitlement(self):
        other = self.env["spp.program"].create({"name": "Other", "target_type": "individual"})
        for model, entitlement in self.kinds:
            draft = entitlement.copy({"state": "draft"})
            cases = {
                "unreadable": {"entitlement_id": None},
                "wrong_beneficiary": {"partner_id": self.people[1].id},
                "wrong_program": {"program_id": other.id},
                "not_positive": {model._redemption_measure: -1},
                "above_balance": {model._redemption_measure: 100.01},
                "outside_validity": {"timestamp_transaction_created": "2031-02-01T09:00:00+07:00"},
                "not_redeemable": {"entitlement_id": draft.id},
            }
            for code, values in cases.items():
                with self.subTest(code, model=model._name):
                    [result] = self._book(self._item(entitlement, 10, **values), model=model)
                    self.assertEqual((result["result"], result["reason_code"]), ("rejected", code))
            self.assertFalse(entitlement.transaction_ids | draft.transaction_ids)

    def test_4_2_nobody_edits_or_deletes_rows(self):
        for model, entitlement in self.kinds:
            [result] = self._book(self._item(entitlement, 10), model=model)
            row = model.browse(result["id"])
            users = (self.clerk, self.officer, self.validator, self.manager, self.env.ref("base.user_admin"))
            for user in users:
                with self.subTest(user=user.login, model=model._name):
                    with self.assertRaises(UserError):
                        self.rpc(user, row, "write", {"receipt_number": "x"})
                    with self.assertRaises(AccessError):
                        self.rpc(user, row, "unlink")
                    with self.assertRaises(AccessError):
                        self.rpc(user, row, "copy")
            for view_type in ("list", "form"):
                arch = model.get_views([(False, view_type)])["views"][view_type]["arch"]
                self.assertIn('edit="0"', arch.replace('edit="false"', 'edit="0"').replace('edit="False"', 'edit="0"'))
                self.assertNotIn("editable", arch)

    @mute_logger("odoo.sql_db")
    def test_4_2_the_database_refuses_it_too(self):
        for model, entitlement in self.kinds:
            [result] = self._book(self._item(entitlement, 10), model=model)
            self.env.flush_all()
            table, measure = SQL.identifier(model._table), SQL.identifier(model._redemption_measure)
            for statement in (
                SQL("UPDATE %s SET %s = 1 WHERE id = %s", table, measure, result["id"]),
                SQL("UPDATE %s SET transaction_type = 'VOID' WHERE id = %s", table, result["id"]),
                SQL("UPDATE %s SET entitlement_id = entitlement_id WHERE id = %s", table, result["id"]),
                SQL("DELETE FROM %s WHERE id = %s", table, result["id"]),
            ):
                with self.subTest(statement.code), self.assertRaises(RestrictViolation), self.env.cr.savepoint():
                    self.env.cr.execute(statement)
            # what is derived from the entitlement follows it, as when two registrants are merged
            self.env.cr.execute(
                SQL("UPDATE %s SET partner_id = %s WHERE id = %s", table, self.people[1].id, result["id"])
            )

    def test_4_3_a_void_points_at_its_purchase_and_is_booked_once(self):
        for model, entitlement in self.kinds:
            with self.subTest(model._name):
                purchase = self._item(entitlement, 40)
                unlinked = {**purchase, "transaction_uuid": f"unlinked {model._name}", "transaction_type": "VOID"}
                void = self._void(purchase, 30)
                results = self._book(purchase, unlinked, void, self._void(purchase, 1), dict(void), model=model)
                self.assertEqual(
                    [result["result"] for result in results], ["stored", "rejected", "stored", "rejected", "duplicate"]
                )
                self.assertEqual(entitlement.entitlement_balance, 90)
                self.assertEqual(entitlement.transaction_ids.purchase_id.transaction_uuid, purchase["transaction_uuid"])

    def test_4_3_what_the_client_says_is_left_decides_nothing(self):
        [cash] = self._book(self._item(self.entitlement, 10, value_remaining=1_000_000))
        self.assertEqual(cash["balance"], 90)
        [result] = self._book(self._item(self.entitlement, 91, value_remaining=9))
        self.assertEqual(result["reason_code"], "above_balance")

    def test_4_4_device_service_point_company_and_area(self):
        point = self.env["spp.service.point"].create({"name": "Shop"})
        device = self.env["spp.service.point.device"].create(
            {"name": "Till", "code": "TILL-1", "service_point_id": point.id, "responsible_id": self.clerk.id}
        )
        other_point = self.env["spp.service.point"].create({"name": "Other Shop"})
        [result] = device._book([self._item(self.entitlement, 10, service_point_id=other_point.id)])
        row = self.cash.browse(result["id"])
        self.assertEqual((row.device_id, row.service_point_id, row.user_id), (device, point, self.clerk))
        area_type = self.env["spp.area.type"].create({"name": "District"})
        north, south = self.env["spp.area"].create(
            [{"draft_name": name, "area_type_id": area_type.id} for name in ("North", "South")]
        )
        self.person.area_id = north
        self.clerk.center_area_ids = south
        [refused] = self.rpc(self.clerk, self.cash, "book", [self._item(self.entitlement, 1)])
        self.assertRejected(refused, "no such entitlement")
        self.assertFalse(self.rpc(self.clerk, self.cash, "search", []))
        self.clerk.center_area_ids = north
        self.assertStored(self.rpc(self.clerk, self.cash, "book", [self._item(self.entitlement, 1)]))
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        with self.assertRaisesRegex(UserError, "stays in its company"):
            device.company_id = elsewhere
        other_device = device.copy({"code": "TILL-E", "company_id": elsewhere.id})
        [refused] = other_device._book([self._item(self.entitlement, 1)])
        self.assertRejected(refused, "no such entitlement")

    def test_4_5_program_and_cycle_are_stored_and_a_number_is_used_once(self):
        for model, entitlement in self.kinds:
            with self.subTest(model._name):
                for name in ("program_id", "cycle_id", "partner_id", "company_id"):
                    self.assertTrue(model._fields[name].store and model._fields[name].index)
                item = self._item(entitlement, 10)
                self._book(item, model=model)
                self._book(item, model=model)
                groups = model._read_group(
                    [("entitlement_id", "=", entitlement.id)], ["program_id", "cycle_id"], ["__count"]
                )
                self.assertEqual(groups, [(self.program, self.cycle, 1)])

    def test_4_6_who_may_book_and_who_may_approve_a_device(self):
        # the history of a device is written in the name of its user, who must be an internal one for that
        manager = self.make_user("device_manager", "spp_programs.group_programs_manager")
        Device = self.env["spp.service.point.device"]
        point = self.env["spp.service.point"].create({"name": "Shop"})
        values = {"name": "Till", "code": "TILL-2", "service_point_id": point.id, "responsible_id": self.clerk.id}
        for user in (self.clerk, self.viewer, self.officer, self.validator, self.approver, self.stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, Device, "create", [values])
        [device_id] = self.rpc(manager, Device, "create", [values])
        device = Device.browse(device_id)
        self.assertEqual(device.state, "pending")
        for user in (self.clerk, self.viewer, self.officer, self.validator, self.approver, self.stranger):
            for method in ("action_approve", "action_block", "action_issue_token"):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    self.rpc(user, device, method)
        for vals in ({"state": "active"}, {"last_seen": False}, {"token_issued_at": False}):
            with self.subTest(vals), self.assertRaises(UserError):
                self.rpc(manager, device, "write", vals)
        with self.assertRaises(AccessError):
            self.rpc(manager, device, "write", {"token_hash": "x"})
        with self.assertRaises(UserError):
            self.rpc(manager, Device, "create", [{**values, "code": "TILL-3", "state": "active"}])
        for default in ({"default_state": "active"}, {"default_token_hash": "x"}):
            with self.subTest(default), self.assertRaises(AccessError):
                Device.with_user(manager).with_context(**default).create({**values, "code": "TILL-4"})
        self.rpc(manager, device, "action_approve")
        self.assertEqual(device.state, "active")
        token = self.rpc(manager, device, "action_issue_token")["context"]["default_token"]
        self.assertEqual(Device._identify(token), device)
        self.assertFalse(Device._identify(token[:-1]))
        with self.assertRaises(AccessError):
            self.rpc(self.env.ref("base.user_admin"), device, "read", ["token_hash"])
        with self.assertRaises(AccessError):
            self.rpc(manager, device, "unlink")
        shown = Form(self.env["spp.device.token"].with_user(manager).with_context(default_token=token))
        self.assertEqual(shown.token, token)

    def test_4_6_a_device_of_another_company_is_out_of_reach(self):
        point = self.env["spp.service.point"].create({"name": "Shop"})
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        device = self.env["spp.service.point.device"].create(
            {"name": "Till", "code": "T", "service_point_id": point.id, "company_id": elsewhere.id}
        )
        for method in ("action_approve", "action_issue_token", "action_block"):
            with self.subTest(method), self.assertRaises(AccessError):
                self.rpc(self.manager, device, method)
        self.manager.company_ids = [Command.link(elsewhere.id)]
        self.assertFalse(self.rpc(self.make_user("no_clerk", BOOKER), self.cash, "search", []))

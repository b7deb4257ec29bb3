# Part of the SPP attendance suite. LGPL-3.
"""Devices of service points: their secrets, who decides, and what they hear over HTTP."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from unittest.mock import patch
from urllib.parse import quote

from cryptography.fernet import Fernet
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.spp_device.limits import RequestRate
from odoo.addons.spp_device.models import device_mixin
from odoo.addons.spp_device.models.device_mixin import Refusal
from odoo.addons.spp_integrity import secret_box
from odoo.addons.spp_integrity.tests.common import ProgramStepsMixin, RemoteCallsMixin

PATH = "/spp/redemption/v1/transactions"


class DeviceMixin(RemoteCallsMixin, ProgramStepsMixin):
    @classmethod
    def set_up_devices(cls):
        cls.manager = cls.make_user("device_boss", "spp_programs.group_programs_manager")
        cls.others = [
            cls.make_user(f"device_{name}", group)
            for name, group in (
                ("viewer", "spp_programs.group_programs_read"),
                ("officer", "spp_programs.group_programs_officer"),
                ("approver", "spp_programs.group_programs_cycle_approver"),
                ("clerk", "spp_entitlement_autoupdate.group_entitlement_transactions_booker"),
            )
        ] + [cls.make_user("device_nobody")]
        cls.point = cls.env["spp.service.point"].create({"name": "Shop"})
        cls.devices = cls.env["spp.service.point.device"]
        cls.device = cls.new_device("TILL")
        cls.device.action_approve()

    @classmethod
    def new_device(cls, code, **values):
        return cls.devices.create({"name": code, "code": code, "service_point_id": cls.point.id, **values})

    def issue(self, device=None):
        action = self.rpc(self.manager, self.device if device is None else device, "action_issue_token")
        return action["context"]["default_token"]


@tagged("post_install", "-at_install")
class TestServicePointDevice(DeviceMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_devices()

    # --- tokens

    def test_a_token_is_renewed_revoked_and_ends(self):
        first = self.issue()
        self.assertEqual(self.devices._identify(first), self.device)
        self.assertFalse(self.device.token_expires_at)
        second = self.issue()
        self.assertNotEqual(first, second)
        self.assertFalse(self.devices._identify(first), "the one before is void")
        self.assertEqual(self.devices._identify(second), self.device)
        self.rpc(self.manager, self.device, "action_revoke_token")
        self.assertFalse(self.devices._identify(second))
        self.assertFalse(self.device.token_issued_at)
        third = self.issue()
        self.rpc(self.manager, self.device, "action_retire")
        self.assertFalse(self.devices.with_context(active_test=False)._identify(third))
        with self.assertRaisesRegex(UserError, "is retired"):
            self.issue()
        self.rpc(self.manager, self.device, "action_approve")
        self.assertFalse(self.devices._identify(third), "approving again brings no token back")

    def test_a_token_expires(self):
        self.rpc(self.manager, self.device, "write", {"token_valid_days": 30})
        token = self.issue()
        now = self.env.cr.now().replace(microsecond=0)
        self.assertEqual(self.device.token_expires_at, now + timedelta(days=30))
        self.assertEqual(self.devices._identify(token), self.device)
        self.device.sudo().token_expires_at = now
        self.assertFalse(self.devices._identify(token))
        self.rpc(self.manager, self.device, "write", {"token_valid_days": 0})
        self.assertEqual(self.devices._identify(self.issue()), self.device)
        self.assertFalse(self.device.token_expires_at)
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.device.token_valid_days = -1
            self.device.flush_recordset()

    def test_a_blocked_device_keeps_its_token_and_is_not_let_in(self):
        token = self.issue()
        self.device.action_block()
        self.assertEqual(self.devices._identify(token)._refusal("192.0.2.7"), Refusal.BLOCKED)

    def test_no_empty_token_finds_a_device_without_one(self):
        self.assertFalse(self.new_device("NEW").token_issued_at)
        for token in ("", "False", "None", "\udce9", "x" * 10_000):
            self.assertFalse(self.devices._identify(token))

    def test_secrets_are_read_searched_grouped_and_exported_by_nobody(self):
        self.issue()
        admin = self.env.ref("base.user_admin")
        for name in ("token_hash", "signing_key_sealed"):
            for user in (self.manager, admin):
                self.assertNotIn(name, self.rpc(user, self.devices, "fields_get", [], ["type"]))
                for method, arguments in (
                    ("read", [[name]]),
                    ("export_data", [[name]]),
                    ("write", [{name: "x"}]),
                ):
                    # a manager may not export anything: a UserError
                    with self.subTest(user=user.login, field=name, method=method), self.assertRaises(UserError):
                        self.rpc(user, self.device, method, *arguments)
                for method, arguments in (
                    ("search", [[(name, "!=", False)]]),
                    ("formatted_read_group", [[], [name], ["__count"]]),
                    ("create", [[{"name": "X", "code": "X", "service_point_id": self.point.id, name: "x"}]]),
                ):
                    with self.subTest(user=user.login, field=name, method=method), self.assertRaises(AccessError):
                        self.rpc(user, self.devices, method, *arguments)
        copy = self.device.copy({"code": "COPY"})
        self.assertFalse(copy.token_hash or copy.token_issued_at)

    # --- signatures

    def test_a_key_for_signatures(self):
        message = b'"@method": POST'
        with (
            patch.dict("os.environ", {"SPP_SECRET_KEY": ""}),
            patch.object(secret_box, "config", {"config": "/dev/null"}),
        ):
            with self.assertRaisesRegex(UserError, "SPP_SECRET_KEY"):
                self.device.with_user(self.manager)._issue_signing_key()
        self.assertFalse(self.device._is_signed(message, b""), "without a key nothing is signed")
        with patch.dict("os.environ", {"SPP_SECRET_KEY": Fernet.generate_key().decode()}):
            key = self.device.with_user(self.manager)._issue_signing_key()
            self.assertEqual(len(key), 32)
            for kept in (key.hex(), base64.b64encode(key).decode()):
                self.assertNotIn(kept, self.device.signing_key_sealed)
            signature = hmac.digest(key, message, "sha256")
            self.assertTrue(self.device._is_signed(message, signature))
            self.assertFalse(self.device._is_signed(message + b" ", signature))
            self.assertFalse(self.device._is_signed(message, signature[:-1]))
            self.device.with_user(self.manager)._issue_signing_key()
            self.assertFalse(self.device._is_signed(message, signature), "the key before is void")
            self.device.action_retire()
            self.assertFalse(self.device.signing_key_sealed)
        for user in self.others:
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.device.with_user(user)._issue_signing_key()
        with self.assertRaises(AccessError):
            self.rpc(self.manager, self.device, "_issue_signing_key")

    # --- who decides

    def test_program_managers_decide_and_nobody_else(self):
        for action, state in (
            ("action_block", "blocked"),
            ("action_approve", "active"),
            ("action_retire", "retired"),
            ("action_approve", "active"),
        ):
            for user in self.others:
                with self.subTest(user=user.login, action=action), self.assertRaises(AccessError):
                    self.rpc(user, self.device, action)
            self.rpc(self.manager, self.device, action)
            self.assertEqual((self.device.state, self.device.decided_by_id), (state, self.manager))
        for user in self.others:
            for action in (
                *("action_issue_token", "action_revoke_token"),
                *("action_issue_signing_key", "action_revoke_signing_key"),
            ):
                with self.subTest(user=user.login, action=action), self.assertRaises(AccessError):
                    self.rpc(user, self.device, action)

    def test_nobody_writes_what_the_actions_decide(self):
        values = {"name": "X", "code": "X", "service_point_id": self.point.id}
        for name, value in (
            ("state", "active"),
            ("decided_by_id", self.manager.id),
            ("decided_at", "2026-01-01"),
            ("last_seen", "2026-01-01"),
            ("token_issued_at", "2026-01-01"),
            ("token_expires_at", "2099-01-01"),
            ("signing_key_issued_at", "2026-01-01"),
        ):
            with self.subTest(name):
                with self.assertRaises(AccessError):
                    self.rpc(self.manager, self.device, "write", {name: value})
                with self.assertRaises(AccessError):
                    self.rpc(self.manager, self.devices, "create", [{**values, name: value}])
                with self.assertRaises(AccessError):
                    self.rpc(self.manager, self.devices, "create", [values], context={f"default_{name}": value})

    def test_nobody_moves_an_approved_device_and_its_token_to_another_company(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.manager.company_ids += elsewhere
        token = self.issue()
        with self.assertRaisesRegex(UserError, "stays in its company"):
            self.rpc(self.manager, self.device, "write", {"company_id": elsewhere.id})
        self.assertNotEqual(self.devices._identify(token).company_id, elsewhere)
        waiting = self.new_device("WAITING")
        self.rpc(self.manager, waiting, "write", {"company_id": elsewhere.id})
        self.assertEqual(waiting.company_id, elsewhere)

    def test_it_is_written_once_a_minute(self):
        now = self.env.cr.now().replace(microsecond=0)
        self.device.last_seen = now - timedelta(seconds=59)
        self.device._touch()
        self.assertEqual(self.device.last_seen, now - timedelta(seconds=59))
        self.device.last_seen = now - timedelta(seconds=60)
        self.device._touch()
        self.assertEqual(self.device.last_seen, now)


@tagged("post_install", "-at_install")
class TestServicePointDeviceHttp(DeviceMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_devices()

    def setUp(self):
        super().setUp()
        # what other tests sent does not count
        self.startPatcher(patch.object(device_mixin, "_rate", RequestRate()))
        self.token = self.issue()

    def post(self, body=b'{"transactions": []}', token=None, **headers):
        headers = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/json", **headers}
        return self.url_open(PATH, data=body, headers=headers, method="POST")

    # --- signatures

    def signed(self, key, body=b'{"transactions": []}', code="TILL", moment=None, method="POST", path=PATH):
        """Headers of a request that a device signs with its key."""
        moment = moment or f"{time.time():.6f}"
        message = "\n".join((method, path, moment, hashlib.sha256(body).hexdigest()))
        signature = hmac.digest(bytes.fromhex(key), message.encode(), "sha256").hex()
        return {"Authorization": f"SPP-HMAC {quote(code)}:{moment}:{signature}"}

    def issue_key(self, device=None):
        self.startPatcher(patch.dict("os.environ", {"SPP_SECRET_KEY": Fernet.generate_key().decode()}))
        action = self.rpc(self.manager, device or self.device, "action_issue_signing_key")
        self.assertEqual(action["res_model"], "spp.device.token")
        return action["context"]["default_token"]

    def test_a_signed_batch_is_booked(self):
        key = self.issue_key()
        body = b'{"transactions": [{"transaction_uuid": "signed-1"}]}'
        response = self.post(body, **self.signed(key, body))
        self.assertEqual(response.status_code, 200, response.text)
        self.assertEqual([result["result"] for result in response.json()["results"]], ["rejected"])
        review = self.env["spp.entitlement.transaction.review"].search([("transaction_uuid", "=", "signed-1")])
        self.assertEqual(review.device_id, self.device)
        self.assertTrue(self.device.last_seen)

    def test_a_signature_counts_once(self):
        headers = self.signed(self.issue_key())
        self.assertEqual(self.post(**headers).status_code, 200)
        self.assertRefused(self.post(**headers), 401, "used before")
        upper = headers["Authorization"].rpartition(":")
        self.assertRefused(self.post(Authorization=f"{upper[0]}:{upper[2].upper()}"), 401, "used before")

    def test_wrong_signatures(self):
        key = self.issue_key()
        good = self.signed(key)["Authorization"]
        now = time.time()
        for headers in (
            self.signed("00" * 32),
            self.signed(key, b'{"transactions": [1]}'),
            self.signed(key, code="OTHER"),
            self.signed(key, method="PUT"),
            self.signed(key, path="/elsewhere"),
            self.signed(key, moment=str(int(now) - 301)),
            self.signed(key, moment=str(int(now) + 302)),
            {"Authorization": good.replace("TILL:", "TILL:1")},
            {"Authorization": good[:-2]},
            {"Authorization": "SPP-HMAC"},
            {"Authorization": "SPP-HMAC ::"},
        ):
            with self.subTest(headers):
                self.assertRefused(self.post(**headers), 401, "signature is wrong")
        self.assertFalse(self.device.last_seen)
        self.assertEqual(self.post(Authorization=good).status_code, 200, "what was wrong used nothing up")

    def test_clocks_may_differ_by_some_minutes(self):
        key, now = self.issue_key(), int(time.time())
        for moment in (now - 290, now + 290):
            self.assertEqual(self.post(**self.signed(key, moment=str(moment))).status_code, 200)

    def test_a_renewed_or_revoked_key_signs_no_more(self):
        first = self.issue_key()
        second = self.rpc(self.manager, self.device, "action_issue_signing_key")["context"]["default_token"]
        self.assertRefused(self.post(**self.signed(first)), 401, "signature is wrong")
        self.assertEqual(self.post(**self.signed(second)).status_code, 200)
        self.rpc(self.manager, self.device, "action_revoke_signing_key")
        self.assertRefused(self.post(**self.signed(second)), 401, "signature is wrong")
        self.assertFalse(self.device.signing_key_issued_at)
        self.assertEqual(self.post().status_code, 200, "its token works on")

    def test_a_code_with_other_letters_and_a_blocked_device(self):
        device = self.new_device("Kédougou: 1")
        key = self.issue_key(device)
        self.assertRefused(self.post(**self.signed(key, code=device.code)), 403, "waits for approval")
        device.action_approve()
        self.assertEqual(self.post(**self.signed(key, code=device.code)).status_code, 200)
        device.action_block()
        self.assertRefused(self.post(**self.signed(key, code=device.code)), 403, "blocked")

    def test_signed_bodies_have_a_length_and_a_limit(self):
        key = self.issue_key()
        self.assertRefused(self.post(iter([b"{}"]), **self.signed(key, b"{}")), 411, "Content-Length")
        body = b" " * (2 * 1024 * 1024 + 1)
        self.assertRefused(self.post(body, **self.signed(key, body)), 413, "larger than")

    def test_without_its_key_the_server_says_so(self):
        headers = self.signed(self.issue_key())
        with (
            patch.dict("os.environ", {"SPP_SECRET_KEY": Fernet.generate_key().decode()}),
            mute_logger("odoo.addons.spp_entitlement_autoupdate.controllers.redemption"),
        ):
            self.assertRefused(self.post(**headers), 503, "cannot be checked")
        self.assertEqual(self.post(**headers).status_code, 200)

    def test_old_signatures_are_forgotten(self):
        signatures = self.env["spp.device.signature"]
        self.assertTrue(signatures._is_new("a" * 64))
        self.assertFalse(signatures._is_new("a" * 64))
        signatures._gc_signatures()
        self.assertFalse(signatures._is_new("a" * 64), "its moment may still be accepted")
        signatures.search([]).create_date = self.env.cr.now() - timedelta(minutes=16)
        self.env.flush_all()
        signatures._gc_signatures()
        self.assertTrue(signatures._is_new("a" * 64))

    # --- devices that are not let in

    def test_who_waits_or_is_blocked_is_heard_and_told_so(self):
        waiting = self.new_device("WAITING")
        token = self.issue(waiting)
        self.assertRefused(self.post(token=token), 403, "waits for approval")
        self.assertTrue(waiting.last_seen)
        self.assertIn("waited for approval", waiting.last_error)
        seen = waiting.last_seen = waiting.last_error_at = waiting.last_seen - timedelta(seconds=50)
        self.assertRefused(self.post(token=token), 403, "waits for approval")
        self.assertEqual(waiting.last_seen, seen, "its row is written once a minute")
        waiting.last_error_at = seen - timedelta(seconds=20)
        self.assertRefused(self.post(token=token), 403, "waits for approval")
        self.assertGreater(waiting.last_seen, seen)
        self.device.action_block()
        self.assertRefused(self.post(), 403, "blocked")
        self.assertTrue(self.device.last_seen)
        self.assertIn("although it is blocked", self.device.last_error)

    def assertRefused(self, response, status, words):
        self.assertEqual((response.status_code, response.headers["Content-Type"]), (status, "application/problem+json"))
        self.assertNotIn("Set-Cookie", response.headers)
        problem = json.loads(response.text)
        self.assertEqual(problem["status"], status)
        self.assertIn(words, problem["detail"])

    def test_a_device_is_heard_and_keeps_no_session(self):
        self.assertFalse(self.device.last_seen)
        response = self.post()
        self.assertEqual((response.status_code, response.json()["results"]), (200, []))
        self.assertNotIn("Set-Cookie", response.headers)
        self.assertTrue(self.device.last_seen)

    def test_a_body_that_does_not_say_how_long_it_is(self):
        response = self.post(iter([b'{"transactions":', b" []}"]))
        self.assertRefused(response, 411, "Content-Length")
        self.assertIn("Content-Length", self.device.last_error)

    def test_a_body_that_is_compressed(self):
        self.assertRefused(self.post(**{"Content-Encoding": "gzip"}), 415, "without compression")

    def test_a_body_that_is_too_large(self):
        self.assertRefused(self.post(b" " * (2 * 1024 * 1024 + 1)), 413, "larger than")
        self.assertEqual(self.post(b'{"transactions": []' + b" " * (2 * 1024 * 1024 - 20) + b"}").status_code, 200)

    def test_a_network_that_is_not_allowed(self):
        self.device.allowed_networks = "192.0.2.0/24"
        self.assertRefused(self.post(), 403, "not accepted from this network")
        self.assertIn("outside of its allowed networks", self.device.last_error)
        self.assertFalse(self.device.last_seen, "somebody else may have sent it")
        self.device.allowed_networks = "192.0.2.0/24, 127.0.0.0/8, ::1"
        self.assertEqual(self.post().status_code, 200)

    def test_an_expired_token_is_answered_like_an_unknown_one(self):
        self.device.sudo().token_expires_at = self.env.cr.now() - timedelta(seconds=1)
        self.assertRefused(self.post(), 401, "missing or unknown")

    def test_strangers_are_turned_away_and_the_device_is_not(self):
        self.env["ir.config_parameter"].set_param("spp_device.unknown_requests", "3")
        for _attempt in range(3):
            self.assertRefused(self.post(token="x" * 43), 401, "missing or unknown")
        response = self.post(token="x" * 43)
        self.assertRefused(response, 429, "too many requests")
        self.assertEqual(response.headers["Retry-After"], "60")
        self.assertRefused(self.post(Authorization=""), 429, "too many requests")
        self.assertEqual(self.post().status_code, 200)

    def test_a_device_that_went_wild(self):
        self.env["ir.config_parameter"].set_param("spp_device.requests_per_minute", "2")
        other = self.new_device("OTHER")
        other.action_approve()
        self.assertEqual([self.post().status_code for _request in range(3)], [200, 200, 429])
        self.assertEqual(self.post(token=self.issue(other)).status_code, 200)

# Part of the SPP attendance suite. LGPL-3.
"""Who starts, pauses, waives and reopens the end of a cycle, and what forged calls do not reach."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestClosingAccess(RedemptionCase):
    """Who may do what at the end of a cycle, asked the way a remote client asks."""

    def setUp(self):
        super().setUp()
        self.may_not_end = (self.stranger, self.clerk, self.viewer, self.officer, self.validator)
        # a run goes on in jobs or by the scheduled action, not here
        self.startPatcher(patch.object(type(self.env["spp.cycle.closing"]), "_start", lambda closings: None))

    def _elsewhere(self, users):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        users.write({"company_id": company.id, "company_ids": [Command.set(company.ids)]})

    def _confirm(self, user):
        action = self.rpc(user, self.cycle, "action_set_as_ended")
        return self.rpc(user, self.env[action["res_model"]].browse(action["res_id"]), "action_confirm")

    def test_who_may_start_the_end(self):
        self._create_entitlement(90)
        for user in self.may_not_end:
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, self.cycle, "action_set_as_ended")
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, self.env["spp.cycle.end.wizard"], "create", [{"cycle_ids": self.cycle.ids}])
        self.assertFalse(self.cycle.closing_ids)
        for user in (self.approver, self.manager):
            with self.subTest(user.login):
                self.assertEqual(self._confirm(user)["res_id"], self.cycle.closing_ids.id)

    def test_not_from_any_state(self):
        for state in ("draft", "to_approve", "cancelled"):
            self.cycle.state = state
            with self.subTest(state), self.assertRaises(UserError):
                self.rpc(self.manager, self.cycle, "action_set_as_ended")
            with self.subTest(state), self.assertRaises(UserError):
                self.rpc(self.manager, self.env["spp.cycle.end.wizard"], "create", [{"cycle_ids": self.cycle.ids}])

    def test_the_wizard_cannot_be_turned_to_another_cycle(self):
        draft = self._create_cycle("Draft", state="draft")
        [wizard] = self.rpc(self.manager, self.env["spp.cycle.end.wizard"], "create", [{"cycle_ids": self.cycle.ids}])
        wizard = self.env["spp.cycle.end.wizard"].browse(wizard)
        with self.assertRaises(UserError):
            self.rpc(self.manager, wizard, "write", {"cycle_ids": [Command.set(draft.ids)]})
        with self.assertRaises(UserError):
            self.rpc(self.manager, wizard, "action_confirm", context={"default_cycle_ids": draft.ids})
            self.rpc(self.manager, wizard, "write", {"cycle_ids": [Command.link(draft.id)]})
        self.assertFalse(draft.closing_ids)

    def test_another_company_reaches_nothing(self):
        self._create_entitlement(0)
        self.cycle.mark_ended()
        closing, rows = self.cycle.closing_ids, self.cycle.closing_ids.exception_ids
        ended = self._create_cycle("Ended")
        ended.mark_ended()
        self._elsewhere(self.manager + self.approver)
        for user in (self.manager, self.approver):
            for record, method, *args in (
                (self.cycle, "action_set_as_ended"),
                (self.cycle, "mark_ended"),
                (closing, "action_pause"),
                (closing, "action_resume"),
                (closing, "read", ["state"]),
                (rows, "waive", "Because"),
                (ended, "action_reopen"),
                (ended, "action_correct_adjustments"),
            ):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    self.rpc(user, record, method, *args, context={"allowed_company_ids": self.cycle.company_id.ids})
        for model, values in (
            ("spp.cycle.end.wizard", {"cycle_ids": self.cycle.ids}),
            ("spp.cycle.reopen.wizard", {"cycle_id": ended.id, "reason": "Because"}),
            ("spp.cycle.closing.waive.wizard", {"exception_ids": rows.ids, "reason": "Because"}),
        ):
            method = {"spp.cycle.reopen.wizard": "action_reopen", "spp.cycle.closing.waive.wizard": "action_waive"}
            with self.subTest(model), self.assertRaises(AccessError):
                ids = self.rpc(self.manager, self.env[model], "create", [values])
                self.rpc(self.manager, self.env[model].browse(ids), method.get(model, "action_confirm"))
        self.assertEqual((ended.state, rows.state), ("ended", "open"))

    def test_who_may_pause_and_resume(self):
        self._create_entitlement(90)
        self._confirm(self.manager)
        closing = self.cycle.closing_ids
        for method in ("action_pause", "action_resume"):
            for user in self.may_not_end:
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    self.rpc(user, closing, method)
            self.rpc(self.approver, closing, method)
        self.assertEqual(closing.state, "running")

    def test_who_may_waive(self):
        self._create_entitlement(0)
        self.cycle.mark_ended()
        rows = self.cycle.closing_ids.exception_ids
        for user in (*self.may_not_end, self.approver):
            for method in ("waive", "action_open_waive"):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    self.rpc(user, rows, method, *(("Because",) if method == "waive" else ()))
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, rows, "write", {"state": "waived"})
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, self.env["spp.cycle.closing.waive.wizard"], "create", [{"reason": "Because"}])
        self.assertEqual(rows.state, "open")
        self.rpc(self.manager, rows, "waive", "Because")
        self.assertEqual(rows.state, "waived")

    def test_who_may_reopen(self):
        self.cycle.mark_ended()
        for user in (*self.may_not_end, self.approver):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, self.cycle, "action_reopen")
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(
                    user, self.env["spp.cycle.reopen.wizard"], "create", [{"cycle_id": self.cycle.id, "reason": "x"}]
                )
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, self.env["spp.cycle.reopening"], "create", [{"cycle_id": self.cycle.id, "reason": "x"}])
        ids = self.rpc(
            self.manager,
            self.env["spp.cycle.reopen.wizard"],
            "create",
            [{"cycle_id": self.cycle.id, "reason": "Because"}],
        )
        self.rpc(self.manager, self.env["spp.cycle.reopen.wizard"].browse(ids), "action_reopen")
        self.assertEqual((self.cycle.state, self.cycle.reopening_ids.user_id), ("distributed", self.manager))

    def test_an_ended_cycle_is_not_opened_past_the_wizard(self):
        self.cycle.mark_ended()
        for user in (self.manager, self.approver):
            for method, *args in (
                ("write", {"state": "distributed"}),
                ("write", {"state": "approved"}),
                ("mark_distributed",),
                ("mark_cancelled",),
            ):
                with self.subTest(user=user.login, method=method), self.assertRaises(UserError):
                    self.rpc(user, self.cycle, method, *args)
        self.assertEqual(self.cycle.state, "ended")

    def test_a_cycle_whose_end_has_begun_is_not_cancelled(self):
        entitlement = self._create_entitlement(90)
        self._confirm(self.manager)
        self.cycle._end_step()
        with self.assertRaisesRegex(UserError, "has begun"):
            self.rpc(self.manager, self.cycle, "mark_cancelled")
        self.assertEqual((self.cycle.state, entitlement.state), ("approved", "approved"))

    def test_an_older_run_does_not_open_the_way_to_the_end(self):
        self._create_entitlement(90)
        self.program.get_manager(self.program.MANAGER_CYCLE).check_cycle_entitlements(self.cycle)
        self.assertEqual(self.cycle.closing_ids.state, "done")
        with self.assertRaisesRegex(UserError, "Use Set as Ended"):
            self.rpc(self.manager, self.cycle, "write", {"state": "ended"})

    def test_nobody_writes_what_the_end_writes(self):
        entitlement = self._create_entitlement(90, state="draft")
        values = entitlement.copy_data()[0]
        for user in (self.officer, self.manager):
            user.write({"group_ids": [Command.link(self.env.ref("base.group_user").id)]})
            for name in ("expired_value", "carried_value", "carried_to_id", "carried_from_id"):
                with self.subTest(user=user.login, name=name), self.assertRaises(AccessError):
                    self.rpc(user, entitlement, "write", {name: 1})
                with self.subTest(user=user.login, name=name), self.assertRaises(AccessError):
                    self.rpc(user, entitlement.browse(), "create", [{**values, name: 1}])
            [forged] = self.rpc(
                user,
                entitlement.browse(),
                "create",
                [values],
                context={
                    "default_carried_value": 40,
                    "default_carried_from_id": entitlement.id,
                    "default_carried_to_id": entitlement.id,
                    "default_expired_value": 40,
                },
            )
            forged = entitlement.browse(forged)
            self.assertEqual((forged.carried_value, forged.expired_value), (0, 0))
            self.assertFalse(forged.carried_from_id | forged.carried_to_id)

    def test_a_forged_context_opens_nothing(self):
        context = {
            "carry_over_later": True,
            "queue_job__no_delay": True,
            "default_state": "done",
            "default_kind": "end",
        }
        for user in self.may_not_end:
            for method in ("action_set_as_ended", "mark_ended"):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    self.rpc(user, self.cycle, method, context=context)
        self.rpc(self.manager, self.cycle, "action_set_as_ended", context=context)
        with patch.object(type(self.env["spp.cycle.closing"]), "_run", lambda closing: None):
            self.rpc(self.manager, self.cycle, "mark_ended", context=context)
        self.assertEqual(self.cycle.state, "approved")

    def test_private_methods_are_not_reachable(self):
        for method in ("_start_runs", "_end_step", "_job_end", "_cron_end_cycles", "_carry_over_step"):
            with self.subTest(method), self.assertRaises(AccessError):
                self.rpc(self.manager, self.cycle, method)

# Part of the SPP attendance suite. LGPL-3.
"""Values that code passes on, and what remote callers try instead."""

from odoo.tests import TransactionCase, tagged

from odoo.addons.spp_integrity import as_system, guarded_value, with_guarded


@tagged("post_install", "-at_install")
class TestGuardedContext(TransactionCase):
    def test_code_passes_values_on(self):
        records = with_guarded(with_guarded(self.env["res.partner"], reason="Scan"), later=True)
        self.assertEqual(guarded_value(records.env, "reason"), "Scan")
        self.assertTrue(guarded_value(records.env, "later"))
        self.assertEqual(guarded_value(records.with_context(lang="en_US").env, "reason"), "Scan")
        self.assertEqual(with_guarded(records.with_context(lang="en_US"), more=1).env.context["lang"], "en_US")

    def test_remote_callers_do_not(self):
        for forged in ({"reason": "Scan"}, [["reason", "Scan"]], "reason", True):
            records = self.env["res.partner"].with_context(spp_guarded=forged, reason="Scan")
            self.assertIsNone(guarded_value(records.env, "reason"))
            self.assertEqual(guarded_value(with_guarded(records, later=True).env, "reason", "none"), "none")

    def test_as_system_forgets_what_a_caller_said(self):
        user = self.env.ref("base.public_user")
        records = self.env["res.partner"].with_user(user)
        records = records.with_context(lang="en_US", default_name="Forged", tracking_disable=True, active_test=False)
        system = as_system(with_guarded(records, reason="Scan"))
        self.assertTrue(system.env.su)
        self.assertEqual(system.env.uid, user.id)
        self.assertEqual(set(system.env.context), {"lang", "spp_guarded"})
        self.assertEqual(guarded_value(system.env, "reason"), "Scan")

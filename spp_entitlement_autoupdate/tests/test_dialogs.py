# Part of the SPP attendance suite. LGPL-3.
"""Every dialog belongs to the user who opened it."""

from odoo.tests import tagged

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestDialogs(RedemptionCase):
    """What somebody has typed into a dialog is nobody else's."""

    def test_another_manager_reads_no_dialog(self):
        other = self.make_user("other_manager", "spp_programs.group_programs_manager")
        wizard = self.rpc_create(self.manager, "spp.cycle.end.wizard", {"cycle_ids": self.cycle.ids})
        self.assertTrue(self.rpc(self.manager, wizard, "read", ["cycle_ids"]))
        self.assertRefused(other, wizard, "read", ["cycle_ids"])

    def test_every_dialog_has_such_a_rule(self):
        dialogs = self.env["ir.model"].search([("transient", "=", True)])
        own = dialogs.filtered(lambda model: self.env[model.model]._original_module == "spp_entitlement_autoupdate")
        self.assertGreaterEqual(len(own), 8)
        for model in own:
            rules = self.env["ir.rule"].search([("model_id", "=", model.id), ("global", "=", True)])
            with self.subTest(model.model):
                self.assertEqual(rules.mapped("domain_force"), ["[('create_uid', '=', user.id)]"])

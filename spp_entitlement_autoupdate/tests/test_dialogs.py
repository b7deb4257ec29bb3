# Part of the SPP attendance suite. LGPL-3.
from odoo.exceptions import AccessError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestDialogs(RedemptionCase):
    """What somebody has typed into a dialog is nobody else's."""

    def test_another_manager_reads_no_dialog(self):
        other = self._create_user("other_manager", "spp_programs.group_programs_manager")
        wizards = self.env["spp.cycle.end.wizard"].with_user(self.manager)
        [wizard_id] = call_kw(wizards, "create", [[{"cycle_ids": self.cycle.ids}]], {})
        self.assertTrue(call_kw(wizards, "read", [[wizard_id], ["cycle_ids"]], {}))
        with self.assertRaises(AccessError):
            call_kw(wizards.with_user(other), "read", [[wizard_id], ["cycle_ids"]], {})

    def test_every_dialog_has_such_a_rule(self):
        dialogs = self.env["ir.model"].search([("transient", "=", True)])
        own = dialogs.filtered(lambda model: self.env[model.model]._original_module == "spp_entitlement_autoupdate")
        self.assertGreaterEqual(len(own), 8)
        for model in own:
            rules = self.env["ir.rule"].search([("model_id", "=", model.id), ("global", "=", True)])
            with self.subTest(model.model):
                self.assertEqual(rules.mapped("domain_force"), ["[('create_uid', '=', user.id)]"])

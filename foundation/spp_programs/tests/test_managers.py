# Part of the SPP attendance suite. LGPL-3.
"""The links from programs to their managers, and what a manager accepts as settings."""

from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import ProgramsCase

WRAPPERS = {
    "program_manager_ids": "spp.program.manager",
    "cycle_manager_ids": "spp.cycle.manager",
    "eligibility_manager_ids": "spp.eligibility.manager",
    "entitlement_manager_ids": "spp.program.entitlement.manager",
}


@tagged("post_install", "-at_install")
class TestManagers(ProgramsCase):
    def test_wrapper_names_its_manager(self):
        for field_name in WRAPPERS:
            wrapper = self.program[field_name]
            self.assertEqual(wrapper.display_name, wrapper.manager_ref_id.name)
            self.assertEqual(wrapper.manager_id, wrapper.manager_ref_id.id)

    def test_manager_opens_in_its_own_form(self):
        for field_name in WRAPPERS:
            wrapper = self.program[field_name]
            action = wrapper.open_manager_form()
            self.assertEqual(
                (action["res_model"], action["res_id"]), (wrapper.manager_ref_id._name, wrapper.manager_id)
            )
            view = self.env["ir.ui.view"].browse(action["views"][0][0])
            self.assertEqual((view.model, view.type), (action["res_model"], "form"))
            self.assertFalse(wrapper.open_manager_form(readonly=True)["context"]["edit"])

    def test_implementations_on_offer(self):
        models = {
            "spp.program.entitlement.manager": {
                "spp.program.entitlement.manager.default",
                "spp.program.entitlement.manager.cash",
                "spp.program.entitlement.manager.inkind",
            },
            "spp.compliance.manager": {"spp.compliance.manager.default"},
        }
        for wrapper, offered in models.items():
            self.assertLessEqual(offered, set(self.env[wrapper]._fields["manager_ref_id"].get_values(self.env)))

    def test_wrapper_and_manager_go_together(self):
        wrapper = self.program.eligibility_manager_ids
        implementation = wrapper.manager_ref_id
        implementation.unlink()
        self.assertFalse(wrapper.exists())
        wrapper = self._comply_if("[('name', '=', 'Amina')]")
        implementation = wrapper.manager_ref_id
        wrapper.unlink()
        self.assertFalse(implementation.exists())

    def test_program_takes_its_managers_along(self):
        implementations = [self.program[field_name].manager_ref_id for field_name in WRAPPERS]
        self.program.unlink()
        for implementation in implementations:
            self.assertFalse(implementation.exists())

    def test_eligibility_domain_is_checked(self):
        manager = self.program.eligibility_manager_ids.manager_ref_id
        for text in ("[('no_such_field', '=', 1)]", "import os", "["):
            with self.assertRaises(ValidationError):
                manager.eligibility_domain = text
        manager.eligibility_domain = ""
        self.assertLessEqual(self.people, self.env["res.partner"].search(manager._prepare_eligible_domain()))

    def test_disabled_registrants_are_not_eligible(self):
        manager = self.program.eligibility_manager_ids.manager_ref_id
        self.amina.disabled = "2025-01-01 00:00:00"
        eligible = self.env["res.partner"].search(manager._prepare_eligible_domain())
        self.assertEqual(eligible & self.people, self.bilal + self.chen)

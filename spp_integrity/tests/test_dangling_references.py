# Part of the SPP attendance suite. LGPL-3.
"""What an addon leaves behind when it goes: no link to a record of a model that is not there any more."""

from odoo.tests import tagged
from odoo.tools import SQL

from .common import SuiteCase


@tagged("post_install", "-at_install")
class TestDanglingReferences(SuiteCase):
    def test_a_program_forgets_managers_of_models_that_are_gone(self):
        if "spp.program" not in self.env:
            self.skipTest("needs programs")
        program = self.make_program()
        managers = {
            name: program[name]
            for name in ("cycle_manager_ids", "eligibility_manager_ids", "program_manager_ids")
            if name in program._fields and program[name]
        }
        self.assertTrue(managers)
        name, (gone, *_others) = next(iter(managers.items()))
        kept = program[name] - gone
        self.env.flush_all()
        self.env.cr.execute(
            SQL("UPDATE %s SET manager_ref_id = 'spp.gone,1' WHERE id = %s", SQL.identifier(gone._table), gone.id)
        )
        self.env.invalidate_all()
        self.env["ir.model.data"]._drop_dangling_references()
        self.env.invalidate_all()
        self.assertFalse(gone.exists())
        self.assertEqual(program[name], kept)
        for other, wrappers in managers.items():
            if other != name:
                self.assertEqual(program[other], wrappers)
        program.web_read({name: {"fields": {"display_name": {}}}})

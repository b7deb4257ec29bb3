# Part of the SPP attendance suite. LGPL-3.
"""A small program with its roles, and how many queries a step takes."""

from datetime import date

from freezegun import freeze_time

from odoo.addons.spp_integrity.tests.common import SuiteCase

ROLES = ("viewer", "officer", "manager", "validator", "rejector", "cycle_approver")


class ProgramsCase(SuiteCase):
    """A program with three people who are not members yet; it is 6 October 2025, 08:00 UTC."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time("2025-10-06 08:00:00"))
        cls.today = date(2025, 10, 6)
        cls.program = cls.make_program("School Stipend")
        cls.amina, cls.bilal, cls.chen = cls.people = cls.make_people("Amina", "Bilal", "Chen")

    @classmethod
    def _enroll(cls, partners, state="enrolled", program=None):
        return cls.enrol(program or cls.program, partners, state)

    @classmethod
    def _cycle(cls, name="October", **vals):
        return cls.env["spp.cycle"].create(
            {
                "name": name,
                "program_id": cls.program.id,
                "start_date": cls.today,
                "end_date": date(2025, 11, 6),
                **vals,
            }
        )

    @classmethod
    def _role(cls, role):
        return cls.make_user(f"prg_{role}", f"spp_programs.group_programs_{role}")

    @classmethod
    def _set_amount(cls, amount):
        cls.program.entitlement_manager_ids.manager_ref_id.amount_per_cycle = amount

    @classmethod
    def _use_manager(cls, field_name, wrapper_model, implementation):
        """Put an implementation in the place of the managers of its kind."""
        cls.program[field_name].unlink()
        wrapper = cls.env[wrapper_model].create(
            {"program_id": cls.program.id, "manager_ref_id": f"{implementation._name},{implementation.id}"}
        )
        if field_name != "compliance_manager_ids":
            cls.program[field_name] = wrapper
        return wrapper

    @classmethod
    def _comply_if(cls, expression):
        implementation = cls.env["spp.compliance.manager.default"].create(
            {"program_id": cls.program.id, "compliance_cel_expression": expression}
        )
        return cls.env["spp.compliance.manager"].create(
            {"program_id": cls.program.id, "manager_ref_id": f"{implementation._name},{implementation.id}"}
        )

    def _count_queries(self, function, *args, **kwargs):
        """Call a function with an empty cache and return how many queries it took, writes included."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        function(*args, **kwargs)
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

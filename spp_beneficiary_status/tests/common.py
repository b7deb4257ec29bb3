# Part of the SPP attendance suite. LGPL-3.
"""A program with five members, and a user of each role that has to do with their status."""

from odoo.addons.spp_integrity.tests.common import SuiteCase


class StatusCase(SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = cls.make_program()
        cls.viewer = cls.make_user("viewer", "spp_programs.group_programs_viewer")
        cls.officer = cls.make_user("officer", "spp_programs.group_programs_officer")
        cls.validator = cls.make_user("validator", "spp_programs.group_programs_validator")
        cls.manager = cls.make_user(
            "manager", "spp_programs.group_programs_manager", "spp_registry.group_registry_viewer"
        )
        cls.stranger = cls.make_user("stranger")
        cls.members = cls._create_members(5)

    @classmethod
    def _create_members(cls, number, **partner_values):
        return cls.enrol(cls.program, cls.make_people(number, **partner_values), "draft")

    def _change(self, members, status, reason="Because", user=None):
        return members.with_user(user or self.manager).change_beneficiary_status(status, reason)

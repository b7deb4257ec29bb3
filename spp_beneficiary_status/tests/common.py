# Part of the SPP attendance suite. LGPL-3.
from odoo.tests import TransactionCase, new_test_user


class StatusCase(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "no_reset_password": True})
        cls.program = cls.env["spp.program"].create({"name": "Status Program", "target_type": "individual"})
        cls.viewer = cls._create_user("viewer", "spp_programs.group_programs_viewer")
        cls.officer = cls._create_user("officer", "spp_programs.group_programs_officer")
        cls.validator = cls._create_user("validator", "spp_programs.group_programs_validator")
        cls.manager = cls._create_user(
            "manager", "spp_programs.group_programs_manager,spp_registry.group_registry_viewer"
        )
        cls.stranger = cls._create_user("stranger", "base.group_user")
        cls.members = cls._create_members(5)

    @classmethod
    def _create_user(cls, name, groups):
        return new_test_user(cls.env, login=f"status_{name}", groups=groups)

    @classmethod
    def _create_members(cls, number, **partner_values):
        partners = cls.env["res.partner"].create(
            [{"name": f"Member {index}", "is_registrant": True, **partner_values} for index in range(number)]
        )
        return cls.env["spp.program.membership"].create(
            [{"partner_id": partner.id, "program_id": cls.program.id} for partner in partners]
        )

    def _change(self, members, status, reason="Because", user=None):
        return members.with_user(user or self.manager).change_beneficiary_status(status, reason)

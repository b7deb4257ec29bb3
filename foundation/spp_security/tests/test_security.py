# Part of the SPP attendance suite. LGPL-3.
"""What administrators are, and that companies and restricted users see no more contacts than they should."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.spp_integrity.tests.common import SuiteCase


@tagged("post_install", "-at_install")
class TestSecurity(SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls.make_user("spp_security_clerk")
        cls.other_company = cls.env["res.company"].create({"name": "Second ministry"})
        cls.ours, cls.theirs = cls.env["res.partner"].create(
            [
                {"name": "Ours", "company_id": cls.env.company.id},
                {"name": "Theirs", "company_id": cls.other_company.id},
            ]
        )

    def test_system_administrator_is_spp_administrator(self):
        admin = self.make_user("spp_security_admin", "base.group_system")
        self.assertTrue(admin.has_group("spp_security.group_spp_admin"))
        self.assertFalse(self.clerk.has_group("spp_security.group_spp_admin"))

    def test_spp_administrator_is_not_system_administrator(self):
        admin = self.make_user("spp_security_spp", "spp_security.group_spp_admin")
        self.assertFalse(admin.has_group("base.group_system"))

    def test_partner_of_other_company_is_hidden(self):
        both = self.ours | self.theirs
        found = self.env["res.partner"].with_user(self.clerk).search([("id", "in", both.ids)])
        self.assertEqual(found, self.ours)
        with self.assertRaises(AccessError):
            self.theirs.with_user(self.clerk).read(["name"])

    def test_partner_of_selected_companies_is_visible(self):
        self.clerk.company_ids = [Command.link(self.other_company.id)]
        both = self.ours | self.theirs
        partners = self.env["res.partner"].with_user(self.clerk)
        partners = partners.with_context(allowed_company_ids=self.clerk.company_ids.ids)
        self.assertEqual(partners.search([("id", "in", both.ids)]), both)

    def test_restricted_user_sees_only_oneself(self):
        restricted = self.make_user("spp_security_field", "spp_security.group_access_restrict_self")
        found = self.env["res.users"].with_user(restricted).search([("id", "in", (restricted | self.clerk).ids)])
        self.assertEqual(found, restricted)

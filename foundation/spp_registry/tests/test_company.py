# Part of the SPP attendance suite. LGPL-3.
"""Every contact has a company, and registrants of another company stay out of sight."""

from psycopg2 import IntegrityError

from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.spp_registry.hooks import pre_init_hook, uninstall_hook

from .common import RegistryCase


@tagged("post_install", "-at_install")
class TestCompany(RegistryCase):
    def test_every_contact_has_a_company(self):
        everybody = self.partners.with_context(active_test=False)
        self.assertFalse(everybody.search_count([("company_id", "=", False)]))
        self.assertEqual(self.amina.company_id, self.env.company)
        self.assertEqual(self.partners.create({"name": "A", "company_id": False}).company_id, self.env.company)

    @mute_logger("odoo.sql_db")
    def test_company_cannot_be_emptied(self):
        with self.assertRaises(IntegrityError):
            self.amina.company_id = False
            self.amina.flush_recordset()

    def test_contact_of_a_new_company_belongs_to_it(self):
        company = self.env["res.company"].create({"name": "Other ministry"})
        self.assertEqual(company.partner_id.company_id, company)
        user = self.make_user("other_ministry", company_id=company.id, company_ids=[Command.set(company.ids)])
        self.assertEqual(user.partner_id.company_id, company)
        self.assertEqual(company.partner_id.with_user(user).name, "Other ministry")

    def test_registrant_of_another_company_is_hidden(self):
        company = self.env["res.company"].create({"name": "Other ministry"})
        other = self.partners.create({"is_registrant": True, "family_name": "Far", "company_id": company.id})
        viewer = self.make_user("reg_company_viewer", "spp_registry.group_registry_viewer")
        found = self.partners.with_user(viewer).search([("id", "in", (other | self.amina).ids)])
        self.assertEqual(found, self.amina)

    def test_installation_and_removal(self):
        company = self.env["res.company"].create({"name": "Other ministry"})
        user = new_test_user(self.env, "reg_hook", company_id=company.id, company_ids=[Command.set(company.ids)])
        partners = company.partner_id | user.partner_id
        self.env.flush_all()
        uninstall_hook(self.env)
        self.env.cr.execute("UPDATE res_partner SET company_id = NULL WHERE id = ANY(%s)", [partners.ids])
        self.env.invalidate_all()
        self.assertFalse(partners.company_id)
        pre_init_hook(self.env)
        self.assertEqual(partners.mapped("company_id"), company)

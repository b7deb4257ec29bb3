# Part of the SPP attendance suite. LGPL-3.
"""Registrants have a form of their own with every place that other addons extend; contacts keep theirs."""

from ast import literal_eval

from lxml import etree

from odoo.tests import tagged

from .common import RegistryCase

ANCHORS = {
    "div": [
        "button_box",
        "membership_section",
        "programs_section",
        "entitlements_section",
        "events_section",
        "group_members_section",
        "group_programs_section",
        "group_entitlements_section",
        "group_events_section",
    ],
    "notebook": ["individual_detail", "group_detail"],
    "page": [
        "profile",
        "identity",
        "participation",
        "history",
        "group_profile",
        "group_identity",
        "group_participation",
        "group_history",
    ],
    "group": [
        "header_section",
        "tags_section",
        "demographics_section",
        "contact_section",
        "ids_section",
        "relationships_section",
        "status_section",
    ],
}


@tagged("post_install", "-at_install")
class TestViews(RegistryCase):
    def test_form_has_every_anchor_once(self):
        form = etree.fromstring(self.env.ref("spp_registry.view_individuals_form").get_combined_arch())
        for tag, names in ANCHORS.items():
            for name in names:
                self.assertEqual(len(form.findall(f".//{tag}[@name='{name}']")), 1, f"{tag} {name}")

    def test_contact_form_is_untouched(self):
        form = etree.fromstring(self.env.ref("base.view_partner_form").get_combined_arch())
        self.assertFalse(form.findall(".//notebook[@name='individual_detail']"))

    def test_registrants_open_in_the_registrant_form(self):
        form = self.env.ref("spp_registry.view_individuals_form")
        self.assertEqual(self.amina.get_formview_id(), form.id)
        self.assertNotEqual(self.partners.create({"name": "Plumber"}).get_formview_id(), form.id)

    def test_lists_show_their_kind(self):
        for xmlid, expected in (("action_individuals_list", self.amina), ("action_groups_list", self.household)):
            action = self.env["ir.actions.act_window"]._for_xml_id(f"spp_registry.{xmlid}")
            found = self.partners.search(literal_eval(action["domain"]))
            self.assertIn(expected, found)
            self.assertFalse(found & (self.amina | self.household) - expected)

# Part of the SPP attendance suite. LGPL-3.
"""Every role opens the screens of programs, and these have the places at which other addons extend them."""

from lxml import etree

from odoo.tests import Form, tagged

from .common import ROLES, ProgramsCase

# View -> names other addons hang their extensions on
ANCHORS = {
    "view_cycle_form": {
        "button": {
            "copy_beneficiaries_from_program",
            "action_prepare_entitlement",
            "action_submit_for_approval",
            "validate_entitlement",
            "reject_all_entitlements",
            "action_approve",
            "action_reject",
            "mark_distributed",
            "mark_ended",
            "mark_cancelled",
            "action_filter_beneficiaries_by_compliance_criteria",
        },
        "div": {"button_box"},
        "field": {"state"},
        "notebook": {"cycle_tabs"},
        "page": {"overview", "configuration", "approval_tracking", "history"},
        "group": {
            "basic_info_section",
            "period_info",
            "financial_section",
            "additional_overview_section",
            "settings_section",
            "additional_config_section",
            "audit_section",
        },
    },
    "view_cycle_tree": {"field": {"name", "program_id", "start_date", "end_date", "state"}},
    "view_cycle_search": {"field": {"name", "program_id"}},
    "view_cycle_membership_tree": {"field": {"partner_id", "cycle_id", "state"}},
    "view_cycle_membership_form": {"field": {"partner_id", "cycle_id", "state"}},
    "cycle_membership_filter": {"filter": {"not_eligible", "non_compliant", "enrolled"}},
    "view_entitlement_form": {
        "notebook": {"entitlement_tabs"},
        "page": {"details", "disbursement", "approval"},
        "group": {"beneficiary_section", "amount_section", "validity_section", "additional_details_section"},
    },
    "view_entitlement_tree": {"field": {"state"}},
    "view_entitlement_search": {"filter": {"approved", "draft", "expired"}},
    "view_entitlement_inkind_form": {"page": {"details", "inventory", "approval"}},
    "view_entitlement_inkind_tree": {"field": {"state"}},
    "entitlement_inkind_filter": {"filter": {"approved"}},
    "view_program_list_form": {
        "div": {"button_box"},
        "notebook": {"program_tabs"},
        "page": {"overview", "configuration"},
        "group": {"additional_overview_section", "core_managers_section"},
    },
    "view_program_membership_form": {
        "notebook": {"registrant_detail"},
        "page": {"basic_info", "ids", "group_members", "individual_groups", "program"},
    },
    "view_program_membership_tree": {"field": {"state"}},
    "view_compliance_manager_default_form": {"group": {"cel_expression_section"}},
    "view_cycle_manager_default_form": {"group": {"cycle_settings"}},
    "res_config_settings_programs_view_form": {"app": {"program_settings"}},
}
MENUS = (
    "spp_program_menu_root",
    "spp_programs_root",
    "spp_programs_reports_menu_root",
    "spp_programs_config_menu_root",
    "menu_programs_settings_general",
)


@tagged("post_install", "-at_install")
class TestViews(ProgramsCase):
    def test_anchors(self):
        for view, wanted in ANCHORS.items():
            arch = etree.fromstring(self.env.ref(f"spp_programs.{view}").arch)
            for tag, names in wanted.items():
                self.assertLessEqual(names, {node.get("name") for node in arch.iter(tag)}, f"{view} {tag}")

    def test_menus_and_actions(self):
        for name in MENUS:
            self.assertEqual(self.env.ref(f"spp_programs.{name}")._name, "ir.ui.menu")
        for name in ("action_cycle_list", "action_cycle_membership"):
            self.assertEqual(self.env.ref(f"spp_programs.{name}")._name, "ir.actions.act_window")

    def test_every_role_opens_every_screen(self):
        models = (
            "spp.program",
            "spp.program.membership",
            "spp.cycle",
            "spp.cycle.membership",
            "spp.entitlement",
            "spp.entitlement.inkind",
        )
        self._enroll(self.amina)
        cycle = self._cycle()
        cycle.copy_beneficiaries_from_program()
        self._set_amount(1)
        cycle.prepare_entitlement()
        self.env["spp.entitlement.inkind"].create(
            {
                "partner_id": self.amina.id,
                "cycle_id": cycle.id,
                "product_id": self.env["product.product"].create({"name": "Rice"}).id,
                "service_point_id": self.env["spp.service.point"].create({"name": "Shop"}).id,
            }
        )
        for role in ROLES:
            user = self._role(role)
            for model in models:
                records = self.env[model].with_user(user)
                views = records.get_views([(False, "list"), (False, "form"), (False, "search")])["views"]
                for kind in ("list", "form"):
                    names = {node.get("name") for node in etree.fromstring(views[kind]["arch"]).iter("field")}
                    fields_of_model = {name: {} for name in names if name in records._fields}
                    self.assertTrue(records.search([], limit=1).web_read(fields_of_model))

    def test_menu_is_for_the_roles(self):
        menu = self.env.ref("spp_programs.spp_program_menu_root")
        for role in ROLES:
            self.assertIn(menu.id, self.env["ir.ui.menu"].with_user(self._role(role))._visible_menu_ids())
        self.assertNotIn(menu.id, self.env["ir.ui.menu"].with_user(self.make_user("prg_nobody"))._visible_menu_ids())

    def test_officer_fills_in_a_program_and_a_cycle(self):
        officer = self._role("officer")
        with Form(self.env["spp.program"].with_user(officer)) as form:
            form.name = "By hand"
            form.target_type = "individual"
        program = form.record
        self.assertTrue(program.eligibility_manager_ids)
        with Form(self.env["spp.cycle"].with_user(officer)) as form:
            form.name = "First"
            form.program_id = program
            form.start_date = self.today
            form.end_date = self.today
        self.assertEqual(form.record.currency_id, program.currency_id)

    def test_manager_changes_the_settings(self):
        manager = self._role("manager")
        implementation = self.program.cycle_manager_ids.manager_ref_id.with_user(manager)
        with Form(implementation) as form:
            form.cycle_duration = 3
        self.assertEqual(implementation.cycle_duration, 3)

    def test_registrant_form_shows_programs_and_entitlements(self):
        view = self.env.ref("spp_registry.view_individuals_form")
        readers = self.make_user("prg_registry", "spp_registry.group_registry_viewer")
        arch = self.env["res.partner"].with_user(readers).get_view(view.id)["arch"]
        doc = etree.fromstring(arch)
        for section in ("programs_section", "entitlements_section", "group_programs_section"):
            (node,) = doc.xpath(f"//div[@name='{section}']")
            self.assertNotIn(node.get("invisible"), ("1", "True"))
            self.assertTrue(node.xpath(".//field"))

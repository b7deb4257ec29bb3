# Part of the SPP attendance suite. LGPL-3.
"""The states of events, what a new one does to the one before, and who may see and change them."""

from lxml import etree
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.spp_integrity.tests.common import SuiteCase


@tagged("post_install", "-at_install")
class TestEventData(SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.events = cls.env["spp.event.data"]
        cls.amina, cls.omar = cls.env["res.partner"].create(
            [
                {"is_registrant": True, "family_name": "Diallo", "given_name": "Amina"},
                {"is_registrant": True, "family_name": "Diallo", "given_name": "Omar"},
            ]
        )
        cls.survey, cls.attendance = cls.env["spp.event.type"].create(
            [
                {"name": "Survey", "code": "test_survey"},
                {"name": "Attendance", "code": "test_attendance", "is_one_active_per_registrant": False},
            ]
        )
        cls.viewer = cls.make_user("event_viewer", "spp_registry.group_registry_viewer")
        cls.officer = cls.make_user("event_officer", "spp_registry.group_registry_officer")
        cls.manager = cls.make_user("event_manager", "spp_registry.group_registry_manager")
        cls.employee = cls.make_user("event_employee")

    def _event(self, partner, event_type, **values):
        return self.events.create({"partner_id": partner.id, "event_type_id": event_type.id, **values})

    def test_create_leaves_draft(self):
        first = self._event(self.amina, self.survey)
        first.action_activate()
        second = self._event(self.amina, self.survey)
        self.assertEqual((first | second).mapped("state"), ["active", "draft"])
        self.assertTrue(first.collection_date)
        self.assertEqual(first.event_type_code, "test_survey")
        self.assertEqual(first.source_type, "internal")
        self.assertEqual(first.name, f"Survey - DIALLO, AMINA - {first.collection_date}")

    def test_type_defaults(self):
        self.assertTrue(self.survey.is_one_active_per_registrant)
        self.assertEqual((self.survey.category, self.survey.target_type), ("survey", "both"))

    @mute_logger("odoo.sql_db")
    def test_type_code_is_unique(self):
        with self.assertRaises(IntegrityError):
            self.env["spp.event.type"].create({"name": "Again", "code": "test_survey"})

    def test_activation_supersedes_if_one_may_be_active(self):
        older = self._event(self.amina, self.survey)
        other_person = self._event(self.omar, self.survey)
        (older | other_person).action_activate()
        newer = self._event(self.amina, self.survey)
        newer.action_activate()
        self.assertEqual((older | other_person | newer).mapped("state"), ["superseded", "active", "active"])
        self.assertEqual(older.superseded_by_id, newer)
        self.assertEqual(newer.supersedes_id, older)

    def test_activation_in_one_batch_leaves_the_last_active(self):
        batch = self.events.create([{"partner_id": self.amina.id, "event_type_id": self.survey.id}] * 3)
        batch.action_activate()
        self.assertEqual(batch.mapped("state"), ["superseded", "superseded", "active"])

    def test_activation_keeps_the_others_of_an_additive_type(self):
        older, newer = self._event(self.amina, self.attendance), self._event(self.amina, self.attendance)
        older.action_activate()
        newer.action_activate()
        self.assertEqual((older | newer).mapped("state"), ["active", "active"])
        self.assertFalse(newer.supersedes_id)

    def test_activating_twice_is_harmless_and_settled_events_are_refused(self):
        event = self._event(self.amina, self.survey)
        event.action_activate()
        event.action_activate()
        self.assertEqual(event.state, "active")
        event.action_cancel()
        with self.assertRaises(UserError):
            event.action_activate()
        event.action_set_draft()
        event.action_activate()
        self.assertEqual(event.state, "active")

    def test_legacy_pair_ends_the_previous_active_event(self):
        values = {"partner_id": self.amina.id, "model": "res.users", "res_id": self.env.uid}
        first, other_model, other_person = self.events.create(
            [values, {**values, "model": "res.groups"}, {**values, "partner_id": self.omar.id}]
        )
        (first | other_model | other_person).action_activate()
        second = self.events.create(values)
        self.assertEqual(
            (first | other_model | other_person | second).mapped("state"), ["superseded", "active", "active", "draft"]
        )

    def test_end_active_event(self):
        active, draft = self._event(self.amina, self.attendance), self._event(self.amina, self.attendance)
        active.action_activate()
        (active | draft).end_active_event()
        self.assertEqual((active | draft).mapped("state"), ["superseded", "inactive"])

    def test_data_values(self):
        event = self._event(self.amina, self.survey, data_json={"rooms": 2})
        event.set_data_value("roof", "tin")
        event.invalidate_recordset()
        self.assertEqual(event.data_json, {"rooms": 2, "roof": "tin"})
        self.assertEqual(event.get_data_value("rooms"), 2)
        self.assertIsNone(event.get_data_value("walls"))
        self.assertEqual(event.get_data_value("walls", "?"), "?")

    def test_events_of_a_registrant(self):
        old = self._event(self.amina, self.attendance, collection_date="2024-01-01")
        new = self._event(self.amina, self.attendance, collection_date="2024-02-01")
        self._event(self.amina, self.survey)
        self._event(self.omar, self.attendance)
        self.assertFalse(self.amina.get_active_event("test_attendance"))
        (old | new).action_activate()
        self.assertEqual(self.amina.get_active_event("test_attendance"), new)
        self.assertEqual(self.amina.get_events_by_type("test_attendance").ids, [new.id, old.id])
        self.assertEqual(self.amina.get_events_by_type("test_attendance", limit=1), new)
        self.assertFalse(self.amina.get_events_by_type("test_attendance", states=["draft"]))
        self.assertEqual((self.amina | self.omar).mapped("event_data_count"), [3, 1])
        self.assertEqual(self.events.search(self.amina.action_view_events()["domain"]), self.amina.event_data_ids)

    def test_roles(self):
        event = self._event(self.amina, self.survey)
        with self.assertRaises(AccessError):
            event.with_user(self.employee).read(["state"])
        self.assertEqual(event.with_user(self.viewer).state, "draft")
        with self.assertRaises(AccessError):
            event.with_user(self.viewer).action_activate()
        with self.assertRaises(AccessError):
            self.events.with_user(self.viewer).create({"partner_id": self.amina.id})
        event.with_user(self.officer).action_activate()
        own = self.events.with_user(self.officer).create({"partner_id": self.amina.id, "event_type_id": self.survey.id})
        own.action_activate()
        self.assertEqual(event.state, "superseded")
        with self.assertRaises(AccessError):
            own.unlink()
        with self.assertRaises(AccessError):
            self.env["spp.event.type"].with_user(self.officer).create({"name": "Mine", "code": "mine"})
        own.with_user(self.manager).unlink()
        self.env["spp.event.type"].with_user(self.manager).create({"name": "Mine", "code": "mine"})

    def test_form_shows_the_events_sections(self):
        form = etree.fromstring(self.env.ref("spp_registry.view_individuals_form").get_combined_arch())
        for name in ("events_section", "group_events_section"):
            section = form.find(f".//div[@name='{name}']")
            self.assertEqual(section.get("invisible"), "0")
            self.assertIsNotNone(section.find(".//field[@name='event_data_ids']"))

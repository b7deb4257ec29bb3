# Part of the SPP attendance suite. LGPL-3.
"""Places as records: the text of OpenSPP follows them, their capacity warns, and a new name moves nothing that counts."""

from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestSessionLocation(SessionTrackingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.area = cls.env["spp.area"].create({"draft_name": "North"})
        cls.hall, cls.barn = cls.env["spp.session.location"].create(
            [{"name": "Hall", "capacity": 3, "area_id": cls.area.id}, {"name": "Barn"}]
        )

    # --- record and text

    def test_the_text_follows_the_record(self):
        session = self.make_sessions()
        session.location_id = self.hall
        self.assertEqual(session.location, "Hall")
        session.write({"location_id": self.barn.id, "location": "Somewhere else"})
        self.assertEqual(session.location, "Barn")
        session.location_id = False
        self.assertEqual(session.location, "Barn", "without a record the text is only a text")

    def test_a_text_that_is_a_places_name_stands_for_it(self):
        session = self.make_sessions()
        self.assertEqual((session.location, session.location_id.id), ("North", False))
        session.location = "Hall"
        self.assertEqual(session.location_id, self.hall)
        session.location = "Under the tree"
        self.assertFalse(session.location_id)
        self.session_type.default_location = "Barn"
        self.assertEqual(self.session_type.default_location_id, self.barn)

    def test_a_text_means_the_place_of_ones_own_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        theirs = self.env["spp.session.location"].create({"name": "Hall", "company_id": company.id})
        shared = self.env["spp.session.location"].create({"name": "Market", "company_id": False})
        types = self.env["spp.session.type"].create([{"name": "Ours"}, {"name": "Theirs", "company_id": company.id}])
        types.write({"default_location": "Hall"})
        self.assertEqual([kind.default_location_id for kind in types], [self.hall, theirs])
        types.write({"default_location": "Market"})
        self.assertEqual(types.default_location_id, shared)

    def test_new_sessions_take_the_place_of_their_roster_else_of_their_type(self):
        self.session_type.default_location_id = self.barn
        self.roster.location_id = self.hall
        self.assertEqual(self.roster.location, "Hall")
        session = self.make_sessions()
        self.assertEqual((session.location_id, session.location), (self.hall, "Hall"))
        self.roster.write({"location_id": False, "location": False})
        session = self.make_sessions(date(2025, 10, 2), date(2025, 10, 2))
        self.assertEqual((session.location_id, session.location), (self.barn, "Barn"))
        own = self.env["spp.session"].create(
            {"name": "Own", "session_type_id": self.session_type.id, "roster_id": self.roster.id, "location": "Garden"}
        )
        self.assertEqual((own.location_id.id, own.location), (False, "Garden"))

    def test_a_new_session_belongs_to_the_area_of_its_place(self):
        values = {"name": "Session", "session_type_id": self.session_type.id, "location_id": self.hall.id}
        self.assertEqual(self.env["spp.session"].create(values).area_id, self.area)
        other = self.env["spp.area"].create({"draft_name": "South"})
        self.assertEqual(self.env["spp.session"].create({**values, "area_id": other.id}).area_id, other)

    def test_in_the_form(self):
        form = Form(self.env["spp.session"])
        form.name, form.session_type_id = "Session", self.session_type
        form.location_id = self.hall
        self.assertEqual(form.location, "Hall")
        session = form.save()
        self.assertEqual((session.location_id, session.location), (self.hall, "Hall"))

    # --- capacity

    def test_the_smaller_capacity_warns(self):
        session = self.make_sessions()
        self.assertEqual((session.capacity, session.is_over_capacity), (0, False))
        session.location_id = self.hall
        self.assertEqual((session.capacity, session.is_over_capacity), (3, True), "four are expected")
        session.max_participants = 2
        self.assertEqual(session.capacity, 2)
        self.hall.capacity = 0
        session.max_participants = 4
        self.assertEqual((session.capacity, session.is_over_capacity), (4, False))
        self.assertEqual(session.load_roster()["capacity"], 4)

    # --- life of a place

    def test_a_new_name_reaches_what_is_not_submitted(self):
        self.roster.location_id = self.hall
        held, planned = self.make_sessions(date(2025, 10, 1), date(2025, 10, 2))
        held.action_submit()
        self.hall.name = " Great Hall "
        self.assertEqual((planned.location, self.roster.location), ("Great Hall", "Great Hall"))
        self.assertEqual((held.location, held.location_id), ("Hall", self.hall), "what is counted by place stays")

    def test_a_used_place_is_archived_not_deleted(self):
        self.roster.location_id = self.hall
        with self.assertRaisesRegex(UserError, "Hall is in use .*archive it instead"):
            self.hall.unlink()
        self.hall.active = False
        self.assertEqual(self.roster.location_id, self.hall)
        self.barn.unlink()

    def test_one_name_is_one_place_of_a_company(self):
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.env["spp.session.location"].create({"name": "Hall"})

    def test_a_place_stays_with_its_company(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.roster.location_id = self.hall
        with self.assertRaisesRegex(ValidationError, "Hall is where North takes place"):
            self.hall.company_id = company
        theirs = self.env["spp.session.location"].create({"name": "Market", "company_id": company.id})
        with self.assertRaises(UserError):
            self.roster.location_id = theirs

    # --- who may

    def test_managers_keep_places_and_facilitators_read_them(self):
        places = self.env["spp.session.location"]
        place = places.with_user(self.manager).create({"name": "Market"})
        place.capacity = 20
        as_facilitator = place.with_user(self.facilitator)
        self.assertEqual(as_facilitator.read(["name", "capacity"])[0]["capacity"], 20)
        for change in (
            lambda: as_facilitator.write({"capacity": 1}),
            as_facilitator.unlink,
            lambda: places.with_user(self.facilitator).create({"name": "Mine"}),
        ):
            with self.assertRaises(AccessError):
                change()
        session = self.make_sessions()
        with self.assertRaises(AccessError):
            session.with_user(self.facilitator).location_id = place
        company = self.env["res.company"].create({"name": "Elsewhere"})
        elsewhere = places.create({"name": "Theirs", "company_id": company.id})
        self.assertNotIn(elsewhere, places.with_user(self.manager).search([]))

    # --- older databases

    def test_texts_of_an_older_database_become_places(self):
        session = self.make_sessions()
        self.session_type.write({"company_id": False})
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE spp_session SET location = ' Old School ' WHERE id = %s", session.id))
        self.env.cr.execute(SQL("UPDATE spp_session_roster SET location = 'Hall' WHERE id = %s", self.roster.id))
        self.env.cr.execute(
            SQL("UPDATE spp_session_type SET default_location = 'Hall' WHERE id = %s", self.session_type.id)
        )
        path = Path(__file__).parents[1] / "migrations" / "19.0.2.0.0" / "post-location.py"
        spec = spec_from_file_location("post_location", path)
        script = module_from_spec(spec)
        spec.loader.exec_module(script)
        script.migrate(self.env.cr, "19.0.1.0.0")
        script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()
        self.assertEqual((session.location_id.name, session.location), ("Old School", " Old School "))
        self.assertEqual(session.location_id.company_id, session.company_id)
        self.assertEqual(self.roster.location_id, self.hall)
        shared = self.session_type.default_location_id
        self.assertEqual((shared.name, shared.company_id.id), ("Hall", False))

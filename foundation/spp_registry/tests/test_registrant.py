# Part of the SPP attendance suite. LGPL-3.
"""Names follow their parts, dates stay out of the future, and disabled registrants come back."""

from datetime import date

from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import RegistryCase


@tagged("post_install", "-at_install")
class TestRegistrant(RegistryCase):
    def test_name_is_made_from_its_parts(self):
        self.assertEqual(self.amina.name, "DIALLO, AMINA BINTA")
        names = self.partners.create(
            [
                {"is_registrant": True, "family_name": "Diallo"},
                {"is_registrant": True, "given_name": "Awa", "addl_name": "M"},
                {"is_registrant": True, "family_name": "Diallo", "name": "Awa D."},
                {"is_registrant": True, "is_group": True, "family_name": "Diallo", "name": "Home"},
            ]
        ).mapped("name")
        self.assertEqual(names, ["DIALLO", "AWA M", "Awa D.", "Home"])

    def test_name_follows_its_parts(self):
        self.amina.given_name = "Aminata"
        self.assertEqual(self.amina.name, "DIALLO, AMINATA BINTA")
        self.amina.write({"given_name": "Amina", "name": "Auntie Amina"})
        self.assertEqual(self.amina.name, "Auntie Amina")
        self.amina.phone = "123"
        self.assertEqual(self.amina.name, "Auntie Amina")
        (self.amina | self.omar).family_name = "Bah"
        self.assertEqual((self.amina | self.omar).mapped("name"), ["BAH, AMINA BINTA", "BAH, OMAR"])
        self.household.given_name = "x"
        self.assertEqual(self.household.name, "Diallo household")

    def test_ordinary_contact_keeps_its_name(self):
        contact = self.partners.create({"name": "Plumber"})
        self.assertEqual(contact.name, "Plumber")
        self.assertFalse(contact.is_registrant)

    def test_form_shows_the_name_while_typing(self):
        form = Form(
            self.partners.with_context(default_is_registrant=True, default_is_group=False),
            view="spp_registry.view_individuals_form",
        )
        form.family_name = "Camara"
        form.given_name = "Lamine"
        self.assertEqual(form.name, "CAMARA, LAMINE")
        self.assertEqual(form.save().name, "CAMARA, LAMINE")

    def test_dates_are_not_in_the_future(self):
        with freeze_time("2028-02-29 10:00:00"):
            newcomer = self.partners.create({"is_registrant": True, "family_name": "Leap"})
            self.assertEqual(newcomer.registration_date, date(2028, 2, 29))
            newcomer.birthdate = date(2028, 2, 29)
            with self.assertRaises(ValidationError):
                newcomer.birthdate = date(2028, 3, 1)
            with self.assertRaises(ValidationError):
                newcomer.registration_date = date(2028, 3, 1)

    def test_enable_registrant(self):
        self.amina.write({"disabled": "2024-01-01 00:00:00", "disabled_reason": "moved"})
        (self.amina | self.omar).enable_registrant()
        self.assertFalse(self.amina.disabled)
        self.assertFalse(self.amina.disabled_reason)

    def test_newest_first(self):
        both = self.partners.search([("id", "in", (self.amina | self.omar).ids)])
        self.assertEqual(both.ids, [self.omar.id, self.amina.id])

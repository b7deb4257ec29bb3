# Part of the SPP attendance suite. LGPL-3.
"""Identifiers: one live per type and person, of the form that the type asks for."""

from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RegistryCase


@tagged("post_install", "-at_install")
class TestRegistryId(RegistryCase):
    def _identifier(self, partner, value, **values):
        return self.env["spp.registry.id"].create(
            {"partner_id": partner.id, "id_type_id": self.id_type.id, "value": value, **values}
        )

    @mute_logger("odoo.sql_db")
    def test_one_live_identifier_per_type(self):
        old = self._identifier(self.amina, "0001")
        for status in (False, "valid"):
            with self.assertRaises(IntegrityError):
                self._identifier(self.amina, "0002", status=status)
        self._identifier(self.amina, "0003", status="invalid")
        self._identifier(self.amina, "0004", status="invalid")
        old.status = "invalid"
        self._identifier(self.amina, "0002")
        self.assertEqual(len(self.amina.reg_ids), 4)
        with self.assertRaises(IntegrityError):
            old.status = "valid"
            old.flush_recordset()

    def test_two_persons_may_carry_the_same_value(self):
        both = self._identifier(self.amina, "0001") | self._identifier(self.omar, "0001")
        self.assertEqual(both.partner_id, self.amina | self.omar)

    def test_value_has_to_match_the_pattern_of_its_type(self):
        identifier = self._identifier(self.amina, "0001")
        for value in ("12", "00011", "x0001"):
            with self.assertRaises(ValidationError):
                identifier.value = value
        national = self.env.ref("spp_vocabulary.code_id_type_national_id")
        free = self._identifier(self.omar, "anything", id_type_id=national.id)
        with self.assertRaises(ValidationError):
            free.id_type_id = self.id_type

    def test_display_name(self):
        self.assertEqual(self._identifier(self.amina, "0001").display_name, "Test Card - 0001")

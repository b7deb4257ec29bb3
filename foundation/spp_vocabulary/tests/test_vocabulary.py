# Part of the SPP attendance suite. LGPL-3.
"""Codes of vocabularies are found, added where that is allowed, and protected where it is not."""

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.spp_integrity.tests.common import SuiteCase

ID_TYPES = "urn:openspp:vocab:id-type"


@tagged("post_install", "-at_install")
class TestVocabulary(SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.codes = cls.env["spp.vocabulary.code"]
        cls.system = cls.env.ref("spp_vocabulary.vocab_id_type")
        cls.own = cls.env["spp.vocabulary"].create({"name": "Crops", "namespace_uri": "urn:test:vocab:crops"})
        cls.user = cls.make_user("voc_user")
        cls.officer = cls.make_user("voc_officer", "spp_vocabulary.group_vocabulary_officer")
        cls.manager = cls.make_user("voc_manager", "spp_vocabulary.group_vocabulary_manager")

    def _maize(self):
        return self.codes.create({"vocabulary_id": self.own.id, "code": "maize", "display": "Maize"})

    def test_shipped_vocabularies(self):
        genders = self.codes.search([("namespace_uri", "=", "urn:iso:std:iso:5218")])
        self.assertEqual(genders.mapped("code"), ["0", "1", "2", "9"])
        self.assertEqual(
            self.codes.get_code("urn:openspp:vocab:group-membership-type", "head"),
            self.env.ref("spp_vocabulary.code_membership_type_head"),
        )
        self.assertTrue(self.system.is_system)

    def test_uri_and_record_name(self):
        maize = self._maize()
        self.assertEqual(maize.uri, "urn:test:vocab:crops#maize")
        self.assertEqual(maize.display_name, "Maize")
        self.own.namespace_uri = "urn:test:vocab:plants"
        self.assertEqual(maize.namespace_uri, "urn:test:vocab:plants")
        self.assertEqual(maize.uri, "urn:test:vocab:plants#maize")

    def test_get_code(self):
        maize = self._maize()
        self.assertEqual(self.codes.get_code("urn:test:vocab:crops", "maize"), maize)
        self.assertFalse(self.codes.get_code("urn:test:vocab:crops", "rice"))
        maize.action_archive()
        self.assertFalse(self.codes.get_code("urn:test:vocab:crops", "maize"))

    @mute_logger("odoo.sql_db")
    def test_unique(self):
        self._maize()
        with self.assertRaises(IntegrityError):
            self._maize()
        with self.assertRaises(IntegrityError):
            self.env["spp.vocabulary"].create({"name": "Crops again", "namespace_uri": "urn:test:vocab:crops"})

    def test_system_vocabulary_takes_only_local_codes(self):
        values = {"vocabulary_id": self.system.id, "code": "pin", "display": "PIN"}
        with self.assertRaises(UserError):
            self.codes.create(values)
        self.assertTrue(self.codes.create({**values, "is_local": True}))
        passed = self.codes.with_context(_test_bypass_system_protection=True).create({**values, "code": "pin2"})
        self.assertFalse(passed.is_local)

    def test_context_of_a_client_does_not_lift_the_protection(self):
        codes = self.codes.with_user(self.manager)
        for key in ("_test_bypass_system_protection", "install_xmlid"):
            with self.assertRaises(UserError):
                codes.with_context(**{key: "x"}).create(
                    {"vocabulary_id": self.system.id, "code": "pin", "display": "PIN"}
                )

    def test_system_code_can_only_be_ordered_and_archived(self):
        national = self.env.ref("spp_vocabulary.code_id_type_national_id").with_user(self.manager)
        national.write({"sequence": 7, "active": False})
        for vals in ({"display": "Other"}, {"is_local": True}, {"code": "x"}):
            with self.assertRaises(UserError):
                national.write(vals)
        with self.assertRaises(UserError):
            national.unlink()

    def test_get_or_create(self):
        rice = self.codes.get_or_create("urn:test:vocab:crops", "rice", "Rice")
        self.assertEqual(self.codes.get_or_create("urn:test:vocab:crops", "rice"), rice)
        with self.assertRaises(UserError):
            self.codes.get_or_create(ID_TYPES, "pin")
        pin = self.codes.get_or_create_local(ID_TYPES, "pin", "Terminal PIN")
        self.assertTrue(pin.is_local)
        self.assertEqual(self.codes.get_or_create_local(ID_TYPES, "pin"), pin)
        pin.action_archive()
        with self.assertRaises(UserError):
            self.codes.get_or_create_local(ID_TYPES, "pin")
        with self.assertRaises(UserError):
            self.codes.get_or_create("urn:test:vocab:nowhere", "x")

    def test_pattern_has_to_compile(self):
        with self.assertRaises(ValidationError):
            self._maize().id_validation = "("

    def test_roles(self):
        maize = self._maize()
        self.assertEqual(maize.with_user(self.user).display, "Maize")
        with self.assertRaises(AccessError):
            maize.with_user(self.user).display = "Corn"
        maize.with_user(self.officer).display = "Corn"
        self.codes.with_user(self.officer).create({"vocabulary_id": self.own.id, "code": "rye", "display": "Rye"})
        with self.assertRaises(AccessError):
            maize.with_user(self.officer).unlink()
        maize.with_user(self.manager).unlink()
        self.assertFalse(maize.exists())
        with self.assertRaises(AccessError):
            self.own.with_user(self.officer).unlink()
        self.own.with_user(self.user).read(["name"])

# Part of the SPP attendance suite. LGPL-3.
"""Two people, a household and a type of identifier with a pattern."""

from odoo.addons.spp_integrity.tests.common import SuiteCase


class RegistryCase(SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.partners = cls.env["res.partner"]
        cls.amina = cls.partners.create(
            {"is_registrant": True, "family_name": "Diallo", "given_name": "Amina", "addl_name": "Binta"}
        )
        cls.omar = cls.partners.create({"is_registrant": True, "family_name": "Diallo", "given_name": "Omar"})
        cls.household = cls.partners.create({"is_registrant": True, "is_group": True, "name": "Diallo household"})
        cls.id_type = cls.env["spp.vocabulary.code"].create(
            {
                "vocabulary_id": cls.env.ref("spp_vocabulary.vocab_id_type").id,
                "code": "test_card",
                "display": "Test Card",
                "is_local": True,
                "id_validation": r"[0-9]{4}$",
            }
        )

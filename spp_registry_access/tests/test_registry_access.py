# Part of the SPP attendance suite. LGPL-3.
"""Identifiers and household memberships of other companies and areas are neither seen nor changed."""

from odoo.tests import tagged

from .common import AccessCase


@tagged("post_install", "-at_install")
class TestRegistryAccess(AccessCase):
    """Identifiers and household memberships, with two companies and two areas."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        card = cls.env["spp.vocabulary.code"].get_or_create_local("urn:openspp:vocab:id-type", "access-card", "Card")
        people = cls.amina | cls.bilal | cls.chen
        cls.identifiers = cls.env["spp.registry.id"].create(
            [{"partner_id": person.id, "id_type_id": card.id, "value": f"ID-{person.name}"} for person in people]
        )
        cls.households = cls.env["res.partner"].create(
            [
                {"name": f"Household of {person.name}", "is_registrant": True, "is_group": True}
                | {"company_id": person.company_id.id, "area_id": person.area_id.id}
                for person in people
            ]
        )
        cls.memberships = cls.env["spp.group.membership"].create(
            [
                {"group": household.id, "individual": person.id}
                for household, person in zip(cls.households, people, strict=True)
            ]
        )
        cls.officer = cls.user("registry_officer", "spp_registry.group_registry_officer")
        cls.northern = cls.user("registry_north", "spp_registry.group_registry_officer", areas=cls.north)
        cls.everywhere = cls.user(
            "registry_everywhere", "spp_registry.group_registry_officer", companies=cls.ours | cls.theirs
        )

    def test_who_sees_which(self):
        for records in (self.amina | self.bilal | self.chen, self.identifiers, self.memberships):
            self.assertSees(self.officer, records[:2], records[2:])
            self.assertSees(self.northern, records[0], records[1:])
            self.assertSees(self.everywhere, records, records.browse())

    def test_who_changes_which(self):
        self.rpc(self.officer, self.identifiers[1], "write", {"value": "ID-NEW"})
        self.assertEqual(self.identifiers[1].value, "ID-NEW")
        for user, records in ((self.officer, self.identifiers[2]), (self.northern, self.identifiers[1:])):
            for record in records:
                self.assertRefused(user, record, "write", {"value": "ID-OTHER"})
        self.assertRefused(self.northern, self.memberships[1], "write", {"ended_date": "2031-01-01 00:00:00"})
        for partner, household in ((self.chen, self.households[0]), (self.amina, self.households[2])):
            self.assertRefused(
                self.officer,
                self.env["spp.group.membership"],
                "create",
                [{"group": household.id, "individual": partner.id}],
            )
        self.identifiers[2].status = "invalid"
        self.assertRefused(
            self.officer,
            self.env["spp.registry.id"],
            "create",
            [{"partner_id": self.chen.id, "id_type_id": self.identifiers.id_type_id[0].id, "value": "X"}],
        )

# Part of the SPP attendance suite. LGPL-3.
"""Names of people are told to who may read them, in sentences of code in superuser mode too."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.spp_integrity import as_system, named

from .common import AccessCase


@tagged("post_install", "-at_install")
class TestNames(AccessCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.officer = cls.user("names_officer", "spp_registry.group_registry_officer")
        cls.northern = cls.user("names_north", "spp_registry.group_registry_officer", areas=cls.north)
        cls.card = cls.env["spp.vocabulary.code"].get_or_create_local("urn:openspp:vocab:id-type", "n-card", "Card")

    def test_named(self):
        people = self.amina | self.bilal | self.chen
        hidden = {person: f"Contact number {person.id}" for person in people}
        for user, expected in (
            (self.officer, ["Amina", "Bilal", hidden[self.chen]]),
            (self.northern, ["Amina", hidden[self.bilal], hidden[self.chen]]),
            (self.env.ref("base.user_root"), ["Amina", "Bilal", "Chen"]),
        ):
            self.assertEqual(named(as_system(people.with_user(user))), ", ".join(expected))
        self.assertEqual(named(as_system(self.chen.with_user(self.officer))), hidden[self.chen])
        self.assertEqual(named(people.browse()), "")

    def test_nobody_points_at_what_is_hidden(self):
        """Whoever could write any number would read the name behind it."""
        household = self.env["res.partner"].create(
            {"name": "Household", "is_registrant": True, "is_group": True, "area_id": self.north.id}
        )
        mine = self.env["spp.registry.id"].create(
            {"partner_id": self.amina.id, "id_type_id": self.card.id, "value": "1"}
        )
        link = self.env["spp.group.membership"].create({"group": household.id, "individual": self.amina.id})
        for user, person in ((self.officer, self.chen), (self.northern, self.bilal), (self.northern, self.chen)):
            self.assertRefused(user, mine, "write", {"partner_id": person.id})
            self.assertRefused(user, link, "write", {"individual": person.id})
            self.assertRefused(user, household, "write", {"parent_id": person.id})
            self.assertRefused(
                user,
                household,
                "write",
                {"group_membership_ids": [Command.create({"individual": person.id})]},
            )
            self.assertRefused(user, household, "write", {"child_ids": [Command.link(person.id)]})
            self.assertRefused(user, household, "write", {"child_ids": [Command.set(person.ids)]})
        self.rpc(self.officer, mine, "write", {"partner_id": self.bilal.id})
        self.assertEqual(mine.partner_id, self.bilal)

    def test_refusals_name_nobody_in_debug_mode_either(self):
        for records in (
            self.chen,
            self.env["spp.registry.id"].create(
                {"partner_id": self.chen.id, "id_type_id": self.card.id, "value": "SECRET"}
            ),
        ):
            with self.assertRaises(AccessError) as caught:
                records.with_user(self.officer).check_access("read")
            text = str(caught.exception)
            self.assertIn(str(records.id), text)
            self.assertNotIn("Chen", text)
            self.assertNotIn("SECRET", text)

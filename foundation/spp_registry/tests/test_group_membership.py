# Part of the SPP attendance suite. LGPL-3.
"""Membership of a household: live only once, ended by its date, hidden with a disabled registrant."""

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RegistryCase


@tagged("post_install", "-at_install")
class TestGroupMembership(RegistryCase):
    def _join(self, individual, **values):
        return self.env["spp.group.membership"].create(
            {"group": self.household.id, "individual": individual.id, **values}
        )

    def test_members(self):
        head = self.env["spp.vocabulary.code"].get_code("urn:openspp:vocab:group-membership-type", "head")
        membership = self._join(self.amina, membership_type_ids=head.ids)
        self._join(self.omar)
        self.assertEqual(self.household.group_membership_ids.individual, self.amina | self.omar)
        self.assertEqual(self.amina.individual_membership_ids, membership)
        self.assertTrue(membership.start_date)
        self.assertFalse(membership.is_ended)

    @mute_logger("odoo.sql_db")
    def test_only_once_while_live(self):
        first = self._join(self.amina, start_date="2020-01-01 00:00:00")
        with self.assertRaises(IntegrityError):
            self._join(self.amina)
        first.ended_date = "2020-06-01 00:00:00"
        self.assertTrue(first.is_ended)
        self._join(self.amina)
        ended = self._join(self.amina, start_date="2019-01-01 00:00:00", ended_date="2019-06-01 00:00:00")
        self.assertTrue(ended.is_ended)

    def test_end_before_start(self):
        with self.assertRaises(ValidationError):
            self._join(self.amina, start_date="2020-01-02 00:00:00", ended_date="2020-01-01 00:00:00")

    def test_end_date_passes(self):
        with freeze_time("2020-01-10"):
            membership = self._join(self.amina, start_date="2020-01-01 00:00:00", ended_date="2020-02-01 00:00:00")
            self.env["spp.group.membership"]._mark_ended()
            self.assertFalse(membership.is_ended)
        with freeze_time("2020-02-02"):
            self.env["spp.group.membership"]._mark_ended()
            self.assertTrue(membership.is_ended)

    def test_memberships_of_disabled_registrants_are_hidden(self):
        self._join(self.amina)
        self._join(self.omar)
        memberships = self.env["spp.group.membership"].with_user(
            self.make_user("reg_membership_manager", "spp_registry.group_registry_manager")
        )
        domain = [("group", "=", self.household.id)]
        self.amina.disabled = "2024-01-01 00:00:00"
        self.assertEqual(memberships.search(domain).individual, self.omar)
        self.household.disabled = "2024-01-01 00:00:00"
        self.assertFalse(memberships.search(domain))

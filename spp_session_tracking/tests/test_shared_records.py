# Part of the SPP attendance suite. LGPL-3.
"""Policies and catalogues of no company are for all to read and for few to change."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestSharedRecords(SessionTrackingCase):
    """What belongs to no company: all read it, and who works in all companies changes it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.theirs = cls.env["res.company"].create({"name": "Theirs"})
        cls.everywhere = cls.make_user(
            "everywhere",
            "spp_session_tracking.group_session_manager",
            company_ids=[Command.set(cls.env["res.company"].search([("id", "!=", False)]).ids)],
        )
        cls.shared = cls.policy.copy({"name": "Shared", "company_id": False})
        cls.foreign = cls.policy.copy({"name": "Foreign", "company_id": cls.theirs.id})
        cls.own = cls.policy.copy({"name": "Own", "company_id": cls.env.company.id})

    def test_policies(self):
        for record in (self.shared, self.own):
            self.assertEqual(self.rpc(self.manager, record, "read", ["name"])[0]["name"], record.name)
        self.rpc(self.manager, self.own, "write", {"grace_minutes": 7})
        self.assertEqual(self.own.grace_minutes, 7)
        self.assertRefused(self.manager, self.foreign, "read", ["name"])
        self.assertRefused(self.manager, self.shared, "write", {"grace_minutes": 99})
        self.assertRefused(self.manager, self.shared, "unlink")
        self.assertRefused(self.manager, self.own, "write", {"company_id": False})
        self.assertRefused(self.manager, self.own, "write", {"company_id": self.theirs.id})
        self.assertRefused(self.manager, self.policy, "create", {"name": "New", "company_id": False})
        self.rpc(self.everywhere, self.shared, "write", {"grace_minutes": 9})
        self.assertEqual(self.shared.grace_minutes, 9)

    def test_lines_of_policies(self):
        lines = self.env["spp.session.policy.reminder"].create(
            [{"policy_id": policy.id, "hours": 3} for policy in (self.shared, self.own, self.foreign)]
        )
        found = self.rpc(self.manager, lines, "search", [("id", "in", lines.ids)])
        self.assertEqual(set(found), set(lines[:2].ids))
        self.rpc(self.manager, lines[1], "write", {"hours": 4})
        for line in (lines[0], lines[2]):
            self.assertRefused(self.manager, line, "write", {"hours": 4})

    def test_catalogues(self):
        for record in (
            self.present,
            self.env["spp.attendance.reason"].search([], limit=1),
            self.env["spp.session.cancel.reason"].search([], limit=1),
        ):
            with self.subTest(record._name):
                self.assertTrue(self.rpc(self.manager, record, "read", ["name"]))
                self.assertRefused(self.manager, record, "write", {"name": "Ours"})
                self.rpc(self.everywhere, record, "write", {"name": "Everybody's"})
                self.assertEqual(record.name, "Everybody's")

    def test_one_company_is_all_companies(self):
        self.env["res.company"].search([("id", "!=", self.env.company.id)]).active = False
        self.rpc(self.manager, self.shared, "write", {"grace_minutes": 8})
        self.assertEqual(self.shared.grace_minutes, 8)

    def test_another_company_is_not_named(self):
        session = self.make_sessions()
        with self.assertRaises(AccessError) as caught:
            self.rpc(self.manager, session, "write", {"policy_id": self.foreign.id})
        self.assertNotIn("Foreign", str(caught.exception))

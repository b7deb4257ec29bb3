# Part of the SPP attendance suite. LGPL-3.
"""Two companies and two areas with people in them, and calls as a remote client makes them."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.spp_integrity.tests.common import SuiteCase


class AccessMixin:
    """Amina lives in the north and Bilal in the south of our company; Chen belongs to another company."""

    @classmethod
    def set_up_worlds(cls):
        cls.ours = cls.env.company
        cls.theirs = cls.env["res.company"].create({"name": "Theirs"})
        cls.north, cls.south = cls.env["spp.area"].create([{"draft_name": "North"}, {"draft_name": "South"}])
        cls.amina, cls.bilal, cls.chen = cls.env["res.partner"].create(
            [
                cls.person("Amina", cls.ours, cls.north),
                cls.person("Bilal", cls.ours, cls.south),
                cls.person("Chen", cls.theirs, cls.south),
            ]
        )

    @classmethod
    def person(cls, name, company, area, **vals):
        """:return: values of a registrant with personal data"""
        return {
            "name": name,
            "is_registrant": True,
            "company_id": company.id,
            "area_id": area.id,
            "birthdate": "2015-05-05",
            "phone": f"+62 811 {name}",
            **vals,
        }

    @classmethod
    def user(cls, login, *groups, areas=None, companies=None):
        """:return: a user of our company with the groups, bound to the areas if there are any"""
        companies = companies or cls.ours
        user = new_test_user(
            cls.env,
            login,
            groups=",".join(("base.group_user", "base.group_allow_export", *groups)),
            company_id=companies[0].id,
            company_ids=[Command.set(companies.ids)],
        )
        if areas:
            user.center_area_ids = areas
        return user

    def rpc(self, user, records, method, *args, **kwargs):
        """Call a public method the way a remote client does who has all companies of the user ticked."""
        context = {"allowed_company_ids": user.company_ids.ids}
        return super().rpc(user, records, method, *args, context=context, **kwargs)

    def assertSees(self, user, records, hidden):
        """Search, read, grouping and export give the user the records and nothing of the hidden ones."""
        Model = records.browse()
        domain = [("id", "in", (records | hidden).ids)]
        with self.subTest(user=user.login, model=records._name):
            self.assertEqual(set(self.rpc(user, Model, "search", domain)), set(records.ids))
            self.assertEqual(self.rpc(user, Model, "search_count", domain), len(records))
            groups = self.rpc(user, Model, "formatted_read_group", domain, [], ["__count"])
            self.assertEqual(groups[0]["__count"], len(records))
            if records:
                self.assertEqual(len(self.rpc(user, records, "read", ["display_name"])), len(records))
            for record in hidden:
                self.assertRefused(user, record, "read", ["display_name"])
                self.assertRefused(user, record, "web_read", {"display_name": {}})
                self.assertRefused(user, record, "export_data", ["display_name"])

    def assertRefused(self, user, records, method, *args, **kwargs):
        """The call is refused, and the refusal names nobody."""
        with self.assertRaises(AccessError) as caught, self.env.cr.savepoint():
            self.rpc(user, records, method, *args, **kwargs)
        for person in (self.amina, self.bilal, self.chen):
            self.assertNotIn(person.name, str(caught.exception))


class AccessCase(AccessMixin, SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_worlds()

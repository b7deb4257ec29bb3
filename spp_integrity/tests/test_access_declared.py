# Part of the SPP attendance suite. LGPL-3.
"""Every model that leads to a company, an area or a user's dialog is bound to it."""

from odoo.tests import TransactionCase, tagged

#: Models that lead to a company and are not bound to one, with the reason.
OF_EVERY_COMPANY = {
    "spp.area": "areas are those of the country; a policy of a company only hangs on them",
}

#: Models that lead to a person, a session or a place, and are seen from every area, with the reason.
IN_EVERY_AREA = {
    "spp.area": "a user bound to an area still chooses among all, for example where somebody came from",
    "spp.session.type": "a type is used in every area",
}

#: Fields that name who did something, not whom or what a record is about.
_ACTORS = {"create_uid", "write_uid"}


@tagged("post_install", "-at_install")
class TestAccessDeclared(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.domains = {}
        for rule in cls.env["ir.rule"].search([("groups", "=", False), ("perm_read", "=", True)]):
            cls.domains.setdefault(rule.model_id.model, []).append(rule.domain_force or "")

    def models(self, *, dialogs):
        """The models with records of the suite, foundation included: dialogs, or all others."""
        for name, model_class in sorted(self.env.registry.items()):
            if name.startswith("spp.") and not model_class._abstract and bool(model_class._transient) is dialogs:
                yield self.env[name]

    def leads_to(self, model, targets, depth=3):
        """Whether links of a record lead to one of the models."""
        for name, field in model._fields.items():
            if field.type != "many2one" or name in _ACTORS or not field._description_searchable:
                continue
            comodel = field.comodel_name
            if comodel in targets:
                return True
            onward = comodel.startswith("spp.") and comodel not in (model._name, "spp.area", "spp.vocabulary.code")
            if onward and depth > 1 and self.leads_to(self.env[comodel], targets, depth - 1):
                return True
        return False

    def bound(self, model, word):
        return any(word in domain for domain in self.domains.get(model._name, ()))

    def test_companies(self):
        # A person belongs to a company too.
        leading = [
            model for model in self.models(dialogs=False) if self.leads_to(model, {"res.company", "res.partner"})
        ]
        self.assertGreater(len(leading), 40)
        loose = {model._name for model in leading if not self.bound(model, "company_ids")}
        self.assertEqual(loose, OF_EVERY_COMPANY.keys() & self.env.registry.models.keys())

    def test_areas(self):
        leading = [
            model
            for model in self.models(dialogs=False)
            if self.leads_to(model, {"res.partner", "spp.session", "spp.service.point", "spp.area"}, depth=2)
        ]
        self.assertGreater(len(leading), 30)
        loose = {model._name for model in leading if not self.bound(model, "center_area_ids")}
        self.assertEqual(loose, IN_EVERY_AREA.keys() & self.env.registry.models.keys())

    def test_dialogs(self):
        dialogs = list(self.models(dialogs=True))
        self.assertGreater(len(dialogs), 10)
        self.assertEqual([model._name for model in dialogs if not self.bound(model, "create_uid")], [])

    def test_catalogues_of_all_companies_are_changed_by_users_of_all(self):
        """Whatever records of our own have no company can still be changed by a role: those users work everywhere."""
        writable = {
            access.model_id.model
            for access in self.env["ir.model.access"].search([("perm_write", "=", True), ("group_id", "!=", False)])
        }
        change = {
            rule.model_id.model
            for rule in self.env["ir.rule"].search([("perm_write", "=", True), ("groups", "=", False)])
            if "is_in_all_companies" in rule.domain_force or "company_ids)]" in rule.domain_force
        }
        ours = [model for model in self.models(dialogs=False) if model._name in writable]
        self.assertEqual({model._name for model in ours} - change, self.CATALOGUES_OF_THE_HOST)

    #: Kept by the modules below: places, words and kinds of events are those of the country.
    CATALOGUES_OF_THE_HOST = {
        "spp.area",
        "spp.area.type",
        "spp.event.type",
        "spp.service.point",
        "spp.vocabulary",
        "spp.vocabulary.code",
    }

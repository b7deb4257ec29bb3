# Part of the SPP attendance suite. LGPL-3.
"""Odd identifiers are asked about as they are; of those that cannot be, the decision says so."""

from odoo.tests import tagged

from .server_common import AttendanceServerCase, double


class IdentifierMixin:
    """Identifiers that a careless client mixes up, asked together and, where an intermediary loses the question, one by one."""

    people_count = 1
    page_size = 3
    #: a "/" cannot be quoted for either generation, and these two are other addresses of the server
    unaskable = {"A/B 9", "types", ".."}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        odd = cls.env["res.partner"].create(
            [{"name": f"Odd {n}", "is_registrant": True} for n in range(len(double.ODD_IDENTIFIERS))]
        )
        cls.identify(odd, double.ODD_IDENTIFIERS)
        cls.env["spp.cycle.membership"].create(
            [{"cycle_id": cls.march.id, "partner_id": child.id, "state": "enrolled"} for child in odd]
        )
        cls.odd = dict(zip(double.ODD_IDENTIFIERS, odd, strict=True))

    def outcomes(self, run):
        return {person.identifier: person.outcome for person in run.run_person_ids}

    def test_together_everybody_can_be_asked_about(self):
        run = self.run_fetched()
        self.assertEqual(set(self.outcomes(run).values()), {"answered"})
        for identifier, child in self.odd.items():
            self.assertEqual(len(self.facts(partner_id=child.id)), 1, identifier)

    def test_one_by_one_some_cannot_and_each_says_so(self):
        self.server.faults({"path": "/attendances", "strip_body": True})
        for _run in range(2):
            run = self.run_fetched()
            outcomes = self.outcomes(run)
            self.assertEqual(
                {identifier for identifier, outcome in outcomes.items() if outcome != "answered"}, self.unaskable
            )
            for identifier in self.unaskable:
                self.assertEqual(outcomes[identifier], "unaskable_identifier")
                decision = self.decision(run, self.odd[identifier])
                self.assertEqual((decision.result, decision.reason), ("unknown", "unaskable_identifier"))
                self.assertEqual(decision.explanation, "The server cannot be asked about this identifier.")
        self.assertEqual(self.decision(run, self.children[0]).result, "compliant")
        self.assertEqual(len(self.facts(partner_id=self.odd["with space"].id)), 1)
        asked = {request["path"] for request in self.server.requests("/attendance/")}
        self.assertIn("/attendance/a%3Fb%23c", asked)
        self.assertFalse([path for path in asked if "A%2FB" in path or "A/B" in path])


@tagged("post_install", "-at_install")
class TestIdentifiersS1(IdentifierMixin, AttendanceServerCase):
    generation = "S1"


@tagged("post_install", "-at_install")
class TestIdentifiersS2(IdentifierMixin, AttendanceServerCase):
    pass

# Part of the SPP attendance suite. LGPL-3.
"""What people read about a run and do about unknown members, and which buttons and forms each role has."""

from ast import literal_eval

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.spp_integrity import with_guarded
from odoo.addons.spp_integrity.tests.common import rewrite_history

from .common import AttendanceComplianceCase

_FORMS = {
    "spp.attendance.compliance.run": ("viewer", "officer", "manager", "registrar"),
    "spp.attendance.decision": ("viewer", "officer", "manager", "registrar"),
    "spp.event.attendance": ("viewer", "officer", "manager", "registrar"),
    "spp.attendance.source": ("viewer", "officer", "manager", "registrar"),
    "spp.attendance.exclusion": ("viewer", "officer", "manager"),
    "spp.attendance.exemption": ("viewer", "officer", "manager"),
}


@tagged("post_install", "-at_install")
class TestComplianceScreens(AttendanceComplianceCase):
    """Two of five attend enough; a sixth was expected nowhere and is unknown."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registrar = cls.make_user("registrar", "spp_registry.group_registry_officer")
        cls.employee = cls.make_user("employee")
        cls.facilitator = cls.make_user("facilitator", "spp_session_tracking.group_session_user")
        cls.outsiders = cls.env["res.partner"].create(
            [{"name": f"Outsider {n}", "is_registrant": True} for n in range(3)]
        )
        cls.env["spp.cycle.membership"].create(
            [{"cycle_id": cls.cycle.id, "partner_id": outsider.id, "state": "enrolled"} for outsider in cls.outsiders]
        )

    def setUp(self):
        super().setUp()
        self.attend_and_submit(5, 4, 3, 0, 0)

    def unknown(self, run):
        return run.decision_ids.filtered(lambda decision: decision.result == "unknown")

    def settle(self, decisions, user=None, **values):
        wizards = self.env["spp.attendance.unknown.resolve"].with_user(user or self.manager)
        wizard = wizards.browse(wizards._open_for(decisions.with_user(user or self.manager))["res_id"])
        wizard.write({"reason": "Flood", **values})
        return wizard.action_confirm()

    # --- the run

    def test_summary_counts_results_reasons_and_changes(self):
        first = self.decide()
        self.assertIsNone(first.summary["changes"], "there is nothing to compare with")
        self.assertEqual([part["count"] for part in first.summary["results"]], [2, 3, 3])
        self.assertEqual(
            first.summary["results"][2]["reasons"],
            [{"reason": "nothing_expected", "label": "No session was held for the person", "count": 3}],
        )
        first.action_apply()
        marks = with_guarded(self.sessions.attendance_ids, attendance_change_reason="Paper list")
        for person, code in ((self.people[0], "absent"), (self.people[3], "present")):
            status = self.env["spp.attendance.status"]._by_code(code)
            marks.filtered(lambda mark, person=person: mark.participant_id == person).status_id = status
        second = self.decide()
        self.assertEqual(second.summary["changes"], {"gained": 1, "lost": 1, "other": 0})
        for change, person in (("gained", self.people[3]), ("lost", self.people[0])):
            self.assertEqual(self.found_by(change, second).partner_id, person)

    def filter_domain(self, model, name):
        arch = etree.fromstring(self.env[model].get_view(view_type="search")["arch"])
        return literal_eval(arch.find(f".//filter[@name='{name}']").get("domain"))

    def found_by(self, name, run):
        """Decisions of a run that a filter of their list finds."""
        domain = self.filter_domain("spp.attendance.decision", name)
        return self.env["spp.attendance.decision"].search([("run_id", "=", run.id), *domain])

    def test_summary_asks_no_more_queries_for_more_members(self):
        runs = self.decide() | self.decide()
        runs.invalidate_recordset()
        with self.assertQueryCount(6):
            runs.mapped("summary")

    def test_results_by_area(self):
        area = self.env["spp.area"].create({"draft_name": "North", "code": "N"})
        self.people[:3].area_id = area
        run = self.decide()
        action = run.action_view_areas()
        self.assertEqual(action["views"][0][1], "graph")
        groups = self.env["spp.attendance.decision"].formatted_read_group(
            action["domain"], ["area_id", "result"], ["__count"]
        )
        counts = {(group["area_id"] and group["area_id"][0], group["result"]): group["__count"] for group in groups}
        self.assertEqual(counts[area.id, "compliant"], 2)
        self.assertEqual(counts[area.id, "non_compliant"], 1)

    def test_who_started_a_run_is_not_offered_to_approve_it(self):
        self.program.attendance_run_approval = True
        run = self.cycle.with_user(self.officer)._start_attendance_run()
        self.assertFalse(run.with_user(self.officer).can_approve)
        self.assertTrue(run.with_user(self.manager).can_approve)
        self.assertTrue(run.needs_approval)
        runs = self.env["spp.attendance.compliance.run"].with_user(self.manager)
        waiting = [*self.filter_domain(runs._name, "waiting"), ("cycle_id", "=", self.cycle.id)]
        self.assertEqual(runs.search(waiting), run)
        self.rpc(self.manager, run, "action_approve")
        self.assertFalse(runs.search(waiting))

    def test_rule_in_words_on_the_cycle_is_that_of_its_runs(self):
        self.cycle.write(
            {"attendance_type_ids": self.env["spp.event.attendance.type"].search([("name", "=", "Health Session")]).ids}
        )
        self.assertIn("at least 80 % of the expected sessions", self.cycle.attendance_rule_text)
        self.assertIn("only Health Session", self.cycle.attendance_rule_text)
        self.assertEqual(self.decide().criteria_text, self.cycle.attendance_rule_text)
        self.cycle.attendance_required = False
        self.assertFalse(self.cycle.attendance_rule_text)

    # --- a person

    def test_each_event_is_shown_with_its_weight(self):
        decision = self.decision(self.decide(), self.people[2])
        rows = decision.with_user(self.registrar).event_table
        self.assertEqual([row["weight"] for row in rows], ["1", "1", "1", "0", "0"])
        self.assertEqual([row["what_counted"] for row in rows], ["attended, counts 1"] * 3 + ["absent, counts 0"] * 2)
        event = self.env["spp.event.attendance"].browse(rows[0]["id"])
        event.state = "cancelled"
        decision.invalidate_recordset()
        self.assertEqual(decision.event_table[0]["what_counted"], "cancelled, does not count")

    def test_a_household_of_one_is_explained_in_the_singular(self):
        decision = self.decide().decision_ids[0]
        self.program.target_type = "group"
        for counted, sentence in ((1, "passes"), (0, "does not pass")):
            reason = "met" if counted else "below"
            rewrite_history(decision, {"counted": counted, "expected": 1, "required": 1, "reason": reason})
            self.assertEqual(decision.explanation, f"The only member who is assessed {sentence}; one is required.")

    # --- unknown members

    def test_unknown_members_are_left_out_together(self):
        run = self.decide()
        self.settle(self.unknown(run)[:2])
        run.invalidate_recordset()
        self.assertEqual(run.summary["results"][2]["left_out"], 2)
        self.assertEqual(self.found_by("open_unknown", run), self.unknown(run)[2:])
        self.assertEqual(self.found_by("left_out", run), self.unknown(run)[:2])
        self.settle(self.unknown(run))
        self.assertEqual(self.env["spp.attendance.exclusion"].search_count([]), 3, "nobody twice")
        run.action_apply()
        self.assertEqual(set(self.unknown(run).membership_id.mapped("state")), {"enrolled"}, "they stay as they are")
        self.assertEqual(self.cycle._attendance_undecided_count(), 0, "nobody asks for them again")

    def test_preparing_entitlements_leads_to_those_not_settled(self):
        run = self.decide()
        run.action_apply()
        self.settle(self.unknown(run)[:1])
        action = self.rpc(self.manager, self.cycle, "action_prepare_entitlement")
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(wizard.undecided_count, 2)
        listed = self.rpc(self.manager, wizard.with_user(self.manager), "action_settle")
        self.assertIn("search_default_open_unknown", listed["context"])
        self.assertEqual(self.env["spp.attendance.decision"].search(listed["domain"]).run_id, run)
        shown = self.env["spp.cycle.membership"].search(wizard.action_view_undecided()["domain"])
        self.assertEqual(len(shown), 2)

    def test_a_registrant_is_opened_in_the_form_of_registrants(self):
        decision = self.decide().decision_ids[0]
        for user in (self.officer, self.registrar):
            action = self.rpc(user, decision, "action_view_registrant")
            self.assertEqual((action["res_model"], action["res_id"]), ("res.partner", decision.partner_id.id))
            self.assertEqual(action["views"][0][0], self.env.ref("spp_registry.view_individuals_form").id)

    def test_leaving_out_ends_when_more_is_known(self):
        run = self.decide()
        self.settle(self.unknown(run))
        self.roster.write({"membership_ids": [(0, 0, {"partner_id": self.outsiders[0].id, "date_from": "2025-10-01"})]})
        self.attend(self.outsiders[0], 5)
        again = self.decide()
        self.assertEqual(self.decision(again, self.outsiders[0]).result, "compliant")
        self.assertEqual(again.summary["results"][2]["left_out"], 2)

    def test_unknown_members_are_exempted_together_and_decided_again(self):
        run = self.decide()
        action = self.settle(self.unknown(run), kind="exempt")
        again = self.env["spp.attendance.compliance.run"].browse(action["res_id"])
        self.assertEqual(
            set(again.decision_ids.filtered(lambda d: d.reason == "exempt").partner_id), set(self.outsiders)
        )
        exemptions = self.env["spp.attendance.exemption"].search([])
        self.assertEqual(set(exemptions.mapped("reason")), {"Flood"})
        self.assertEqual(set(exemptions.user_id), {self.manager})
        self.assertEqual(set(exemptions.program_id), {self.program})

    def test_settling_is_as_many_queries_for_one_as_for_three(self):
        run = self.decide()
        counts = []
        for decisions in (self.unknown(run)[:1], self.unknown(run)[1:]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.settle(decisions)
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    def test_a_reason_is_needed_and_only_unknown_members_are_settled(self):
        run = self.decide()
        with self.assertRaisesRegex(UserError, "Say why"):
            self.settle(self.unknown(run), reason=" ")
        with self.assertRaisesRegex(UserError, "Everything is known"):
            self.rpc(self.manager, run.decision_ids - self.unknown(run), "action_resolve_unknown")
        with self.assertRaisesRegex(UserError, "several runs"):
            self.rpc(self.manager, self.unknown(run) | self.unknown(self.decide()), "action_resolve_unknown")
        # the dialog of somebody else is out of reach: the manager opens his own
        wizard = (
            self.env["spp.attendance.unknown.resolve"]
            .with_user(self.manager)
            .create({"run_id": run.id, "decision_ids": [(6, 0, run.decision_ids.ids)], "reason": "Flood"})
        )
        self.rpc(self.manager, wizard, "action_confirm")
        excluded = self.env["spp.attendance.exclusion"].search([]).membership_id
        self.assertEqual(excluded, self.unknown(run).membership_id)

    def test_only_managers_settle(self):
        run = self.decide()
        for user in (self.viewer, self.officer, self.registrar, self.employee, self.facilitator):
            with self.assertRaises(AccessError):
                self.rpc(user, self.unknown(run), "action_resolve_unknown")
            with self.assertRaises(AccessError):
                self.rpc(
                    user, self.env["spp.attendance.unknown.resolve"], "create", [{"run_id": run.id, "reason": "x"}]
                )
            with self.assertRaises(AccessError):
                self.rpc(
                    user,
                    self.env["spp.attendance.exclusion"],
                    "create",
                    [{"membership_id": self.memberships[0].id, "reason": "x"}],
                )
        self.settle(self.unknown(run))
        exclusion = self.env["spp.attendance.exclusion"].search([], limit=1)
        with self.assertRaises(AccessError):
            self.rpc(self.manager, exclusion, "write", {"reason": "another"})
        self.rpc(self.manager, exclusion, "write", {"active": False})
        with self.assertRaises(AccessError):
            self.rpc(self.manager, exclusion, "unlink")

    def test_who_left_out_cannot_be_forged(self):
        exclusions = self.env["spp.attendance.exclusion"].with_user(self.manager)
        values = {"membership_id": self.memberships[0].id, "reason": "x"}
        with self.assertRaises(AccessError):
            exclusions.create({**values, "user_id": self.officer.id})
        with self.assertRaises(AccessError):
            exclusions.with_context(default_user_id=self.officer.id).create(values)
        exclusion = exclusions.create(values)
        self.assertEqual(exclusion.user_id, self.manager)

    # --- roles

    def buttons(self, user, model):
        arch = etree.fromstring(self.env[model].with_user(user).get_view(view_type="form")["arch"])
        return {button.get("name") for button in arch.iter("button")}

    def test_buttons_of_each_role(self):
        run, cycle = "spp.attendance.compliance.run", "spp.cycle"
        dry_run = "action_filter_beneficiaries_by_compliance_criteria"
        self.assertNotIn(dry_run, self.buttons(self.viewer, cycle))
        self.assertIn(dry_run, self.buttons(self.officer, cycle))
        deciding = {"action_apply", "action_approve", "action_revert"}
        self.assertFalse(deciding & self.buttons(self.viewer, run))
        self.assertFalse({"action_what_if", "action_continue"} & self.buttons(self.viewer, run))
        self.assertFalse(deciding & self.buttons(self.officer, run))
        self.assertLessEqual({"action_what_if", "action_continue"}, self.buttons(self.officer, run))
        self.assertLessEqual(deciding, self.buttons(self.manager, run))
        self.assertNotIn("action_test_connection", self.buttons(self.officer, "spp.attendance.source"))

    def test_every_role_opens_what_it_may_read(self):
        """A form must not ask for a field that its reader may not read."""
        run = self.decide()
        self.settle(self.unknown(run))
        self.env["spp.attendance.exemption"].create({"partner_id": self.people[0].id, "reason": "Ill"})
        for model, roles in _FORMS.items():
            for role in roles:
                user = getattr(self, role)
                with self.subTest(model=model, role=role):
                    views = self.rpc(user, self.env[model], "get_views", [[False, "form"], [False, "list"]])
                    names = views["models"][model]["fields"]
                    record = self.env[model].search([], limit=1)
                    self.assertTrue(record)
                    shown = {
                        field.get("name")
                        for kind in ("form", "list")
                        for field in etree.fromstring(views["views"][kind]["arch"]).iter("field")
                        if not list(field.iterancestors("field"))
                    }
                    self.assertTrue(shown & set(names))
                    self.rpc(user, record, "web_read", {name: {} for name in shown})

    def test_employees_and_facilitators_open_nothing(self):
        self.decide()
        for user in (self.employee, self.facilitator):
            for model in (*_FORMS, "spp.attendance.assessment"):
                with self.assertRaises(AccessError):
                    self.rpc(user, self.env[model], "search_read", [])

    def test_a_dispute_is_written_down_in_its_form(self):
        """The form sends no more than the claim, which is all that staff may say in the beginning."""
        run = self.decide()
        run.action_apply()
        disputes = self.env["spp.attendance.dispute"].with_user(self.officer)
        with Form(disputes.with_context(default_decision_id=self.decision(run, self.people[2]).id)) as form:
            form.claim = "She was there."
        self.assertEqual((form.record.state, form.record.raised_by_id), ("open", self.officer))

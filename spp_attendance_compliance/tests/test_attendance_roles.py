# Part of the SPP attendance suite. LGPL-3.
"""Every model and method of the addon against every role, in tables that must name them all."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .roles_common import (
    ANYBODY,
    MANAGERS,
    NOBODY,
    OFFICERS,
    PROGRAMS,
    READERS,
    REGISTRY,
    RolesCase,
    models_of,
    remote_methods_of,
)

MODULE = "spp_attendance_compliance"
RUN = "spp.attendance.compliance.run"
FACT = "spp.event.attendance"
ADMINISTRATORS = frozenset({"administrator"})
APPROVERS = MANAGERS | {"validator", "cycle_approver"}
#: Who may read, write, create and delete.
RIGHTS = {
    RUN: (READERS, NOBODY, NOBODY, NOBODY),
    "spp.attendance.decision": (READERS, NOBODY, NOBODY, NOBODY),
    "spp.attendance.assessment": (READERS, NOBODY, NOBODY, NOBODY),
    "spp.attendance.run.person": (READERS, NOBODY, NOBODY, NOBODY),
    "spp.attendance.dispute": (PROGRAMS, OFFICERS, OFFICERS, NOBODY),
    "spp.attendance.notice": (PROGRAMS, NOBODY, NOBODY, NOBODY),
    "spp.attendance.exemption": (PROGRAMS, MANAGERS, MANAGERS, NOBODY),
    "spp.attendance.exclusion": (PROGRAMS, MANAGERS, MANAGERS, NOBODY),
    "spp.attendance.source": (READERS, MANAGERS, MANAGERS, NOBODY),
    FACT: (READERS, NOBODY, NOBODY, NOBODY),
    "spp.event.attendance.type": (READERS, NOBODY, NOBODY, NOBODY),
    "spp.event.attendance.location": (READERS, NOBODY, NOBODY, NOBODY),
    "spp.event.attendance.correction": (READERS, NOBODY, NOBODY, NOBODY),
    # what the ledger said before; decisions show it to those who may see them
    "spp.event.attendance.version": (ADMINISTRATORS, NOBODY, NOBODY, NOBODY),
    # dialogs, of which everybody sees the own ones only
    "spp.attendance.notify": (OFFICERS, OFFICERS, OFFICERS, NOBODY),
    "spp.attendance.what.if": (OFFICERS, NOBODY, NOBODY, NOBODY),
    "spp.attendance.what.if.line": (OFFICERS, NOBODY, NOBODY, NOBODY),
    "spp.attendance.unknown.confirm": (OFFICERS, NOBODY, OFFICERS, NOBODY),
    "spp.attendance.unknown.resolve": (MANAGERS, MANAGERS, MANAGERS, NOBODY),
    "spp.event.attendance.correct": (MANAGERS, MANAGERS, MANAGERS, MANAGERS),
}
#: Who may call what; opening a window shows nobody more than the rights of the user.
METHODS = {
    ("spp.cycle", "action_filter_beneficiaries_by_compliance_criteria"): OFFICERS,
    ("spp.cycle", "action_attendance_late_data"): OFFICERS,
    ("spp.cycle", "action_prepare_entitlement"): OFFICERS,
    ("spp.cycle", "prepare_entitlement"): OFFICERS,
    ("spp.cycle", "action_view_attendance_runs"): ANYBODY,
    ("spp.cycle", "action_view_attendance_open_sessions"): READERS,
    (RUN, "action_approve"): MANAGERS,
    (RUN, "action_apply"): MANAGERS,
    (RUN, "action_revert"): MANAGERS,
    (RUN, "action_what_if"): OFFICERS,
    (RUN, "action_print_letters"): OFFICERS,
    (RUN, "action_notify_short"): OFFICERS,
    (RUN, "action_view_decisions"): ANYBODY,
    (RUN, "action_view_areas"): ANYBODY,
    (RUN, "action_view_notices"): ANYBODY,
    (RUN, "action_view_open_disputes"): READERS,
    (RUN, "action_view_assessments"): ANYBODY,
    ("spp.attendance.decision", "action_resolve_unknown"): MANAGERS,
    ("spp.attendance.decision", "action_view_registrant"): READERS,
    ("spp.attendance.decision", "action_view_events"): READERS,
    ("spp.attendance.decision", "action_dispute"): PROGRAMS,
    ("spp.attendance.decision", "action_print_letter"): OFFICERS,
    ("spp.attendance.assessment", "action_view_events"): READERS,
    ("spp.attendance.dispute", "action_decide_again"): MANAGERS,
    ("spp.attendance.dispute", "action_correct"): MANAGERS,
    ("spp.attendance.dispute", "action_refuse"): MANAGERS,
    ("spp.attendance.dispute", "action_justify"): MANAGERS,
    ("spp.attendance.dispute", "action_made_good"): MANAGERS,
    ("spp.attendance.dispute", "action_view_events"): PROGRAMS,
    ("spp.attendance.notice", "action_send"): MANAGERS,
    ("spp.attendance.notice", "action_print_letter"): OFFICERS,
    ("spp.entitlement", "approve_entitlement"): APPROVERS,
    ("spp.entitlement.inkind", "approve_entitlement"): APPROVERS,
    (FACT, "action_correct"): MANAGERS,
    (FACT, "action_open_correction"): READERS,
    ("res.partner", "action_view_attendance_decisions"): ANYBODY,
    ("res.partner", "action_view_attendance_assessments"): ANYBODY,
    ("res.partner", "action_view_attendance_disputes"): ANYBODY,
}
#: Methods of dialogs, which whoever opened them calls.
DIALOGS = {
    ("spp.attendance.unknown.confirm", "action_view_undecided"): OFFICERS,
    ("spp.attendance.unknown.confirm", "action_prepare"): OFFICERS,
    ("spp.attendance.unknown.confirm", "action_settle"): OFFICERS,
    ("spp.attendance.unknown.resolve", "action_confirm"): MANAGERS,
    ("spp.attendance.notify", "action_prepare"): OFFICERS,
    ("spp.event.attendance.correct", "action_confirm"): MANAGERS,
    ("spp.prepare.entitlement.confirm.wizard", "action_apply_and_prepare"): MANAGERS,
}


@tagged("post_install", "-at_install")
class TestAttendanceRoles(RolesCase):
    """Officer dry run; manager apply; viewer read; no one else: for each model and each method, also past every screen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        create = {name: cls.env[name].create for name in (*RIGHTS, "res.partner")}
        decision = cls.run_record.decision_ids[0]
        household = create["res.partner"]({"name": "Household", "is_registrant": True, "is_group": True})
        membership = cls.env["spp.cycle.membership"].create({"cycle_id": cls.cycle.id, "partner_id": household.id})
        source = create["spp.attendance.source"](
            {"name": "North", "kind": "other", "company_id": cls.cycle.company_id.id}
        )
        catalogue = {"name": "Training", "source_id": source.id, "external_id": "2"}
        fact = create[FACT](
            {
                "source_id": source.id,
                "external_id": "1",
                "partner_id": cls.people[0].id,
                "company_id": cls.cycle.company_id.id,
                "attendance_date": "2025-10-02",
                "category": "present",
            }
        )
        run = {"run_id": cls.run_record.id}
        product = cls.env["product.product"].create({"name": "Rice"})
        asked = {**run, "source_id": source.id}
        cls.records = {
            record._name: record
            for record in (
                cls.run_record,
                decision,
                source,
                fact,
                cls.cycle,
                cls.people[0],
                create["spp.attendance.assessment"](
                    {
                        "decision_id": decision.id,
                        "partner_id": cls.people[0].id,
                        "result": "included",
                        "reason": "met",
                    }
                ),
                create["spp.attendance.run.person"](
                    {**asked, "partner_id": cls.people[0].id, "outcome": "answered", "identifier": "NID-1"}
                ),
                create["spp.attendance.dispute"]({"decision_id": decision.id, "claim": "Was there"}),
                create["spp.attendance.notice"](
                    {
                        **run,
                        "membership_id": decision.membership_id.id,
                        "partner_id": cls.people[0].id,
                        "recipient_id": cls.people[0].id,
                    }
                ),
                *(
                    cls.env[name].create({"partner_id": cls.people[0].id, "cycle_id": cls.cycle.id, **values})
                    for name, values in (
                        ("spp.entitlement", {"initial_amount": 1}),
                        ("spp.entitlement.inkind", {"product_id": product.id, "quantity": 1}),
                    )
                ),
                create["spp.attendance.exemption"](
                    {"partner_id": cls.people[4].id, "reason": "Flood", "company_id": cls.cycle.company_id.id}
                ),
                create["spp.attendance.exclusion"]({"membership_id": membership.id, "reason": "Flood"}),
                create["spp.event.attendance.type"](catalogue),
                create["spp.event.attendance.location"](catalogue),
                create["spp.event.attendance.correction"](
                    {"event_id": fact.id, "user_id": cls.manager.id, "reason": "Mixed up"}
                ),
            )
        }
        cls.values = {
            "spp.attendance.unknown.confirm": {"cycle_id": cls.cycle.id},
            "spp.attendance.unknown.resolve": {**run, "reason": "Flood"},
            "spp.attendance.notify": {"run_id": cls.run_record.id},
            "spp.prepare.entitlement.confirm.wizard": {"cycle_id": cls.cycle.id},
            "spp.event.attendance.correct": {
                "event_id": fact.id,
                "attendance_date": "2025-10-02",
                "category": "absent",
                "state": "active",
                "reason": "Mixed up",
            },
        }
        cls.env.flush_all()

    def test_every_model_and_method_is_in_the_tables(self):
        self.assertEqual(models_of(self.env, MODULE), set(RIGHTS))
        self.assertEqual(remote_methods_of(self.env, MODULE), set(METHODS) | set(DIALOGS))

    def test_rights(self):
        for name, expected in RIGHTS.items():
            for operation, roles in zip(("read", "write", "create", "unlink"), expected, strict=True):
                found = {
                    role for role, user in self.users.items() if self.env[name].with_user(user).has_access(operation)
                }
                self.assertEqual(found, roles, f"{operation} {name}")

    def test_records_are_read_written_and_deleted_by_whom_they_should(self):
        for name, (readers, writers, _creators, deleters) in RIGHTS.items():
            if record := self.records.get(name):
                label = f"%s {name}"
                self.assertEqual(self.roles_with(record, "read", ["display_name"]), readers, label % "read")
                self.assertEqual(self.roles_with(record, "write", {}), writers, label % "write")
                self.assertEqual(self.roles_with(record, "unlink"), deleters, label % "unlink")
                self.assertEqual(self.roles_with(record, "export_data", ["display_name"]), readers, label % "export")

    def test_methods(self):
        for (name, method), roles in METHODS.items():
            args = [{"category": "absent"}, "Mixed up"] if method == "action_correct" and name == FACT else []
            with self.subTest(model=name, method=method):
                self.assertEqual(self.roles_with(self.records[name], method, *args), roles)

    def test_dialogs(self):
        for (name, method), roles in DIALOGS.items():
            allowed = set()
            for role, user in self.users.items():
                if self.env[name].with_user(user).has_access("create"):
                    dialog = self.env[name].with_user(user).create(self.values[name])
                    if self.outcome(user, dialog, method) == "allowed":
                        allowed.add(role)
            self.assertEqual(allowed, roles, f"{name}.{method}")

    def test_dialogs_of_others(self):
        """Not even a manager sees what somebody else has open."""
        action = self.run_record.with_user(self.users["officer"]).action_what_if()
        dialog = self.env[action["res_model"]].browse(action["res_id"])
        for records in (dialog, dialog.line_ids):
            self.assertEqual(self.roles_with(records, "read", ["id"]), {"officer"})

    def test_identifiers_are_for_the_registry_and_managers(self):
        """A number by which a server knows a person is personal; who may not see it can neither search nor group by it."""
        answer = self.records["spp.attendance.run.person"]
        may_see = REGISTRY | MANAGERS
        self.assertEqual(self.roles_with(answer, "read", ["identifier"]), may_see)
        self.assertEqual(self.roles_with(answer, "export_data", ["identifier"]), may_see)
        for role, user in self.users.items():
            for method, *args in (
                ("search", [("identifier", "=like", "N%")]),
                ("formatted_read_group", [], ["identifier"], ["__count"]),
            ):
                with self.subTest(role=role, method=method), self.env.cr.savepoint():
                    try:
                        self.rpc(user, answer, method, *args)
                        self.assertIn(role, may_see)
                    except AccessError:
                        self.assertNotIn(role, may_see)

    # --- other companies and areas

    def test_another_company(self):
        """A manager of another company gets nothing of this one."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        elsewhere = self.make_user(
            "elsewhere",
            "spp_programs.group_programs_manager",
            "spp_registry.group_registry_officer",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        for name, record in self.records.items():
            if name in ("res.partner", "spp.entitlement", "spp.entitlement.inkind"):
                continue
            self.assertEqual(self.outcome(elsewhere, record, "read", ["display_name"]), "refused", name)
            self.assertFalse(self.env[name].with_user(elsewhere).search([("id", "=", record.id)]), name)
        for (name, method), roles in METHODS.items():
            if roles <= OFFICERS:
                args = [{"category": "absent"}, "Mixed up"] if name == FACT else []
                self.assertEqual(self.outcome(elsewhere, self.records[name], method, *args), "refused", (name, method))
        name = "spp.attendance.unknown.confirm"
        self.assertRefused(elsewhere, self.env[name], "create", [self.values[name]])
        claim = {"decision_id": self.run_record.decision_ids[1].id, "claim": "Was there"}
        for model, values in (
            ("spp.attendance.dispute", claim),
            (
                "spp.attendance.exemption",
                {"partner_id": self.people[0].id, "reason": "Flood", "company_id": self.cycle.company_id.id},
            ),
        ):
            with self.assertRaises(AccessError):
                self.env[model].with_user(elsewhere).create(values)

    def test_another_area(self):
        """Somebody who works in an area sees the attendance of its people only, and what was decided about them."""
        north, south = self.env["spp.area"].create([{"draft_name": "North"}, {"draft_name": "South"}])
        self.people.area_id = south
        officer = self.make_user("north", "spp_programs.group_programs_officer", "spp_registry.group_registry_officer")
        officer.center_area_ids = north
        for name in (
            FACT,
            "spp.attendance.decision",
            "spp.attendance.assessment",
            "spp.attendance.run.person",
            "spp.attendance.dispute",
            "spp.attendance.exclusion",
            "spp.attendance.exemption",
            "spp.attendance.notice",
            "spp.event.attendance.correction",
        ):
            self.assertEqual(self.outcome(officer, self.records[name], "read", ["display_name"]), "refused", name)
            self.assertFalse(self.env[name].with_user(officer).search([]), name)
        claim = {"decision_id": self.run_record.decision_ids[1].id, "claim": "Was there"}
        with self.assertRaises(AccessError):
            self.env["spp.attendance.dispute"].with_user(officer).create(claim)
        officer.center_area_ids = south
        self.assertEqual(len(self.env["spp.attendance.decision"].with_user(officer).search([])), 5)

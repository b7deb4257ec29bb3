# Part of the SPP attendance suite. LGPL-3.
"""Contexts, defaults and values that no screen sends decide nothing about attendance."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import AttendanceComplianceCase

RUN = "spp.attendance.compliance.run"
MEMBERSHIP = "spp.cycle.membership"
FILTER = "action_filter_beneficiaries_by_compliance_criteria"


@tagged("post_install", "-at_install")
class TestForgedAttendanceCalls(AttendanceComplianceCase):
    """What a programs officer cannot reach with contexts, defaults and values that no screen sends."""

    def setUp(self):
        super().setUp()
        self.attend_and_submit(5, 4, 3, 0, 0)

    def own_default(self, user, model, name, value):
        self.env["ir.default"].with_user(user).set(model, name, value, user_id=user.id)

    # --- runs

    FORGED_RUN = {
        "state": "applied",
        "kind": "dispute",
        "is_refresh": True,
        "is_applied_when_decided": True,
        "applied_at": "2025-10-31 00:00:00",
        "approved_at": "2025-10-31 00:00:00",
        "reverted_at": "2025-10-31 00:00:00",
        "fetch_error": "Forged",
        "amount_difference": 7.0,
    }

    def check_plain_dry_run(self):
        run = self.cycle.attendance_run_ids
        self.assertEqual(len(run), 1)
        self.assertEqual((run.state, run.kind, run.user_id), ("decided", "filter", self.officer))
        for name in (
            "is_refresh",
            "is_applied_when_decided",
            "applied_at",
            "approved_at",
            "approved_by_id",
            "reverted_at",
        ):
            self.assertFalse(run[name], name)
        self.assertEqual((run.fetch_error, run.amount_difference), (False, 0))
        self.assertEqual(self.memberships.mapped("state"), ["enrolled"] * 5)
        self.assertFalse(self.memberships.attendance_decision_id)

    def test_defaults_in_the_context_apply_no_run(self):
        forged = {f"default_{name}": value for name, value in self.FORGED_RUN.items()}
        self.rpc(self.officer, self.cycle, FILTER, context={"default_approved_by_id": self.manager.id, **forged})
        self.check_plain_dry_run()

    def test_own_defaults_apply_no_run(self):
        for name, value in (self.FORGED_RUN | {"approved_by_id": self.manager.id}).items():
            self.own_default(self.officer, RUN, name, value)
        self.rpc(self.officer, self.cycle, FILTER)
        self.check_plain_dry_run()

    def test_the_context_approves_nothing(self):
        self.program.attendance_run_approval = True
        self.rpc(self.manager, self.cycle, FILTER, context={"default_approved_by_id": self.officer.id})
        with self.assertRaisesRegex(UserError, "second manager"):
            self.rpc(
                self.manager,
                self.cycle.attendance_run_ids,
                "action_apply",
                context={"default_approved_by_id": self.officer.id},
            )
        self.assertEqual(self.memberships.mapped("state"), ["enrolled"] * 5)

    def test_late_data_are_a_dry_run_too(self):
        self.decide().action_apply()
        self.rpc(
            self.officer, self.cycle, "action_attendance_late_data", context={"default_is_applied_when_decided": True}
        )
        late = self.cycle.attendance_run_ids[0]
        self.assertEqual((late.state, late.kind), ("decided", "difference"))

    def test_archived_records_do_not_come_back(self):
        """A caller who asks for archived records gets neither an exemption nor a source that was switched off."""
        exemption = self.env["spp.attendance.exemption"].create(
            {"partner_id": self.people[4].id, "reason": "Flood", "date_from": "2025-10-01", "active": False}
        )
        self.assertFalse(exemption.active)
        self.rpc(self.officer, self.cycle, FILTER, context={"active_test": False})
        run = self.cycle.attendance_run_ids
        self.assertEqual(self.decision(run, self.people[4]).reason, "below")
        action = self.rpc(self.officer, run, "action_what_if", context={"active_test": False})
        lines = self.env[action["res_model"]].browse(action["res_id"]).line_ids
        self.assertEqual(lines.filtered("is_present").compliant_count, 2)
        own = self.env.ref("spp_attendance_compliance.attendance_source_session")
        own.active = False
        asked = []
        with patch.object(type(own), "_collect_facts", lambda sources, run: asked.append(sources)):
            self.rpc(self.officer, self.cycle, FILTER, context={"active_test": False})
        self.assertNotIn(own, asked[0])

    # --- what the system keeps

    def test_nobody_writes_what_a_run_found(self):
        run = self.decide()
        run.action_apply()
        passing = self.memberships[0].attendance_decision_id
        for user in (self.officer, self.manager):
            for records, values in (
                (self.memberships[4], {"attendance_decision_id": passing.id}),
                (self.memberships[4], {"number_of_attendance": 5}),
                (self.cycle, {"attendance_late_changes": 0}),
                (self.cycle, {"attendance_dry_run_at": False}),
            ):
                with self.assertRaisesRegex(AccessError, "by itself", msg=str(values)):
                    self.rpc(user, records, "write", values)

    def test_defaults_make_nobody_compliant(self):
        run = self.decide()
        run.action_apply()
        passing = self.memberships[0].attendance_decision_id
        person = self.env["res.partner"].create({"name": "New", "is_registrant": True})
        values = {"cycle_id": self.cycle.id, "state": "enrolled"}
        forged = {"attendance_decision_id": passing.id, "number_of_attendance": 5}
        for name, value in forged.items():
            for user in (self.officer, self.manager):
                for in_values, in_context in (({name: value}, {}), ({}, {f"default_{name}": value})):
                    with self.assertRaisesRegex(AccessError, "by itself", msg=name):
                        self.rpc_create(
                            user, MEMBERSHIP, {"partner_id": person.id, **values, **in_values}, context=in_context
                        )
            self.own_default(self.officer, MEMBERSHIP, name, value)
        member = self.rpc_create(self.officer, MEMBERSHIP, {"partner_id": person.id, **values})
        self.assertFalse(member.attendance_decision_id or member.number_of_attendance)
        self.assertFalse(self.cycle._found_compliant(member))

    def test_what_was_decided_stays_on_record(self):
        """Removing somebody from the cycle, which is a manager's to do, would take the decision along."""
        run = self.decide()
        dry_run_decision = self.decision(run, self.people[0])
        self.rpc(self.manager, self.memberships[0], "unlink")
        self.assertFalse(dry_run_decision.exists(), "a dry run that nobody applied decided nothing")
        run = self.decide()
        run.action_apply()
        with self.assertRaisesRegex(UserError, "stays on record"):
            self.rpc(self.manager, self.memberships[1], "unlink")
        run.action_revert()
        with self.assertRaisesRegex(UserError, "stays on record"):
            self.rpc(self.manager, self.memberships[1], "unlink")

    # --- disputes

    def test_defaults_decide_no_dispute(self):
        run = self.decide()
        run.action_apply()
        forged = {
            "state": "refused",
            "resolution": "No",
            "run_id": run.id,
            "decided_by_id": self.manager.id,
            "decided_at": "2025-10-31 00:00:00",
            "raised_by_id": self.manager.id,
        }
        values = {"decision_id": self.decision(run, self.people[3]).id, "claim": "Was there"}
        dispute = self.rpc_create(
            self.officer,
            "spp.attendance.dispute",
            values,
            context={f"default_{name}": value for name, value in forged.items()},
        )
        for name, value in forged.items():
            self.own_default(self.officer, "spp.attendance.dispute", name, value)
        values["decision_id"] = self.decision(run, self.people[4]).id
        dispute |= self.rpc_create(self.officer, "spp.attendance.dispute", values)
        self.assertEqual(dispute.mapped("state"), ["open"] * 2)
        self.assertFalse(any(dispute.mapped("resolution")) or dispute.run_id or dispute.decided_by_id)
        self.assertEqual(dispute.raised_by_id, self.officer)

    # --- event history

    def test_registrars_do_not_change_attendance_in_the_history(self):
        event = self.env["spp.event.data"].search([("partner_id", "=", self.people[0].id)], limit=1)
        registrar = self.make_user(
            "registrar", "spp_registry.group_registry_officer", "spp_registry.group_registry_manager"
        )
        self.assertEqual(self.rpc(registrar, event, "read", ["state"])[0]["state"], "active")
        for method, *args in (
            ("write", {"state": "cancelled"}),
            ("write", {"partner_id": self.people[1].id}),
            ("action_cancel",),
            ("action_set_draft",),
            ("unlink",),
        ):
            with self.assertRaisesRegex(AccessError, "follows its source", msg=method):
                self.rpc(registrar, event, method, *args)
        self.rpc(registrar, event, "message_post", context={"body": "Asked the teacher"})
        kind = self.env.ref("spp_attendance_compliance.event_type_attendance")
        values = {"partner_id": self.people[4].id, "event_type_id": kind.id, "collection_date": "2025-10-02"}
        with self.assertRaisesRegex(AccessError, "follows its source"), self.env.cr.savepoint():
            self.rpc_create(registrar, "spp.event.data", values)
        other = kind.sudo().copy({"code": "visit", "name": "Visit", "data_model_id": False})
        visit = self.rpc_create(registrar, "spp.event.data", {**values, "event_type_id": other.id})
        self.rpc(registrar, visit, "write", {"state": "cancelled"})
        with self.assertRaisesRegex(AccessError, "follows its source"), self.env.cr.savepoint():
            self.rpc(registrar, visit, "write", {"event_type_id": kind.id})

    def test_defaults_of_a_facilitator_stay_out_of_the_history(self):
        facilitator = self.make_user("teacher", "spp_session_tracking.group_session_user")
        session = self.roster.generate_sessions("2025-10-07", "2025-10-07", 6.0, 8.0)
        session.facilitator_id = facilitator
        self.own_default(facilitator, "spp.event.data", "model", "res.users")
        self.rpc(
            facilitator,
            session,
            "action_submit",
            context={"default_data_json": {"forged": 1}, "default_state": "draft"},
        )
        events = self.env["spp.event.data"].search([("collection_date", "=", "2025-10-07")])
        self.assertEqual((len(events), set(events.mapped("state"))), (5, {"active"}))
        self.assertFalse(any(events.mapped("data_json")) or any(events.mapped("model")))

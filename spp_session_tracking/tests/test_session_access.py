# Part of the SPP attendance suite. LGPL-3.
"""Who plans, marks and sees sessions: by role, by company, by area, and by being their facilitator."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestSessionAccess(SessionTrackingCase):
    def test_facilitator_marks_own_session(self):
        session = self.make_sessions()
        mark = (
            self.env["spp.session.attendance"]
            .with_user(self.facilitator)
            .create({"session_id": session.id, "participant_id": self.people[0].id, "status_id": self.present.id})
        )
        self.rpc(self.facilitator, mark, "write", {"status_id": self.late.id})
        self.rpc(self.facilitator, session, "action_submit")
        self.assertEqual(session.submitted_by_id, self.facilitator)
        self.assertEqual(mark.sudo().status_id, self.late)

    def test_co_facilitator_marks_too(self):
        session = self.make_sessions()
        session.co_facilitator_ids = self.other_facilitator
        self.rpc(self.other_facilitator, session, "action_submit")
        self.assertEqual(session.state, "completed")

    def test_others_read_but_do_not_mark(self):
        session = self.make_sessions()
        self.assertEqual(session.with_user(self.other_facilitator).name, session.name)
        with self.assertRaises(AccessError):
            self.rpc(self.other_facilitator, session, "action_submit")
        with self.assertRaises(AccessError):
            self.rpc(self.other_facilitator, session, "write", {"state": "cancelled"})
        with self.assertRaises(AccessError):
            self.env["spp.session.attendance"].with_user(self.other_facilitator).create(
                {"session_id": session.id, "participant_id": self.people[0].id}
            )
        self.assertEqual(session.state, "scheduled")

    def test_facilitator_neither_plans_nor_deletes(self):
        session = self.make_sessions()
        mark = self.env["spp.session.attendance"].create(
            {"session_id": session.id, "participant_id": self.people[0].id}
        )
        for records in (session, mark, self.session_type, self.roster, self.policy):
            with self.assertRaises(AccessError, msg=records._name):
                self.rpc(self.facilitator, records, "unlink")
        with self.assertRaises(AccessError):
            self.rpc(self.facilitator, self.roster, "generate_sessions", "2025-10-05", "2025-10-05", 6.0, 8.0)
        with self.assertRaises(AccessError):
            self.rpc(self.facilitator, self.policy, "write", {"grace_minutes": 60})

    def test_manager_plans(self):
        self.rpc(self.manager, self.roster, "generate_sessions", "2025-10-05", "2025-10-06", 6.0, 8.0)
        self.assertEqual(len(self.roster.session_ids), 2)
        self.rpc(self.manager, self.roster.session_ids[0], "unlink")
        self.assertEqual(len(self.roster.session_ids), 1)

    def test_nobody_writes_the_change_log(self):
        session = self.make_sessions()
        session.action_submit()
        mark = session.attendance_ids[0]
        self.rpc(self.manager, mark, "write", {"status_id": self.present.id, "correction_reason": "Paper list"})
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            mark.change_ids.sudo().write({"reason": "other"})
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            mark.change_ids.sudo().unlink()
        for user in (self.facilitator, self.manager):
            with self.assertRaises(AccessError):
                self.rpc(user, mark.change_ids, "write", {"reason": "other"})
            with self.assertRaises(AccessError):
                self.rpc(user, mark.change_ids, "unlink")

    def test_no_role_no_access(self):
        session = self.make_sessions()
        employee = self.make_user("employee")
        with self.assertRaises(AccessError):
            session.with_user(employee).read(["name"])

    def test_other_company_sees_nothing(self):
        session = self.make_sessions()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.make_user(
            "stranger",
            "spp_session_tracking.group_session_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.assertNotIn(session, self.env["spp.session"].with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            session.with_user(stranger).read(["name"])

    # --- viewers

    def test_viewers_read_everything_and_change_nothing(self):
        viewer = self.make_user("viewer", "spp_session_tracking.group_session_viewer")
        session = self.make_sessions()
        session.action_submit()
        mark = session.attendance_ids[0]
        absence = self.env["spp.session.absence"].create(
            {
                "partner_id": self.people[0].id,
                "reason_id": self.env.ref("spp_session_tracking.attendance_reason_medical").id,
            }
        )
        readable = (session, mark, self.roster, self.roster.membership_ids[0], self.policy, self.session_type, absence)
        for records in (*readable, self.present):
            self.assertTrue(self.rpc(viewer, records, "read", ["display_name"]), records._name)
            for method, arguments in (("write", [{"display_name": "Mine"}]), ("unlink", [])):
                with self.assertRaises(AccessError, msg=f"{records._name}.{method}"):
                    self.rpc(viewer, records, method, *arguments)
        self.assertTrue(self.env["spp.attendance.fact"].with_user(viewer).search_count([]))
        for method in ("action_start", "action_submit", "action_cancel"):
            with self.assertRaises(AccessError, msg=method):
                self.rpc(viewer, self.roster.generate_sessions("2025-10-09", "2025-10-09", 6.0, 8.0), method)
        for model, values in (
            ("spp.session", {"name": "Mine", "session_type_id": self.session_type.id}),
            ("spp.session.attendance", {"session_id": session.id, "participant_id": self.people[0].id}),
            ("spp.session.absence", {"partner_id": self.people[0].id, "reason_id": absence.reason_id.id}),
        ):
            with self.assertRaises(AccessError, msg=model):
                self.rpc(viewer, self.env[model], "create", values)

    # --- areas

    def test_areas_bound_what_is_seen(self):
        north, south = self.env["spp.area"].create(
            [{"draft_name": "North", "code": "N"}, {"draft_name": "South", "code": "S"}]
        )
        village = self.env["spp.area"].create({"draft_name": "Village", "code": "NV", "parent_id": north.id})
        self.people[0].area_id = village
        self.people[1].area_id = south
        self.roster.area_id = south
        session = self.make_sessions()
        session.area_id = south
        own = self.roster.generate_sessions("2025-10-02", "2025-10-02", 6.0, 8.0)
        own.write({"area_id": south.id, "facilitator_id": self.other_facilitator.id})
        below = self.roster.generate_sessions("2025-10-03", "2025-10-03", 6.0, 8.0)
        below.area_id = village
        (session | own | below).action_submit()
        self.other_facilitator.center_area_ids = north
        seen = (
            self.env["spp.session"]
            .with_user(self.other_facilitator)
            .search([("id", "in", (session | own | below).ids)])
        )
        self.assertEqual(seen, own | below, "the own session, and those in the area and below it")
        marks = self.env["spp.session.attendance"].with_user(self.other_facilitator).search([])
        self.assertEqual(marks.participant_id, self.people[0], "people of the area and below it")
        facts = self.env["spp.attendance.fact"].with_user(self.other_facilitator).search([])
        self.assertEqual(facts.partner_id, self.people[0])
        with self.assertRaises(AccessError):
            self.rpc(self.other_facilitator, session, "read", ["name"])
        memberships = self.env["spp.session.roster.membership"].with_user(self.other_facilitator).search([])
        self.assertEqual(memberships.partner_id, self.people[0])

    def test_facilitators_cannot_make_themselves_the_facilitator(self):
        session = self.make_sessions()
        with self.assertRaises(AccessError):
            self.rpc(self.other_facilitator, session, "write", {"facilitator_id": self.other_facilitator.id})
        with self.assertRaises(AccessError):
            self.rpc(
                self.other_facilitator,
                session,
                "write",
                {"co_facilitator_ids": [Command.link(self.other_facilitator.id)]},
            )

    def test_the_python_interface_is_not_reachable_from_outside(self):
        for method in ("rate", "counts", "days", "forecast", "commitment"):
            with self.assertRaises(AccessError, msg=method):
                self.rpc(self.manager, self.env["spp.attendance.statistics"], method, self.people.ids)

    # --- two companies

    def test_an_absence_announced_elsewhere_excuses_nobody_here(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        medical = self.env.ref("spp_session_tracking.attendance_reason_medical")
        values = {
            **{"partner_id": self.people[0].id, "reason_id": medical.id, "state": "accepted"},
            **{"date_from": "2025-10-01", "date_to": "2025-10-01"},
        }
        elsewhere = self.env["spp.session.absence"].create({**values, "company_id": company.id})
        session = self.make_sessions()
        rows = session.with_user(self.facilitator).load_roster()["rows"]
        self.assertNotIn("announced", {row["why"].split(":")[0] for row in rows})
        session.action_submit()
        mark = session.attendance_ids.filtered(lambda mark: mark.participant_id == self.people[0])
        self.assertEqual((mark.status_id, mark.absence_id.id), (self.absent, False))
        elsewhere.action_accept()
        self.assertEqual(mark.status_id, self.absent)

    def test_a_person_of_another_area_who_was_added_by_hand_is_expected(self):
        north, south = self.env["spp.area"].create([{"draft_name": "North"}, {"draft_name": "South"}])
        hidden = self.env["res.partner"].create({"name": "Hidden", "is_registrant": True, "area_id": south.id})
        self.people.area_id = north
        session = self.make_sessions()
        session.expected_participant_ids = [Command.link(hidden.id)]
        self.facilitator.center_area_ids = north
        self.env.invalidate_all()
        self.rpc(self.facilitator, session, "save_roster", [], True)
        self.env.invalidate_all()
        mark = session.attendance_ids.filtered(lambda mark: mark.participant_id == hidden)
        self.assertEqual((mark.status_id, mark.standing), (self.absent, "expected"))

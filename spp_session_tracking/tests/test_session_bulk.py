# Part of the SPP attendance suite. LGPL-3.
"""Many people at once: added to a session as expected or marked, or everybody in it marked."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestSessionBulk(SessionTrackingCase):
    def setUp(self):
        super().setUp()
        self.roster.policy_id = False
        self.session = self.make_sessions().with_user(self.facilitator)
        self.others = self.env["res.partner"].create(
            [{"name": f"Other {n}", "is_registrant": True} for n in range(1, 4)]
        )

    def wizard(self, user, **values):
        return (
            self.env["spp.session.add.participants"]
            .with_user(user)
            .create({"session_id": self.session.id, "partner_ids": self.others.ids, **values})
        )

    def codes(self):
        return {mark.participant_id: mark.status_id.code for mark in self.session.sudo().attendance_ids}

    def test_many_people_are_expected_at_once(self):
        self.session.sudo().expected_participant_ids |= self.others[0]
        wizard = self.wizard(self.facilitator)
        self.assertEqual(wizard.known_count, 1)
        wizard.action_add()
        self.assertEqual(self.session.expected_participant_ids, self.people | self.others)
        self.assertFalse(self.session.attendance_ids)

    def test_many_people_get_a_mark_at_once(self):
        late = self.env["spp.attendance.status"]._by_code("late")
        self.env["spp.session.attendance"].create(
            {"session_id": self.session.id, "participant_id": self.others[0].id, "status_id": self.absent.id}
        )
        self.wizard(self.facilitator, role="marked", status_id=late.id).action_add()
        self.assertEqual([self.codes()[person] for person in self.others], ["absent", "late", "late"])
        self.assertEqual(set(self.session.sudo().attendance_ids.mapped("standing")), {"guest"})
        self.assertEqual(self.session.expected_participant_ids, self.people)

    def test_the_window_opens_on_its_session(self):
        action = self.session.action_add_participants()
        with Form(self.env[action["res_model"]].with_user(self.facilitator).with_context(**action["context"])) as form:
            form.partner_ids.add(self.others[0])
        form.record.action_add()
        self.assertIn(self.others[0], self.session.expected_participant_ids)

    def test_nobody_and_too_late(self):
        with self.assertRaisesRegex(UserError, "at least one person"):
            self.wizard(self.facilitator, partner_ids=[]).action_add()
        with self.assertRaisesRegex(UserError, "Choose the status"):
            self.wizard(self.facilitator, role="marked", status_id=False).action_add()
        self.session.action_submit()
        with self.assertRaisesRegex(UserError, "nobody can be expected in it any more"):
            self.wizard(self.facilitator).action_add()

    def test_everybody_expected_is_marked(self):
        self.hold(self.people[1])
        reason = self.env.ref("spp_session_tracking.attendance_reason_medical")
        self.env["spp.session.absence"].create(
            {
                "partner_id": self.people[2].id,
                "date_from": "2025-10-01",
                "date_to": "2025-10-01",
                "reason_id": reason.id,
            }
        )
        self.env["spp.session.attendance"].create(
            {"session_id": self.session.id, "participant_id": self.people[3].id, "status_id": self.absent.id}
        )
        self.session.action_mark_everybody()
        self.assertEqual([self.codes()[person] for person in self.people], ["present", "on_hold", "medical", "absent"])
        medical = self.session.sudo().attendance_ids.filtered(lambda mark: mark.participant_id == self.people[2])
        self.assertEqual((medical.reason_id, medical.excuse_state), (reason, "granted"))
        self.session.action_mark_everybody()
        self.assertEqual(len(self.codes()), 4, "called twice is harmless")

    def test_only_those_who_may_mark(self):
        viewer = self.make_user("viewer", "spp_session_tracking.group_session_viewer")
        for user in (self.other_facilitator, viewer):
            with self.assertRaises(AccessError):
                self.rpc(user, self.session, "action_mark_everybody")
        with self.assertRaises(AccessError):
            self.wizard(viewer)
        foreign = self.wizard(self.other_facilitator)
        with self.assertRaises(AccessError):
            self.rpc(foreign.env.user, foreign, "action_add")
        own = self.wizard(self.manager)
        self.rpc(own.env.user, own, "action_add")
        self.assertLessEqual(self.others, self.session.expected_participant_ids)

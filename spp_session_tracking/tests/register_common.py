# Part of the SPP attendance suite. LGPL-3.
"""Registers with a deadline, a lock and reminders, and somebody for each role around them."""

from datetime import date, datetime

from odoo.fields import Command

from .common import SessionTrackingCase


class RegisterCase(SessionTrackingCase):
    """The roster in Jakarta under a policy with a deadline of 24 h, a lock after 72 h and reminders.

    A session of 2025-10-01 ends at 08:00 there: 01:00 UTC. Sessions are entered before they take place.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = cls.make_user("viewer", "spp_session_tracking.group_session_viewer")
        cls.head = cls.make_user("head", "spp_session_tracking.group_session_viewer")
        cls.region = cls.env["spp.area"].create({"draft_name": "Region", "session_head_id": cls.head.id})
        cls.branch = cls.env["spp.area"].create({"draft_name": "Branch", "parent_id": cls.region.id})
        cls.policy.write(
            {
                **{"auto_submit": False, "correction_minutes": 15},
                **{"deadline_hours": 24, "lock_hours": 72, "unlock_hours": 4},
                "reminder_ids": [
                    Command.create({"hours": hours, "recipient": recipient})
                    for hours, recipient in (
                        (2, "facilitator"),
                        (20, "facilitator"),
                        (24, "manager"),
                        (48, "branch_head"),
                    )
                ],
            }
        )
        cls.roster.write({"area_id": cls.branch.id, "manager_id": cls.manager.id})

    @classmethod
    def make_sessions(cls, first=date(2025, 10, 1), last=date(2025, 10, 1), entered=datetime(2025, 9, 1)):
        return cls.enter_sessions(super().make_sessions(first, last).sorted("date"), entered)

    def mark(self, session, person, status, **vals):
        return self.env["spp.session.attendance"].create(
            {
                "session_id": session.id,
                "participant_id": person.id,
                "status_id": self.env["spp.attendance.status"]._by_code(status).id,
                **vals,
            }
        )

    def told(self, record, user):
        """The messages about `record` that were sent to `user`."""
        return self.env["mail.message"].search(
            [
                ("model", "=", record._name),
                ("res_id", "in", record.ids),
                ("partner_ids", "in", user.partner_id.ids),
                ("message_type", "=", "user_notification"),
            ]
        )

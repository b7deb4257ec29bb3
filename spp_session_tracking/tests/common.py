# Part of the SPP attendance suite. LGPL-3.
from datetime import date

from odoo.fields import Command
from odoo.tests import TransactionCase, new_test_user


class SessionTrackingMixin:
    """A roster with four people in Jakarta, UTC+7: 06:00 there is 23:00 UTC of the day before."""

    @classmethod
    def set_up_sessions(cls):
        cls.facilitator = new_test_user(
            cls.env, "facilitator", "base.group_user,spp_session_tracking.group_session_user"
        )
        cls.other_facilitator = new_test_user(
            cls.env, "other_facilitator", "base.group_user,spp_session_tracking.group_session_user"
        )
        cls.manager = new_test_user(
            cls.env, "session_manager", "base.group_user,spp_session_tracking.group_session_manager"
        )
        cls.people = cls.env["res.partner"].create(
            [{"name": f"Person {n}", "is_registrant": True} for n in range(1, 5)]
        )
        cls.policy = cls.env["spp.session.policy"].create(
            {
                "name": "Terminals",
                "grace_minutes": 5,
                "checkin_before_minutes": 90,
                "checkin_after_minutes": 360,
                "auto_submit": True,
                "correction_minutes": 0,
            }
        )
        cls.session_type = cls.env["spp.session.type"].create({"name": "Health Session"})
        cls.roster = cls.env["spp.session.roster"].create(
            {
                "name": "North",
                "session_type_id": cls.session_type.id,
                "facilitator_id": cls.facilitator.id,
                "location": "North",
                "tz": "Asia/Jakarta",
                "policy_id": cls.policy.id,
                "membership_ids": [
                    Command.create({"partner_id": person.id, "date_from": date(2025, 10, 1)}) for person in cls.people
                ],
            }
        )
        cls.present, cls.late, cls.absent = (
            cls.env["spp.attendance.status"]._by_code(code) for code in ("present", "late", "absent")
        )

    @classmethod
    def make_sessions(cls, first=date(2025, 10, 1), last=date(2025, 10, 1)):
        return cls.roster.generate_sessions(first, last, 6.0, 8.0)


class SessionTrackingCase(SessionTrackingMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True, no_reset_password=True))
        cls.set_up_sessions()

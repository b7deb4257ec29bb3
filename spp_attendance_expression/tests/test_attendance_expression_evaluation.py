# Part of the SPP attendance suite. LGPL-3.
"""What expressions come to for people and groups, known and unknown, in a fixed number of queries."""

from datetime import date
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.spp_attendance_expression.models import attendance_expression
from odoo.addons.spp_session_tracking.tests.common import SessionTrackingCase

OCTOBER = (date(2025, 10, 1), date(2025, 10, 31))


@tagged("post_install", "-at_install")
@freeze_time("2025-10-20 12:00:00")
class TestAttendanceExpressionEvaluation(SessionTrackingCase):
    """Ana (7, female, in a village of the north), Ben (12, male, in the north), Cleo (40, female, elsewhere) and Dan, of
    whom nothing is known. Five sessions in October: Ana comes to all, Ben to 4, Cleo to none, Dan is expected in none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        areas = cls.env["spp.area"]
        cls.north = areas.create({"draft_name": "North", "code": "EXP-N"})
        cls.village = areas.create({"draft_name": "Village", "code": "EXP-N-1", "parent_id": cls.north.id})
        cls.south = areas.create({"draft_name": "South", "code": "EXP-S"})
        male, female = (cls.env.ref(f"spp_vocabulary.code_gender_{gender}") for gender in ("male", "female"))
        cls.ana, cls.ben, cls.cleo, cls.dan = cls.people
        for person, name, born, gender, area in (
            (cls.ana, "Ana", "2018-10-20", female, cls.village),
            (cls.ben, "Ben", "2012-10-21", male, cls.north),
            (cls.cleo, "Cleo", "1985-01-01", female, cls.south),
        ):
            person.write({"name": name, "birthdate": born, "gender_id": gender.id, "area_id": area.id})
        cls.session_type.code = "EXP"
        cls.roster.membership_ids.filtered(lambda membership: membership.partner_id == cls.dan).unlink()
        cls.sessions = cls.make_sessions(last=date(2025, 10, 5)).sorted("date")
        cls.mark(cls.ana, "present", "present", "late", "present", "present")
        cls.mark(cls.ben, "late", "present", "present", "present")
        cls.sessions.action_submit()
        cls.empty, cls.family, cls.couple = cls.env["res.partner"].create(
            [
                {"name": name, "is_registrant": True, "is_group": True, "area_id": area.id}
                for name, area in (("Empty", cls.south), ("Family", cls.north), ("Couple", areas))
            ]
        )
        cls.join(cls.family, cls.ana, cls.ben, cls.cleo)
        cls.join(cls.couple, cls.cleo, cls.dan)

    @classmethod
    def mark(cls, person, *codes):
        for session, code in zip(cls.sessions, codes, strict=False):
            cls.env["spp.session.attendance"].create(
                {
                    "session_id": session.id,
                    "participant_id": person.id,
                    "status_id": cls.env["spp.attendance.status"]._by_code(code).id,
                }
            )

    @classmethod
    def join(cls, group, *people, **vals):
        return cls.env["spp.group.membership"].create(
            [{"group": group.id, "individual": person.id, **vals} for person in people]
        )

    def expression(self, text, target="individual", **vals):
        return self.env["spp.attendance.expression"].create(
            {"name": "Test", "target": target, "expression": text, **vals}
        )

    def verdicts(self, text, partners=None, window=OCTOBER):
        partners = partners if partners is not None else self.people
        expression = self.expression(text, "group" if partners[:1].is_group else "individual")
        verdicts = expression._evaluate(partners, *window)
        return [verdicts[partner.id] for partner in partners]

    # --- people

    def test_attendance(self):
        for text, expected in (
            ('attendance.rate("EXP") >= 80', [True, True, False, None]),
            ('attendance.rate("EXP") > 80', [True, False, False, None]),
            ("attendance.rate() == 100", [True, False, False, None]),
            ('attendance.rate("FDS") >= 0', [None] * 4),
            ('attendance.count("EXP") >= 4', [True, True, False, False]),
            ('attendance.count("EXP", "late") == 1', [True, True, False, False]),
            ('attendance.count("EXP", "absent") == 1', [False, True, False, False]),
            ('attendance.count("FDS", "late") == 0', [True] * 4),
            ("attendance.days() == 5", [True, False, False, False]),
            ('attendance.days(date("2025-10-04"), date("2025-10-05")) == 1', [False, True, False, False]),
            ('attendance.rate("EXP", date("2025-10-02"), date("2025-10-03")) == 100', [True, True, False, None]),
            ('attendance.rate("EXP") - age > 80', [True, False, False, None]),
        ):
            self.assertEqual(self.verdicts(text), expected, text)

    def test_a_rate_is_not_rounded_up_to_the_threshold(self):
        counts = {"attended": 19999, "counted": 25001, "weight": 19999}  # 79.9928 %, 79.99 to two places
        with patch.object(
            self.registry["spp.attendance.statistics"],
            "counts",
            lambda _self, partners, *_args: dict.fromkeys(partners.ids, counts),
        ):
            self.assertEqual(self.verdicts("attendance.rate() >= 79.993"), [False] * 4)
            self.assertEqual(self.verdicts("attendance.rate() >= 79.992"), [True] * 4)

    def test_registers_that_are_not_submitted_do_not_count(self):
        self.make_sessions(date(2025, 10, 6), date(2025, 10, 6))
        self.assertEqual(self.verdicts("attendance.rate() == 100"), [True, False, False, None])

    def test_age_in_whole_years(self):
        self.assertEqual(self.verdicts("age == 7"), [True, False, False, None])
        self.assertEqual(self.verdicts("age == 12"), [False, True, False, None], "13 tomorrow")
        self.assertEqual(self.verdicts("age in [7, 40]"), [True, False, True, None])
        with freeze_time("2025-10-21"):
            self.assertEqual(self.verdicts("age == 13"), [False, True, False, None])

    def test_gender_and_area(self):
        for text, expected in (
            ('gender == "2"', [True, False, True, None]),
            ('gender != "2"', [False, True, False, None]),
            ('gender in ["1", "2"]', [True, True, True, None]),
            ('area == "EXP-N"', [False, True, False, None]),
            ('in_area("EXP-N")', [True, True, False, None]),
            ('area.startsWith("EXP-N")', [True, True, False, None]),
            ("has(gender) && has(age) && has(area)", [True, True, True, False]),
            ("has(attendance.rate())", [True, True, True, False]),
        ):
            self.assertEqual(self.verdicts(text), expected, text)

    def test_what_is_known_decides_whatever_is_missing(self):
        for text, expected in (
            ("age > 3 && false", False),
            ("age > 3 && true", None),
            ("true || age > 3", True),
            ("age > 3 || true", True),
            ("age > 3 || false", None),
            ("!(age > 3)", None),
            ("age > 3 ? true : true", None),
            ("has(age) && age > 3", False),
            ("!has(age) || age > 3", True),
        ):
            self.assertEqual(self.verdicts(text, self.dan), [expected], text)

    def test_nothing_can_be_computed(self):
        self.assertEqual(self.verdicts("age / attendance.count() > 1"), [True, True, None, None])
        self.assertEqual(self.verdicts("age / 2 == 3.5"), [True, False, False, None], "a true quotient")
        huge = " * ".join(["999999999999999"] * 3)
        self.assertEqual(self.verdicts(f"age + {huge} > 1", self.ana), [None], "too large a number is not known")

    def test_matching(self):
        self.assertEqual(self.expression("age == 7")._matching(self.people, *OCTOBER), self.ana)

    # --- groups

    def test_groups(self):
        groups = self.empty + self.family + self.couple
        for text, expected in (
            ("members.size() == 3", [False, True, False]),
            ("members.exists(m, m.age < 8)", [False, True, None]),
            ("members.all(m, m.age < 60)", [True, True, None]),
            ("members.all(m, m.age < 30)", [True, False, False]),
            ("members.exists_one(m, m.age >= 18)", [False, True, None]),
            ("members.exists_one(m, m.age < 18)", [False, False, None]),
            ('members.filter(m, m.gender == "2").size() >= 2', [False, True, None]),
            ('members.filter(m, has(m.gender) && m.gender == "2").size() >= 1', [False, True, True]),
            ("members.filter(m, m.age < 18).all(m, m.attendance.rate() >= 80)", [True, True, None]),
            ("members.filter(m, m.age < 18).filter(c, c.age > 10).size() == 1", [False, True, None]),
            ("members.exists(m, m.attendance.days() >= 5)", [False, True, False]),
            ('members.exists(m, m.attendance.count("EXP", "late") == 1 && m.gender == "1")', [False, True, False]),
            ("members.all(m, m.in_area('EXP-N'))", [True, False, False]),
            ("members.exists(m, m.area == area)", [False, True, None]),
            ("in_area('EXP-N')", [False, True, None]),
            ("members.filter(m, m.age < 18).size() / members.size() > 0.6", [None, True, None]),
        ):
            self.assertEqual(self.verdicts(text, groups), expected, text)

    def test_a_verdict_does_not_depend_on_the_order_of_members(self):
        ages = {"child": 4, "adult": 40, "unknown": None}
        people = {
            kind: self.env["res.partner"].create(
                {
                    "name": kind,
                    "is_registrant": True,
                    "birthdate": age and date(2025, 10, 1) - relativedelta(years=age),
                }
            )
            for kind, age in ages.items()
        }
        for order in (("unknown", "child"), ("child", "unknown"), ("unknown", "adult"), ("adult", "unknown")):
            group = self.env["res.partner"].create({"name": "Group", "is_registrant": True, "is_group": True})
            for kind in order:
                self.join(group, people[kind])
            with_child = "child" in order
            self.assertEqual(self.verdicts("members.exists(m, m.age < 5)", group), [True if with_child else None])
            self.assertEqual(self.verdicts("members.all(m, m.age < 5)", group), [None if with_child else False])

    def test_only_present_members_count(self):
        self.env["spp.group.membership"].search([("individual", "=", self.cleo.id)]).write(
            {"start_date": "2025-01-01", "ended_date": "2025-10-10"}
        )
        self.assertEqual(self.verdicts("members.size() == 2", self.family), [True])
        self.ben.disabled = "2025-10-10"
        self.assertEqual(self.verdicts("members.size() == 1", self.family), [True])

    # --- window

    def test_window(self):
        text = 'attendance.count("EXP") >= 1'
        self.env["spp.session.term"].create(
            {"name": "Autumn", "kind": "term", "date_from": "2025-10-05", "date_to": "2025-12-31"}
        )
        for vals, expected in (
            ({"period": "term"}, self.ana),
            ({"period": "year"}, self.ana + self.ben),
            ({"period": "dates", "date_from": "2025-09-01", "date_to": "2025-09-30"}, self.env["res.partner"]),
        ):
            expression = self.expression(text, **vals)
            self.assertEqual(expression._matching(self.people), expected, vals)
            self.assertEqual(expression._matching(self.people, *OCTOBER), self.ana + self.ben, "given by the caller")

    # --- size, changes of catalogues

    def count_queries(self, expression, partners):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        expression._evaluate(partners, *OCTOBER)
        return self.cr.sql_log_count - before

    def test_a_fixed_number_of_queries_per_batch(self):
        text = (
            'attendance.rate("EXP") >= 80 || attendance.count("EXP", "late") > 1 || attendance.days() > 3'
            ' || age > 3 && in_area("EXP-N")'
        )
        expression = self.expression(text)
        many = self.people + self.env["res.partner"].create(
            [{"name": f"Many {number}", "is_registrant": True} for number in range(200)]
        )
        few_queries, many_queries = (self.count_queries(expression, partners) for partners in (self.ana, many))
        self.assertEqual(few_queries, many_queries)
        self.assertLessEqual(few_queries, 13)  # one of them asks for the zone of the company
        with patch.object(attendance_expression, "BATCH_SIZE", 102):
            self.assertEqual(self.count_queries(expression, many), many_queries + 4, "4 for each further batch")

    def test_a_fixed_number_of_queries_for_groups(self):
        expression = self.expression(
            'members.exists(m, m.attendance.rate("EXP") >= 80 && m.age < 18) && in_area("EXP-N")', "group"
        )
        groups = self.env["res.partner"].create(
            [{"name": f"Group {number}", "is_registrant": True, "is_group": True} for number in range(100)]
        )
        for group in groups:
            self.join(group, *self.people)
        self.assertEqual(*(self.count_queries(expression, partners) for partners in (self.family, groups)))

    def test_a_code_that_has_gone(self):
        expression = self.expression('attendance.rate("EXP") >= 80')
        self.session_type.code = "OTHER"
        with self.assertRaisesRegex(UserError, "Test can no longer be used: There is no session type EXP. Known are:"):
            expression._evaluate(self.people, *OCTOBER)

    def test_preview(self):
        preview = self.preview(self.expression('attendance.rate("EXP") >= 80'))
        self.assertEqual(preview.matching_ids, self.ana + self.ben)
        self.assertIn(self.dan, preview.unknown_ids)
        self.assertEqual(preview.matching_count, 2)
        everybody = self.env["res.partner"].search_count(
            [("is_registrant", "=", True), ("is_group", "=", False), ("company_id", "=", self.env.company.id)]
        )
        self.assertEqual(preview.registrant_count, everybody)
        self.assertEqual(preview.unknown_count, everybody - 3)
        self.assertEqual((preview.date_from, preview.date_to), (date(2025, 1, 1), date(2025, 12, 31)))

    def test_preview_shows_80_of_many(self):
        self.env["res.partner"].create([{"name": f"Many {number}", "is_registrant": True} for number in range(90)])
        preview = self.preview(self.expression("!has(age)"))
        self.assertGreaterEqual(preview.matching_count, 91)
        self.assertEqual(len(preview.matching_ids), 80)

    def preview(self, expression):
        action = expression.action_preview()
        return self.env[action["res_model"]].browse(action["res_id"])

    def test_preview_shows_what_the_user_may_see(self):
        expression = self.expression("age >= 0", company_id=False)
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.cleo.company_id = elsewhere
        self.manager.center_area_ids = [Command.set(self.north.ids)]
        preview = self.preview(expression.with_user(self.manager))
        self.assertEqual(preview.matching_ids & self.people, self.ana + self.ben)
        self.assertNotIn(self.cleo, preview.matching_ids)

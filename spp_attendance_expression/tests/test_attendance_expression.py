# Part of the SPP attendance suite. LGPL-3.
"""Which expressions are refused, with place and sentence, and what of an accepted one reaches the library."""

import cel
from psycopg2.errors import CheckViolation

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.spp_attendance_expression.expressions.reader import ExpressionReader
from odoo.addons.spp_session_tracking.tests.common import SessionTrackingCase

# expression about individuals -> the end of the sentence that refuses it
REFUSED = {
    "": "Line 1, column 1: The expression ends too early.",
    "age >": "Line 1, column 6: The expression ends too early.",
    "age >= 18 &&\n  * 3": "Line 2, column 3: * is not expected here.",
    "age >= 18 age": "Line 1, column 11: age is not expected here.",
    "(age >= 18": "Line 1, column 11: The expression ends too early: ) is missing.",
    "age = 18": "Line 1, column 5: Write == instead of =.",
    "age >= 18 and age < 60": "Line 1, column 11: Write && instead of and.",
    "not (age >= 18)": "Line 1, column 1: Write ! instead of not.",
    "age >= 18 & age < 60": "Line 1, column 11: Write && instead of &.",
    "gender == “2”": "Line 1, column 11: Use straight quotes instead of “.",
    'gender == "2': "Line 1, column 11: A text begins here that has no closing quote on its line.",
    "age >= 18; true": "Line 1, column 10: ; is not used in expressions.",
    "attendance.rate() >= 80 %": "Line 1, column 26: The expression ends too early.",
    "age % 2 == 1": "Line 1, column 5: Write a percentage without the sign %, for example 80.",
    "salary > 3": "Line 1, column 1: salary is not known here. Known are: age, area, attendance, gender.",
    'sum("FDS") > 3': "Line 1, column 1: sum is not known here. Known are: date, has, in_area, size.",
    'attendance.total("FDS") > 3': "Line 1, column 12: total is not known here. Known are: rate, count, days.",
    "age.years > 3": "Line 1, column 5: years is not known here. Known are: age, area, attendance, gender.",
    'true &&\nattendance.rate("FDX") >= 80': "Line 2, column 17: There is no session type FDX. Known are: ",
    'attendance.count("FDS", "presnt") > 1': "Line 1, column 25: There is no attendance status presnt. Known are: ",
    'gender == "female"': "Line 1, column 11: There is no gender code female. Known are: 0, 1, 2, 9.",
    '"female" != gender': "Line 1, column 1: There is no gender code female. Known are: 0, 1, 2, 9.",
    'gender in ["1", "f"]': "Line 1, column 17: There is no gender code f. Known are: 0, 1, 2, 9.",
    'area == "NOWHERE"': "Line 1, column 9: There is no area with the code NOWHERE.",
    'in_area("NOWHERE")': "Line 1, column 9: There is no area with the code NOWHERE.",
    "in_area(3)": "Line 1, column 9: The code of an area in quotes is needed here.",
    "attendance.rate(3) > 1": "Line 1, column 17: The code of a session type in quotes is needed here.",
    'attendance.rate("FDS", "present") > 1': "Line 1, column 12: Write attendance.rate with a session type, a first",
    'attendance.count(date("2025-01-01"), date("2025-02-01"), "FDS") > 1': "Line 1, column 12: Write attendance.count",
    'attendance.days(date("2025-01-01")) > 1': "Line 1, column 17: A period needs its first and its last date.",
    'attendance.days(date("2025-03-01"), date("2025-01-01")) > 1': "Line 1, column 37: The period ends before it begins.",
    'attendance.days(date("2025-02-30"), date("2025-03-01")) > 1': "Line 1, column 22: This is not a date: write it as",
    'date("2025-02-01", 3) > 1': "Line 1, column 1: date(...) takes one value.",
    "attendance.rate()": "Line 1, column 1: The expression is a number, not true or false: compare it with something",
    "gender": "Line 1, column 1: The expression is a text, not true or false: compare it with something",
    "attendance": "Line 1, column 1: The expression is the attendance as a whole, not true or false",
    '["1"]': "Line 1, column 1: The expression is a list, not true or false",
    'date("2025-01-01")': "Line 1, column 1: The expression is a date, not true or false",
    'age == "12"': "Line 1, column 8: A text cannot be compared with a number.",
    'age >= "12"': "Line 1, column 8: >= compares numbers, and this is a text.",
    "gender > 1": "Line 1, column 1: > compares numbers, and this is a text.",
    "6 <= age <= 17": "Line 1, column 10: Only two things can be compared at once: join comparisons with &&.",
    "age && true": "Line 1, column 1: This has to be true or false, and it is a number.",
    "!age": "Line 1, column 2: This has to be true or false, and it is a number.",
    'age + "1" > 2': "Line 1, column 7: This has to be a number, and it is a text.",
    "age ? true : false": "Line 1, column 1: This has to be true or false, and it is a number.",
    "true ? 1 : true": "Line 1, column 12: True or false cannot be compared with a number.",
    'gender in "1"': 'Line 1, column 11: After "in" a list is needed, for example ["1", "2"].',
    "gender in [1]": "Line 1, column 12: A number cannot be compared with a text.",
    "age in [age]": "Line 1, column 9: A list holds texts in quotes or numbers.",
    "has(3)": "Line 1, column 5: has(...) asks whether something is known, for example has(age).",
    "members.exists(m, m.age < 5)": "Line 1, column 1: A person has no members: set the expression to groups.",
    "age > 1234567890123456": "Line 1, column 7: This number is too long.",
    "(" * 30 + "true" + ")" * 30: "Line 1, column 21: More than 20 levels of brackets: split the expression.",
    "!" * 30 + "true": "Line 1, column 20: Too many signs in a row.",
    "true"
    + " && true" * 300: "Line 1, column 1: The expression is longer than 2000 characters: split it into several.",
    " + ".join(f'attendance.days(date("2025-01-{day:02}"), date("2025-12-31"))' for day in range(1, 15)): "column "
    "697: More than 12 different questions about attendance: split the expression.",
}
REFUSED_FOR_GROUPS = {
    "age > 3": "Line 1, column 1: A group has no age: ask its members, for example members.exists(m, m.age ...).",
    "attendance.rate() > 3": "Line 1, column 1: A group has no attendance: ask its members",
    "members": "Line 1, column 1: The expression is the list of members, not true or false",
    "members.size()": "Line 1, column 1: The expression is a number, not true or false",
    "members.filter(m, m.age < 5)": "Line 1, column 1: The expression is the list of members, not true or false",
    "members.map(m, m.age)": "Line 1, column 9: map is not known here. Known are: all, exists, exists_one, filter, size.",
    "members.all(m.age < 5)": "Line 1, column 14: , is expected here instead of ..",
    "members.all(3, m.age < 5)": "Line 1, column 13: A name for the member is needed first, for example members.all(m,",
    "members.all(age, age < 5)": "Line 1, column 13: age has a meaning of its own: call the member something else.",
    "members.all(m, m.age)": "Line 1, column 16: This has to be true or false, and it is a number.",
    "members.all(m, m)": "Line 1, column 16: This has to be true or false, and it is a member as a whole.",
    "members.all(m, m.salary > 3)": "Line 1, column 18: salary is not known here. Known are: age, area, attendance,",
    "members.all(m, age > 3)": "Line 1, column 16: A group has no age: ask its members",
    "members.all(m, n.age > 3)": "Line 1, column 16: n is not known here. Known are: area, in_area, members, m.",
    "members.all(m, members.exists(n, n.age > m.age))": "Line 1, column 16: A question about members cannot hold another",
    "m.age > 3 && members.all(m, m.age > 3)": "Line 1, column 1: m is not known here. Known are: area, in_area, members.",
    "members == members": "Line 1, column 12: The list of members cannot be compared with the list of members.",
}
ACCEPTED = (
    "true",
    "age >= 18 && age < 60 // a remark",
    'gender in ["1", "2"] || !(area == "EXP-N")',
    'area.startsWith("EXP") && !area.endsWith("X")',
    "-age < 0 && age * 2 - 1 > 3 && age / 2 >= 0.5",
    "attendance.rate() + age > 1.5",
    'attendance.rate("FDS") >= 80',
    "attendance.rate('FDS') >= (age < 18 ? 60 : 80.5)",
    'attendance.count("FDS", "late", date("2025-01-01"), date("2025-12-31")) <= attendance.count()',
    "has(age) && has(attendance.rate()) && !has(gender)",
    'in_area("EXP")',
)
ACCEPTED_FOR_GROUPS = (
    "members.size() > 1",
    "size(members) == 2 && size(members.filter(m, has(m.gender))) == 2",
    'members.all(m, m.area == area && m.in_area("EXP"))',
    "members.filter(m, m.age < 18).filter(k, k.age > 5).all(c, c.attendance.rate() >= 80)",
    "members.filter(m, m.age < 18).size() * 100 >= 60 * members.size()",
    "members.exists_one(m, m.attendance.days() > 3) ? true : in_area('EXP')",
)


@tagged("post_install", "-at_install")
class TestAttendanceExpression(SessionTrackingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["spp.area"].create({"draft_name": "Everywhere", "code": "EXP"})
        cls.env["spp.area"].create({"draft_name": "North", "code": "EXP-N"})

    def write_expression(self, text, target="individual"):
        return self.env["spp.attendance.expression"].create({"name": "Test", "target": target, "expression": text})

    def check_refused(self, refused, target):
        expression = self.write_expression("true", target)
        for text, sentence in refused.items():
            with self.subTest(text), self.assertRaises(ValidationError) as caught:
                expression.expression = text
            self.assertIn(sentence, str(caught.exception), text)
        self.assertEqual(expression.expression, "true")

    def test_every_refusal_has_its_place_and_sentence(self):
        self.check_refused(REFUSED, "individual")

    def test_refusals_about_groups(self):
        self.check_refused(REFUSED_FOR_GROUPS, "group")

    def test_accepted_expressions_are_accepted_by_the_library_too(self):
        for target, texts in (("individual", ACCEPTED), ("group", ACCEPTED_FOR_GROUPS)):
            for text in texts:
                with self.subTest(text):
                    reading = self.write_expression(text, target)._read_expression()
                    cel.compile(reading.text)
                    for question in reading.quantifiers.values():
                        for part in (*question.filters, question.condition or "true"):
                            cel.compile(part)

    def test_the_library_gets_no_text_of_the_user_but_literals(self):
        text = 'attendance.rate("FDS") >= 80 && gender != "2" // remark'
        reading = ExpressionReader(self.env, text, "individual").parse()
        self.assertEqual(reading.text, '((p.f0 >= 80) && (p.f1 != "2"))')

    def test_same_question_is_asked_once(self):
        reading = ExpressionReader(
            self.env, 'attendance.rate("FDS") > 80 || attendance.rate("FDS") > 60 && age > 60', "individual"
        ).parse()
        self.assertEqual([fact.kind for fact in reading.facts], ["rate", "age"])

    def test_quotes_within_the_other_kind_of_quotes(self):
        reading = ExpressionReader(self.env, """area.contains('a"b')""", "individual").parse()
        self.assertTrue(cel.compile(reading.text).execute({"p": {"f0": 'xa"by'}}))

    def test_change_of_target_is_checked(self):
        expression = self.write_expression("age > 3")
        with self.assertRaisesRegex(ValidationError, "A group has no age"):
            expression.target = "group"

    def test_archived_session_types_are_still_known(self):
        self.env.ref("spp_session_tracking.session_type_fds").active = False
        self.write_expression('attendance.rate("FDS") > 80')

    def test_dates_of_the_window(self):
        for vals in (
            {"period": "dates"},
            {"period": "dates", "date_from": "2025-02-01"},
            {"period": "dates", "date_from": "2025-02-01", "date_to": "2025-01-01"},
        ):
            expression = self.write_expression("true")
            with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
                expression.write(vals)
                expression.flush_recordset()

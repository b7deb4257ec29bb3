# Part of the SPP attendance suite. LGPL-3.
"""Who counts attendance comes to the same figures: runs, what-if, notices, formulas, statistics, forecasts and summaries."""

from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from random import Random

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import TransactionCase, tagged

FIRST, LAST = date(2025, 10, 1), date(2025, 10, 14)
NOW = datetime(2025, 10, 9, 12, 0)
CODES = ("present", "present", "present", "late", "tardy", "tardy", "partial", "absent", "excused", "medical")
RESULTS = {True: "compliant", False: "non_compliant", None: "unknown"}


class World:
    """A small programme drawn by lot: a policy, a roster with dated members and holds, registers, and households."""

    def __init__(self, env, seed):
        self.env, self.seed, self.draw = env, seed, Random(seed)
        draw = self.draw
        self.threshold = draw.choice((40, 50, 66.67, 75, 80, 87.5, 100))
        self.policy = env["spp.session.policy"].create(
            {
                "name": f"Policy {seed}",
                "late_counting": draw.choice(("status", "weight", "absences")),
                "late_weight": draw.choice((0.25, 0.75)),
                "lates_per_absence": draw.choice((1, 2, 3)),
                "excused_counting": draw.choice(("status", "weight")),
                "excused_weight": draw.choice((0, 0.3, 1)),
            }
        )
        env["spp.attendance.status"]._by_code("partial").weight = draw.choice((0.3, 0.5, 0.57))
        # a late status of the programme's own
        env["spp.attendance.status"].create(
            {
                "name": "Tardy",
                "code": f"tardy{seed}",
                "kind": "late",
                "weight": draw.choice((0.8, 1)),
                "is_attended": True,
            }
        )
        self.type = env["spp.session.type"].create(
            {
                "name": f"Type {seed}",
                "code": f"CORE{seed}",
                "policy_id": self.policy.id,
                "required_attendance_percentage": self.threshold,
            }
        )
        self.people = env["res.partner"].create([{"name": f"Person {n}", "is_registrant": True} for n in range(7)])
        self.make_roster()
        self.make_registers()
        self.make_households()
        self.individual = self.make_cycle("individual", self.people)
        self.group = self.make_cycle("group", self.households)

    def some_days(self):
        """First and last day of something that happens while the sessions do."""
        first = FIRST + timedelta(self.draw.randrange(-1, 13))
        return first, first + timedelta(self.draw.randrange(8))

    def make_roster(self):
        draw = self.draw
        self.spans, self.holds = {}, []
        for person in self.people[:6]:  # the last one is added to sessions by hand
            first = FIRST if draw.random() < 0.6 else self.some_days()[0]
            last = None if draw.random() < 0.7 else first + timedelta(draw.randrange(2, 14))
            self.spans[person] = (first, last)
            if draw.random() < 0.6:
                self.holds.append((person, *self.some_days()))
        # a hold of somebody who is not on the roster holds nothing
        self.holds.append((self.people[6], date(2025, 10, 9), date(2025, 10, 12)))
        self.roster = self.env["spp.session.roster"].create(
            {
                "name": self.type.name,
                "session_type_id": self.type.id,
                "tz": "Asia/Jakarta",
                "membership_ids": [
                    Command.create({"partner_id": person.id, "date_from": first, "date_to": last})
                    for person, (first, last) in self.spans.items()
                ],
                "hold_ids": [
                    Command.create({"partner_id": person.id, "date_from": first, "date_to": last, "reason": "Abroad"})
                    for person, first, last in self.holds
                ],
            }
        )

    def make_registers(self):
        draw = self.draw
        # people who are archived later stay expected
        self.roster = self.roster.with_context(active_test=False)
        self.sessions = self.roster.generate_sessions(FIRST, LAST, 6.0, 8.0).sorted("date")
        for session in self.sessions:
            if draw.random() < 0.5:
                session.expected_participant_ids = [Command.link(self.people[6].id)]
        self.env.flush_all()
        self.sessions.filtered(lambda session: draw.random() < 0.12).action_cancel()
        held = self.sessions.filtered(
            lambda session: session.date <= date(2025, 10, 8) and session.state == "scheduled"
        )
        statuses = self.env["spp.attendance.status"]
        status = {
            code: statuses._by_code(f"tardy{self.seed}" if code == "tardy" else code).id
            for code in dict.fromkeys(CODES)
        }
        self.env["spp.session.attendance"].create(
            [
                {"session_id": session.id, "participant_id": person.id, "status_id": status[draw.choice(CODES)]}
                for session in held
                for person in self.people
                if (person in session.expected_participant_ids and draw.random() < 0.85) or draw.random() < 0.1
            ]
        )
        # one register is missing: its session is over and counts for nobody
        held.filtered(lambda session: session.expected_participant_ids or session.attendance_ids)[:-1].action_submit()

    def make_households(self):
        draw = self.draw
        self.households = self.env["res.partner"].create(
            [{"name": f"Household {n}", "is_registrant": True, "is_group": True} for n in range(2)]
        )
        lines = []
        self.present = {household: self.people.browse() for household in self.households}
        for index, person in enumerate(self.people):
            household = self.households[index % 2]
            ended = draw.random() < 0.15
            gone = draw.choice(("archived", "disabled", None, None, None, None))
            lines.append(
                {
                    "group": household.id,
                    "individual": person.id,
                    "start_date": "2025-01-01",
                    "ended_date": "2025-10-02" if ended else False,
                }
            )
            if gone == "archived":
                person.active = False
            elif gone == "disabled":
                person.disabled = "2025-10-02"
            if not ended and not gone:
                self.present[household] |= person
        self.env["spp.group.membership"].create(lines)

    def make_cycle(self, target, members):
        program = self.env["spp.program"].create(
            {"name": f"{self.type.name} of {members[:1].name}", "target_type": target}
        )
        source = self.env.ref("spp_attendance_compliance.attendance_source_session")
        kind = self.env["spp.event.attendance.type"].search(
            [("source_id", "=", source.id), ("external_id", "=", str(self.type.id))]
        )
        return (
            self.env["spp.cycle"]
            .with_context(spp_historical_import=True)
            .create(
                {
                    "name": program.name,
                    "program_id": program.id,
                    "start_date": FIRST,
                    "end_date": LAST,
                    "attendance_required": True,
                    "attendance_threshold": self.threshold,
                    "attendance_type_ids": [Command.set(kind.ids)],
                    "attendance_group_rule": "all",
                    "cycle_membership_ids": [
                        Command.create({"partner_id": partner.id, "state": "enrolled"}) for partner in members
                    ],
                }
            )
        ).with_context(spp_historical_import=False)

    # --- the same, reckoned mark by mark

    def standing(self, person, session):
        day = session.date
        if person not in self.spans:
            return "expected" if person in session.expected_participant_ids else "guest"
        first, last = self.spans[person]
        if not first <= day or (last and day > last):
            return "guest"
        on_hold = any(who == person and begins <= day <= ends for who, begins, ends in self.holds)
        return "hold" if on_hold else "expected"

    def by_hand(self, person):
        """:return: what a person attended (Fraction), of how many sessions, and how many are to come"""
        policy, weight, counted, lates = self.policy, Fraction(0), 0, 0
        for session in self.sessions.filtered("submitted_at"):
            for mark in session.attendance_ids.filtered(lambda mark: mark.participant_id == person):
                status = mark.status_id
                weighs_excuse = status.is_excused and policy.excused_counting == "weight"
                if not status.is_attended and self.standing(person, session) != "expected":
                    continue
                if not status.is_in_denominator and not weighs_excuse:
                    continue
                counted += 1
                worth = status.weight
                if status.kind == "late":
                    lates += 1
                    worth = policy.late_weight if policy.late_counting == "weight" else worth
                elif weighs_excuse:
                    worth = policy.excused_weight
                weight += Fraction(str(worth))
        if policy.late_counting == "absences":
            weight = max(weight - lates // policy.lates_per_absence, Fraction(0))
        to_come = sum(
            session.end_datetime >= NOW
            and session.state == "scheduled"
            and person in session.expected_participant_ids
            and self.standing(person, session) == "expected"
            for session in self.sessions
        )
        return weight, counted, to_come


@tagged("post_install", "-at_install")
class TestOneCountingCore(TransactionCase):
    def setUp(self):
        super().setUp()
        self.env = self.env(context=dict(self.env.context, tracking_disable=True, no_reset_password=True))

    def in_worlds(self, check, number=10):
        """Make a check in some worlds.

        :return: set of what the checks returned
        """
        found = set()
        for seed in range(number):
            with self.subTest(seed=seed), freeze_time(NOW):
                found |= check(World(self.env, seed))
        return found

    def verdicts(self, world, text, partners):
        expression = self.env["spp.attendance.expression"].create(
            {
                "name": "Core",
                "target": "group" if partners[:1].is_group else "individual",
                "expression": text.format(code=world.type.code, threshold=world.threshold),
            }
        )
        return expression._evaluate(partners, FIRST, LAST)

    def test_people(self):
        results = self.in_worlds(self.check_people)
        self.assertEqual(results, {"compliant", "non_compliant", "unknown"}, "the worlds hold every result")

    def check_people(self, world):
        statistics, people = self.env["spp.attendance.statistics"], world.people
        threshold = Fraction(str(world.threshold))
        run = world.individual._start_attendance_run()
        decisions = {decision.partner_id: decision for decision in run.decision_ids}
        counts = statistics.counts(people, FIRST, LAST, world.type)
        rates = statistics.rate(people, FIRST, LAST, world.type)
        formula = self.verdicts(world, 'attendance.rate("{code}") >= {threshold}', people)
        summary = {
            row.partner_id: row
            for row in self.env["spp.attendance.summary"]
            .with_context(attendance_date_from=FIRST, attendance_date_to=LAST, active_test=False)
            .search([("partner_id", "in", people.ids), ("session_type_id", "=", world.type.id)])
        }
        below = people.with_context(attendance_date_from=FIRST, attendance_date_to=LAST).filtered(
            "is_below_attendance_requirement"
        )
        results = set()
        for person in people:
            weight, counted, _to_come = world.by_hand(person)
            met = None if not counted else weight * 100 >= threshold * counted
            decision, known, row = decisions[person], counts[person.id], summary.get(person)
            results.add(RESULTS[met])
            self.assertEqual(
                (Fraction(str(decision.counted)), decision.expected, decision.result), (weight, counted, RESULTS[met])
            )
            self.assertEqual((Fraction(known["weight"]), known["counted"]), (weight, counted))
            self.assertIs(statistics.is_met(known["weight"], known["counted"], world.threshold), met)
            self.assertIs(formula[person.id], met)
            self.assertEqual(person in below, met is False)
            if row:
                self.assertEqual((row.counted, row.is_below), (counted, met is False))
                self.assertEqual(f"{row.rate:.2f}", f"{rates[person.id] or 0:.2f}")
            if counted:
                # a half is rounded up
                self.assertEqual(
                    Fraction(rates[person.id]), Fraction(floor(weight / counted * 10000 + Fraction(1, 2)), 100)
                )
        tried = run._count_at([world.threshold])
        self.assertEqual(
            {result: tried.get((world.threshold, result), 0) for result in RESULTS.values()},
            {result: sum(one.result == result for one in decisions.values()) for result in RESULTS.values()},
        )
        return results

    def test_what_can_still_be_reached(self):
        outcomes = self.in_worlds(self.check_forecasts)
        self.assertEqual(
            outcomes, {"safe", "can_miss", "must_attend_all", "impossible"}, "the worlds hold every outcome"
        )

    def check_forecasts(self, world):
        people, threshold = world.people, Fraction(str(world.threshold))
        forecasts = self.env["spp.attendance.statistics"].forecast(people, world.type, FIRST, LAST)
        run = world.individual._start_attendance_run()
        below = run.decision_ids.filtered(lambda decision: decision.reason == "below").partner_id
        notices = {notice["partner_id"]: notice for notice in run._short_people(99)}
        expected_notices = set()
        for person in people:
            weight, counted, to_come = world.by_hand(person)
            needed = ceil(threshold * (counted + to_come) / 100 - weight)
            forecast = forecasts[person.id]
            self.assertEqual(forecast["remaining"], to_come)
            self.assertEqual(
                forecast["outcome"],
                "safe"
                if needed <= 0
                else "impossible"
                if needed > to_come
                else "can_miss"
                if needed < to_come
                else "must_attend_all",
            )
            if person in below and needed <= to_come and person.active and not person.disabled:
                expected_notices.add(person.id)
                notice = notices[person.id]
                self.assertEqual((notice["remaining"], notice["needed"]), (to_come, needed))
                self.assertEqual(notice["missing"], ceil(threshold * counted / 100 - weight))
                self.assertEqual(forecast["can_miss"], to_come - needed)
        self.assertEqual(set(notices), expected_notices)
        return {forecast["outcome"] for forecast in forecasts.values()}

    def test_households(self):
        results = self.in_worlds(self.check_households)
        self.assertLessEqual({"compliant", "non_compliant"}, results)

    def check_households(self, world):
        run = world.group._start_attendance_run()
        for household, present in world.present.items():
            assessed = run.assessment_ids.grouped(lambda line: line.membership_id.partner_id).get(household)
            self.assertEqual(assessed.partner_id if assessed else self.env["res.partner"], present)
            self.assertIs(self.verdicts(world, f"members.size() == {len(present)}", household)[household.id], True)
        verdicts = self.verdicts(world, 'members.all(m, m.attendance.rate("{code}") >= {threshold})', world.households)
        results = set()
        for decision in run.decision_ids:
            if world.present[decision.partner_id]:
                results.add(decision.result)
                self.assertEqual(decision.result, RESULTS[verdicts[decision.partner_id.id]])
        return results

    # --- what had come apart

    def test_an_archived_child_is_no_member(self):
        """The run said not compliant because of the child that the formula did not know."""
        with freeze_time(NOW):
            world = World(self.env, 1)
            household = self.env["res.partner"].create({"name": "Family", "is_registrant": True, "is_group": True})
            here, gone = self.env["res.partner"].create(
                [{"name": name, "is_registrant": True} for name in ("Here", "Gone")]
            )
            self.env["spp.group.membership"].create(
                [{"group": household.id, "individual": person.id} for person in (here, gone)]
            )
            world.roster.membership_ids = [
                Command.create({"partner_id": person.id, "date_from": FIRST}) for person in (here, gone)
            ]
            session = world.roster.generate_sessions(FIRST, FIRST, 9.0, 10.0)
            self.env["spp.session.attendance"].create(
                {
                    "session_id": session.id,
                    "participant_id": here.id,
                    "status_id": self.env["spp.attendance.status"]._by_code("present").id,
                }
            )
            session.action_submit()
            cycle = world.make_cycle("group", household)
            before = cycle._start_attendance_run()
            self.assertEqual((before.decision_ids.result, len(before.assessment_ids)), ("non_compliant", 2))
            self.assertEqual([notice["partner_id"] for notice in before._short_people(99)], [gone.id])
            gone.active = False
            run = cycle._start_attendance_run()
            self.assertEqual((run.decision_ids.result, run.assessment_ids.partner_id), ("compliant", here))
            self.assertIs(self.verdicts(world, "members.size() == 1", household)[household.id], True)
            self.assertFalse(before._short_people(99), "nobody is told about who is gone")

    def test_on_hold_from_tomorrow(self):
        """The forecast said impossible, the notice that all the sessions on hold could still be attended."""
        with freeze_time(NOW):
            world = World(self.env, 2)
            person = self.env["res.partner"].create({"name": "Abroad", "is_registrant": True})
            roster = self.env["spp.session.roster"].create(
                {
                    "name": "Hold",
                    "session_type_id": world.type.id,
                    "tz": "Asia/Jakarta",
                    "membership_ids": [Command.create({"partner_id": person.id, "date_from": FIRST})],
                }
            )
            past = roster.generate_sessions(date(2025, 10, 7), date(2025, 10, 8), 6.0, 8.0)
            roster.generate_sessions(date(2025, 10, 10), LAST, 6.0, 8.0)
            past.action_submit()
            world.type.required_attendance_percentage = world.threshold = 50
            cycle = world.make_cycle("individual", person)
            statistics = self.env["spp.attendance.statistics"]
            for hold, outcome, told in ((False, "can_miss", [5]), (True, "impossible", [])):
                if hold:
                    roster.hold_ids = [
                        Command.create(
                            {
                                "partner_id": person.id,
                                "date_from": "2025-10-10",
                                "date_to": "2025-10-31",
                                "reason": "Abroad",
                            }
                        )
                    ]
                forecast = statistics.forecast(person, world.type, FIRST, LAST)[person.id]
                notices = cycle._start_attendance_run()._short_people(99)
                self.assertEqual((forecast["outcome"], forecast["remaining"]), (outcome, 0 if hold else 5))
                self.assertEqual([notice["remaining"] for notice in notices], told)

# Part of the SPP attendance suite. LGPL-3.
"""Runs that ask servers: whom, how often, what is kept, and how they stop, join and go on."""

from datetime import date, datetime

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .server_common import AttendanceServerCase


class FetchMixin:
    """What holds with both generations of the server."""

    def test_a_run_asks_in_chunks_and_decides(self):
        run = self.march._start_attendance_run()
        self.assertEqual((run.state, run.fetch_total, run.fetch_done), ("fetching", 9, 0))
        self.assertFalse(self.server.requests(), "nothing is asked while a person waits for the screen")
        self.fetch()
        self.assertEqual((run.state, run.fetch_progress), ("decided", 100))
        self.assertEqual([len(people) for people in self.asked()], [2, 2, 2, 2, 1])
        self.assertEqual(run.compliant_count, 9)
        self.assertEqual(len(self.facts()), 9 * 12)
        self.assertEqual(len(run.source_digests[str(self.source.id)]), 5)
        self.assertEqual(len({request["authorization"] for request in self.server.requests("/attendances")}), 1)
        for request in self.server.requests("/attendances"):
            self.assertEqual((request["query"]["from_date"], request["query"]["to_date"]), ("2026-03-01", "2026-03-31"))
            self.assertLessEqual(len(request["person_ids"]), int(request["query"]["limit"]), "nothing is cut off")

    def test_facts_hold_what_the_server_said(self):
        self.run_fetched()
        fact = self.facts(external_id="1")
        self.assertEqual((fact.partner_id, fact.attendance_date), (self.children[0], date(2026, 3, 1)))
        self.assertEqual(fact.attendance_datetime, datetime(2026, 3, 1, 13, 3), "8:03 in Bogota")
        self.assertEqual((fact.type_id.name, fact.location_id.name), ("Training", "North school"))
        self.assertEqual(
            (fact.category, fact.weight, fact.is_attended, fact.is_in_denominator), ("present", 1, True, True)
        )

    def test_nothing_new_is_written_when_nothing_changed(self):
        self.run_fetched()
        before = self.facts().mapped("write_date")
        again = self.run_fetched()
        self.assertEqual(again.chunk_ids.mapped("is_repeated"), [True] * 5)
        self.assertEqual(self.facts().mapped("write_date"), before)
        self.assertEqual(again.compliant_count, 9)


@tagged("post_install", "-at_install")
class TestFetchS2(FetchMixin, AttendanceServerCase):
    def answer(self, run, child):
        return run.run_person_ids.filtered(lambda person: person.partner_id == child).outcome

    def enrol(self, name, identifier=None, **values):
        child = self.env["res.partner"].create({"name": name, "is_registrant": True})
        self.env["spp.cycle.membership"].create(
            {"cycle_id": self.march.id, "partner_id": child.id, "state": "enrolled"}
        )
        if identifier:
            self.identify(child, [identifier], **values)
        return child

    def test_identifiers(self):
        seven, zeros, more_zeros = (self.enrol(value, value) for value in ("7", "007", "0007"))
        nobody = self.enrol("Without")
        invalid = self.enrol("Invalid", "NID-000000", status="invalid")
        expired = self.enrol("Expired", "NID-000001", expiry_date="2020-01-01")
        stranger = self.enrol("Stranger", "NID-999999")
        archived = self.enrol("Archived there", "GONE")
        twin = self.env["res.partner"].create({"name": "Twin outside the cycle", "is_registrant": True})
        self.identify(twin, ["NID-000003"])
        run = self.run_fetched()
        for child, outcome in (
            (seven, "answered"),
            (zeros, "answered"),
            (more_zeros, "answered"),
            (nobody, "no_identifier"),
            (invalid, "no_identifier"),
            (expired, "no_identifier"),
            (stranger, "unknown_to_server"),
            (archived, "unknown_to_server"),
            (self.children[3], "ambiguous_identifier"),
            (self.children[0], "answered"),
        ):
            self.assertEqual(self.answer(run, child), outcome, child.name)
        for child in (seven, zeros, more_zeros):
            self.assertEqual(len(self.facts(partner_id=child.id)), 1)
        self.assertEqual(self.decision(run, nobody).result, "unknown")
        self.assertEqual(self.decision(run, self.children[3]).reason, "ambiguous_identifier")
        self.assertNotIn("NID-000003", self.asked_people(), "nobody knows whose attendance it would be")
        self.assertEqual(self.decision(run, seven).result, "non_compliant")

    def test_identifiers_of_another_company_are_not_ambiguous(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        twin = self.env["res.partner"].create({"name": "Twin", "is_registrant": True, "company_id": other.id})
        self.identify(twin, ["NID-000003"])
        self.assertEqual(self.answer(self.run_fetched(), self.children[3]), "answered")

    def test_an_absence_is_expected_and_not_attended(self):
        away, mixed = self.enrol("Away", "AWAY"), self.enrol("Mixed", "MIXED")
        never = self.enrol("Never", "NEVER")
        run = self.run_fetched()
        fact = self.facts(partner_id=away.id)
        self.assertEqual(
            (fact.category, fact.weight, fact.is_attended, fact.is_in_denominator), ("absent", 0, False, True)
        )
        self.assertEqual(self.decision(run, mixed).counted, 1, "two presences on one day are one day")
        self.assertEqual(self.decision(run, never).result, "non_compliant", "known there, and never came")
        said = self.facts(partner_id=mixed.id)
        self.assertEqual(said.filtered("external_url").mapped("external_url"), ["https://files.example.org/scan/88"])
        self.assertIn("tablet-7", said.mapped("submission_source"))

    def test_the_server_dies_on_page_4_of_5_and_the_run_goes_on_from_there(self):
        self.server.faults({"path": "/attendances", "skip": 3, "die": True})
        states = self.march.cycle_membership_ids.mapped("state")
        run = self.run_fetched()
        self.assertEqual((run.state, run.fetch_done), ("failed", 6))
        self.assertIn("North", run.fetch_error)
        self.assertFalse(run.decision_ids)
        self.assertEqual(self.march.cycle_membership_ids.mapped("state"), states)
        self.assertTrue(self.source.last_error)
        with self.assertRaisesRegex(UserError, "has decided nothing"):
            run.action_apply()
        self.restart_double()
        run.with_user(self.officer).action_continue()
        self.assertEqual(run.state, "fetching")
        self.fetch()
        self.assertEqual(run.state, "decided")
        self.assertEqual([len(people) for people in self.asked()], [2, 1], "the first six are not asked about again")
        self.assertEqual((run.compliant_count, run.fetch_error), (9, False))
        self.assertFalse(self.source.last_error)

    def test_faults_stop_the_run_with_a_sentence(self):
        for fault, sentence in (
            ({"status": 500}, "error of its own"),
            ({"status": 503}, "not available"),
            ({"answer": "<html>Hello</html>"}, "something else than data"),
            ({"answer": {"records": 5}}, "cannot be used"),
            ({"cut": True}, "cut before"),
            ({"redirect": "https://evil.example.org"}, "another address"),
        ):
            with self.subTest(fault=fault):
                self.server.faults({"path": "/attendances", **fault})
                run = self.run_fetched()
                self.assertEqual(run.state, "failed")
                self.assertIn(sentence, run.fetch_error)
                self.assertNotIn("<", run.fetch_error)
                self.assertFalse(run.decision_ids)
                self.assertFalse(self.facts())

    def test_a_slow_server_is_given_up(self):
        self.source.read_timeout = 1
        self.server.faults({"path": "/attendances", "delay": 3})
        run = self.run_fetched()
        self.assertEqual(run.state, "failed")
        self.assertIn("did not answer within", run.fetch_error)

    def test_short_faults_are_overcome(self):
        self.server.faults({"path": "/attendances", "status": 503, "times": 2})
        self.assertEqual(self.run_fetched().state, "decided")
        self.server.forget_tokens()
        self.assertEqual(self.run_fetched().state, "decided")

    def test_deciding_without_the_answers(self):
        self.server.faults({"path": "/attendances", "skip": 2, "status": 500})
        run = self.run_fetched()
        run.with_user(self.officer).action_decide_without_answers()
        self.assertEqual((run.state, run.compliant_count, run.unknown_count), ("decided", 4, 5))
        self.assertEqual(self.decision(run, self.children[8]).reason, "source_unreachable")

    def test_starting_twice_joins(self):
        run = self.march._start_attendance_run()
        self.assertEqual(self.march._start_attendance_run(), run)
        self.fetch()
        self.assertNotEqual(self.march._start_attendance_run(), run, "a decided run is not made again")

    def test_a_changed_requirement_replaces_the_run_that_asks(self):
        run = self.march._start_attendance_run()
        self.march.attendance_threshold = 5
        again = self.march._start_attendance_run()
        self.assertEqual((run.state, again.state), ("failed", "fetching"))
        self.assertIn("asks by the present requirement", run.fetch_error)
        with self.assertRaisesRegex(UserError, "wait for that one"):
            run.action_continue()
        self.assertEqual((run.state, again.state), ("failed", "fetching"))

    def test_a_new_filter_leaves_late_data_and_disputes_alone(self):
        first = self.march._start_attendance_run()
        self.fetch()
        first.action_apply()
        late = first.browse(self.march.action_attendance_late_data()["res_id"])
        self.march.attendance_threshold = 5
        again = self.march._start_attendance_run()
        self.assertEqual((late.state, again.state, again.kind), ("fetching", "fetching", "filter"))
        self.fetch()
        self.assertEqual((late.state, again.state), ("decided", "decided"))
        again.action_apply()
        decision = self.decision(again, self.children[0])
        dispute = self.env["spp.attendance.dispute"].create({"decision_id": decision.id, "claim": "Was there"})
        dispute.action_decide_again()
        third = self.march._start_attendance_run()
        self.assertNotEqual(third, dispute.run_id, "a filter joins a filter only")
        self.fetch()
        self.assertEqual((dispute.run_id.state, third.state), ("decided", "decided"))

    def test_late_data_are_asked_for_and_wait_for_a_run_that_asks(self):
        first = self.march._start_attendance_run()
        self.fetch()
        first.action_apply()
        late = first.browse(self.march.action_attendance_late_data()["res_id"])
        self.assertEqual((late.kind, late.state), ("difference", "fetching"))
        with self.assertRaisesRegex(UserError, "wait until it has decided"):
            self.march.action_attendance_late_data()
        self.fetch()
        self.assertEqual((late.state, late.difference_text), ("decided", "would change nobody"))

    def test_a_disputed_decision_asks_about_one_person(self):
        first = self.march._start_attendance_run()
        self.fetch()
        first.action_apply()
        decision = self.decision(first, self.children[0])
        dispute = self.env["spp.attendance.dispute"].create({"decision_id": decision.id, "claim": "Was there"})
        dispute.action_decide_again()
        self.assertEqual((dispute.run_id.state, dispute.run_id.fetch_total), ("fetching", 1))
        self.fetch()
        self.assertEqual((dispute.new_decision_id.partner_id, dispute.is_different), (self.children[0], False))

    def test_the_database_allows_one_fetch_of_a_cycle(self):
        run = self.march._start_attendance_run()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            run.copy().state = "fetching"
            self.env.flush_all()

    def test_an_automatic_run_that_waits_for_approval_is_not_made_again(self):
        self.school.attendance_run_approval = True
        self.startPatch(self.march, "_attendance_is_due", lambda cycle: True)
        self.march._job_filter_by_attendance()
        self.fetch()
        run = self.march.attendance_run_ids
        self.assertEqual(run.state, "decided")
        self.assertIn("second manager", self.march.message_ids[0].body)
        self.march._job_filter_by_attendance()
        self.assertEqual(self.march.attendance_run_ids, run)

    def test_starting_again_after_a_failure_goes_on(self):
        self.server.faults({"path": "/attendances", "skip": 2, "status": 500})
        run = self.run_fetched()
        self.server.faults()
        self.assertEqual(self.march._start_attendance_run(), run)
        self.assertEqual((run.state, run.fetch_done), ("fetching", 4))
        self.march.attendance_threshold = 5
        self.env.flush_all()
        run.state = "failed"
        self.assertNotEqual(self.march._start_attendance_run(), run, "another requirement is another run")

    def test_a_second_process_leaves_the_run_alone(self):
        run = self.march._start_attendance_run()
        self.startPatch(run, "_take_turn", lambda run: False)
        self.fetch()
        self.assertEqual((run.state, run.fetch_done), ("fetching", 0))
        self.assertFalse(self.asked())

    def test_somebody_who_joins_the_cycle_meanwhile_is_asked_about(self):
        late = self.env["res.partner"].create({"name": "Late", "is_registrant": True})
        self.identify(late, ["MIXED"])
        run = self.march._start_attendance_run()
        self.env["spp.cycle.membership"].create({"cycle_id": self.march.id, "partner_id": late.id, "state": "enrolled"})
        self.fetch()
        self.assertEqual(self.answer(run, late), "answered")
        self.assertEqual(self.asked()[-1], ["MIXED"])

    def test_vanished_facts_are_cancelled_inside_the_window_only(self):
        self.run_fetched()
        outside = self.facts(external_id="12")
        self.delete_at_server(1, 12, 13)
        short = self.new_cycle("2026-03-01", "2026-03-10")
        self.env["spp.cycle.membership"].create(
            {"cycle_id": short.id, "partner_id": self.children[0].id, "state": "enrolled"}
        )
        run = self.run_fetched(short)
        gone = self.facts(external_id="1")
        self.assertEqual((gone.state, gone.cancelled_by_run_id), ("cancelled", run))
        self.assertEqual(outside.state, "active", "12 March was not asked about")
        self.assertEqual(self.facts(external_id="13").state, "active", "nor was this child")
        self.assertEqual(self.decision(run, self.children[0]).counted, 9)
        again = self.run_fetched(self.march)
        self.assertEqual(self.facts(external_id="12").cancelled_by_run_id, again)
        self.assertEqual(again.chunk_ids.sorted("id").mapped("cancelled_count"), [2, 0, 0, 0, 0])

    def test_a_fact_that_comes_back_counts_again(self):
        self.run_fetched()
        fact = self.facts(external_id="1")
        fact.sudo().write({"state": "cancelled", "weight": 0})
        self.startPatch(self.march.attendance_run_ids, "_last_answer", lambda run, *args: run.chunk_ids.browse())
        self.run_fetched()
        self.assertEqual((fact.state, fact.weight), ("active", 1))

    def test_only_one_type_is_asked_for_where_only_one_counts(self):
        self.source.action_test_connection()
        health = self.source.type_ids.filtered(lambda kind: kind.external_id == "3")
        self.march.attendance_type_ids = health
        run = self.run_fetched()
        self.assertEqual(
            {request["query"]["attendance_type"] for request in self.server.requests("/attendances")}, {"3"}
        )
        self.assertEqual(self.facts().type_id, health)
        self.assertEqual(run.non_compliant_count, 9)
        self.march.attendance_type_ids = self.source.type_ids
        self.run_fetched()
        self.assertEqual(len(self.facts()), 9 * 12)

    def test_a_source_whose_types_do_not_count_is_not_asked(self):
        other = self.new_source(name="South")
        self.source.action_test_connection()
        self.march.attendance_source_ids = False
        self.march.attendance_type_ids = self.source.type_ids
        self.assertEqual(self.march._start_attendance_run()._servers(), self.source)
        self.assertTrue(other.active)

    def test_two_servers_number_their_facts_apart(self):
        south = self.new_source(name="South")
        self.march.attendance_source_ids |= south
        run = self.run_fetched()
        self.assertEqual(len(self.env["spp.event.attendance"].search([("external_id", "=", "1")])), 2)
        self.assertEqual(run.fetch_total, 18)

    def test_an_applied_run_comes_after_the_answers(self):
        self.startPatch(self.march, "_attendance_is_due", lambda cycle: True)
        self.march._job_filter_by_attendance()
        run = self.march.attendance_run_ids
        self.assertEqual((run.state, self.march.compliance_criteria_applied), ("fetching", False))
        self.fetch()
        self.assertEqual((run.state, self.march.compliance_criteria_applied), ("applied", True))

    def test_members_of_groups_are_asked_about(self):
        program = self.env["spp.program"].create({"name": "Households", "target_type": "group"})
        cycle = self.new_cycle("2026-03-01", "2026-03-31", program_id=program.id)
        household = self.env["res.partner"].create({"name": "Household", "is_registrant": True, "is_group": True})
        self.env["spp.group.membership"].create(
            [{"group": household.id, "individual": child.id} for child in self.children[:3]]
        )
        self.env["spp.cycle.membership"].create({"cycle_id": cycle.id, "partner_id": household.id, "state": "enrolled"})
        run = self.run_fetched(cycle)
        self.assertEqual(sorted(self.asked_people()), ["NID-000000", "NID-000001", "NID-000002"])
        self.assertEqual(run.decision_ids.result, "compliant")

    def test_people_who_came_in_a_moment_ago_are_not_compared_each_with_each(self):
        run = self.march._start_attendance_run()
        query = run._asked_people_query(self.source)
        with run._joins_of_many_rows():
            plan = self.env.execute_query(SQL("EXPLAIN %s", query))
        self.assertNotIn("Nested Loop", "\n".join(line for (line,) in plan))

    def test_queries_per_chunk_do_not_grow_with_people(self):
        counts = []
        step = type(self.march.attendance_run_ids)._fetch_step

        def counted(run, clients):
            before = self.env.cr.sql_log_count
            result = step(run, clients)
            self.env.flush_all()
            counts[-1].append(self.env.cr.sql_log_count - before)
            return result

        self.startPatch(self.march.attendance_run_ids, "_fetch_step", counted)
        for page_size in (2, 4):
            self.march.attendance_source_ids = self.new_source(name=f"Of {page_size}", page_size=page_size)
            for _run in range(2):
                counts.append([])
                self.run_fetched()
        two, two_again, four, four_again = counts
        self.assertEqual(set(two[1:-2]), set(four[1:-2]), "first")
        self.assertEqual(set(two_again[1:-2]), set(four_again[1:-2]), "nothing new")
        self.assertLess(max(two_again[1:-2]), min(two[1:-2]))


@tagged("post_install", "-at_install")
class TestFetchS1(FetchMixin, AttendanceServerCase):
    generation = "S1"

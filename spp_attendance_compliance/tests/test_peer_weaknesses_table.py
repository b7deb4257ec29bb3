# Part of the SPP attendance suite. LGPL-3.
"""Faults of existing software, and the tests, here and in the end-to-end tests, that fail if we had them.

Section 1 is the former client, section 2 the attendance server, section 5 the programs of the host.

1.1  groups with many members are cut off
     test_01_groups_with_many_members_are_not_cut_off
     test_a_run_asks_in_chunks_and_decides
1.2  cycles that are decided are rewritten
     test_02_cycles_that_are_decided_are_not_rewritten
1.3  paused, exited and not eligible people come back
     test_03_paused_exited_and_not_eligible_people_stay
1.4  one member makes the group pass, without choice
     test_04_one_member_makes_a_group_pass_only_if_the_cycle_says_so
     test_each_rule
1.5  not known is absent
     test_05_nothing_known_is_not_absent
     test_identifiers
     test_deciding_without_the_answers
1.6  any identifier, invalid and expired ones too, as it once was
     test_identifiers
     test_106_the_identifier_of_today_is_asked_for
1.7  no identifier is sent as null, nobody as everybody
     test_107_of_nobody_with_an_identifier_nobody_is_asked_for
     test_empty_identifiers_are_never_sent
1.8  those who left the group are asked about and count
     test_08_who_left_the_group_does_not_count
     test_somebody_who_left_the_household_is_not_assessed
1.9  the window is not the cycle's, one date alone is ignored
     test_09_the_window_is_the_cycle_and_one_date_alone_holds
     test_a_run_asks_in_chunks_and_decides
1.10 days only; no share, excuse, category, several types and places, late enrolment
     test_10_shares_sessions_days_excuses_types_and_places
     test_excused_as_attended_or_absent
     test_pro_rata_for_late_enrolment
     test_an_absence_is_expected_and_not_attended
1.11 always together with another criterion
     test_11_attendance_alone_is_enough_and_goes_with_others_as_the_cycle_says
1.12 another filter destroys evidence
     test_vanished_facts_are_cancelled_inside_the_window_only
     test_only_one_type_is_asked_for_where_only_one_counts
1.13 only the last attendance is active in the history
     test_each_fact_is_an_event_of_the_person
     test_the_event_type_does_not_supersede
1.14 two people with one identifier both get the attendance
     test_identifiers
1.15 no time-out, retry or handling of errors; rows are locked meanwhile
     test_a_slow_server_is_given_up
     test_short_faults_are_overcome
     test_a_run_survives_two_starts_and_a_kill
     test_pauses_grow_differ_and_end
1.16 HTML pages raise, answers are not validated, server text is shown raw
     test_faults_stop_the_run_with_a_sentence
     test_any_wrong_value_anywhere_is_an_answer_or_a_bad_answer
     test_error_page_is_not_shown
1.17 the secret is readable, each click asks for a token
     test_nobody_reads_the_secret
     test_no_question_tells_anything_of_the_secret
     test_the_secret_stays_out_of_logs
     test_one_token_serves_many_questions
1.18 addresses are joined in two ways
     test_base_url_with_a_path_works_everywhere
1.19 two servers overwrite each other's types and locations
     test_119_equal_numbers_of_two_servers_are_two_types
     test_two_servers_number_their_facts_apart
1.20 registrars change and delete evidence; no company, no area, no role of programs
     test_only_managers_correct_and_nobody_deletes
     test_registrars_do_not_change_attendance_in_the_history
     test_rights
     test_another_company
     test_another_area
1.21 queries per attendance, no job
     test_queries_per_chunk_do_not_grow_with_people
     test_queries_do_not_grow_with_households
     test_cron_works_without_a_job_runner
1.22 no dry run, result, reason or log
     test_22_dry_run_reasons_and_who_did_what
1.23 corrections of the server are noticed when somebody presses the button
     test_the_nightly_refresh_writes_facts_and_decides_nothing
     test_nothing_new_is_written_when_nothing_changed
     test_cron_notes_whose_facts_changed
1.24 no tests, and a GET with body is the only way
     test_proxy_that_refuses_a_body
     test_lost_body_is_noticed_and_nobody_else_is_reported

2.1  errors 500 for a missing header or a wrong date
     test_question_has_both_dates_a_limit_and_only_known_identifiers
     test_failing_server_is_not_asked_again
     test_faults_stop_the_run_with_a_sentence
2.2  pages are ignored
     test_every_page_size_finds_the_same
     test_short_pages_are_walked_or_refused
2.3  duplicates inside one request and of two devices
     test_203_what_the_server_has_twice_counts_once
     test_203_another_hour_type_or_place_is_another_attendance
     test_203_the_database_keeps_each_fact_once
     test_two_persons_in_one_answer_with_the_same_attendance
2.4  changes that are half applied
     test_204_a_correction_is_whole_or_not_at_all
     test_server_dies_on_page_7_of_9
2.5  deletions leave no trace
     test_vanished_facts_are_cancelled_inside_the_window_only
     test_deleted_mark_is_cancelled_not_deleted
     test_records_are_read_written_and_deleted_by_whom_they_should
2.6  an empty list of people is everybody
     test_nobody_is_asked_for_nobody
     test_lost_body_is_noticed_although_only_asked_persons_came
     test_107_of_nobody_with_an_identifier_nobody_is_asked_for
2.7  one token may do everything; its end depends on the clock; errors list everything there is
     test_methods
     test_token_is_renewed_before_its_end_whatever_the_clock_says
     test_unknown_type_is_refused_in_harmless_words
2.8  secrets in clear text
     test_the_database_holds_no_clear_text
     test_keys_are_rotated
2.9  times are texts without zone
     test_209_a_time_has_the_zone_of_its_source
     test_209_what_was_written_as_a_time_and_is_none_is_kept_as_text
     test_209_a_clock_change_moves_no_day
2.10 people are matched by similar names
     test_210_nobody_is_matched_by_name
     test_identifiers_are_texts_and_keep_every_letter
2.11 a single date is ignored, unknown people are not reported
     test_half_a_window_is_refused_before_anything_is_sent
     test_unknown_and_archived_are_missing_and_never_absent
2.12 queries per person, everything anew each time
     test_queries_per_chunk_do_not_grow_with_people
     test_nothing_new_is_written_when_nothing_changed
2.13 fields of the registry are repeated, computing writes
     test_213_nothing_of_the_registry_is_repeated
     test_213_reading_writes_nothing

5.1  two names of the parameter of the automatic filter
     test_51_the_automatic_filter_is_respected_under_both_names
5.2  filtering silently does nothing, and silently revives people
     test_52_outside_draft_it_says_so_and_nobody_is_revived
5.3  several criteria are always alternatives, nobody is everybody
     test_53_several_criteria_are_all_of_or_any_of_and_nobody_is_not_everybody
5.4  cycles end from any state
     test_54_cycles_that_ended_keep_what_was_decided
5.5  sums count one state of entitlements
     test_55_the_estimate_counts_entitlements_in_every_state_that_costs
5.6  rows written by SQL are passed over
     test_56_rows_written_by_sql_are_assessed_too
5.7  approving by itself fails
     test_57_a_filtered_cycle_is_approved_with_its_entitlements
5.8  entitlements in kind are treated as cash
     test_58_in_kind_entitlements_are_for_compliant_members_too
"""

import re
from pathlib import Path

from odoo.tests import BaseCase, tagged

_ROOT = Path(__file__).parents[2]
_POINTS = {1: 24, 2: 13, 5: 8}


@tagged("post_install", "-at_install")
class TestPeerWeaknessesTable(BaseCase):
    def test_every_point_has_a_test_that_exists(self):
        tests = {}
        for line in __doc__.splitlines():
            if point := re.match(r"(\d+\.\d+) ", line):
                tests[point[1]] = []
            elif test := re.fullmatch(r"     (test_\w+)", line):
                tests[list(tests)[-1]].append(test[1])
        points = [f"{section}.{number}" for section, last in _POINTS.items() for number in range(1, last + 1)]
        self.assertEqual(list(tests), points)
        folders = [_ROOT / "tests", *_ROOT.glob("spp_*/tests")]
        sources = "\n".join(path.read_text() for folder in folders for path in folder.glob("test_*.py"))
        existing = set(re.findall(r"^ *def (test_\w+)\(", sources, re.MULTILINE))
        for point, names in tests.items():
            self.assertTrue(names, point)
            self.assertLessEqual(set(names), existing, point)

# Part of the SPP attendance suite. LGPL-3.
"""What a night brings: fresh facts and no decisions, and answers that are the same are not read again."""

from datetime import date
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.spp_attendance_server.clients import attendance_server as client_module
from odoo.addons.spp_integrity.tests.common import database_at, open_history

from .server_common import AttendanceServerCase


@tagged("post_install", "-at_install")
class TestAttendanceRefresh(AttendanceServerCase):
    """What nights find out by themselves, and what is asked again."""

    def setUp(self):
        super().setUp()
        self.runs = self.env["spp.attendance.compliance.run"]
        self.today = date(2026, 3, 6)

    def night(self):
        """The refresh and what follows from it; the refresh that was made, if any."""
        self.let_time_pass()
        refresh = self.refresh()
        with database_at(self.today):
            self.env["spp.cycle"]._cron_note_late_attendance()
        return refresh

    def refresh(self):
        before = self.refreshes()
        with database_at(self.today):
            self.runs._cron_refresh()
        self.fetch()
        return self.refreshes() - before

    def refreshes(self):
        return self.runs.search([("cycle_id", "=", self.march.id), ("is_refresh", "=", True)])

    def let_time_pass(self):
        """Everything in a test has one moment: what was written so far happened a day ago."""
        self.env.flush_all()
        with open_history(self.env, "spp.attendance.decision"):
            self.env.cr.execute("UPDATE spp_attendance_decision SET create_date = create_date - interval '1 day'")
        for table in ("attendance_run_chunk", "event_attendance"):
            self.env.cr.execute(
                f"UPDATE spp_{table} SET create_date = create_date - interval '1 day',"  # noqa: S608 - constants only
                " write_date = write_date - interval '1 day'"
            )
        # that the rows were moved back is in the trace too: it happened then, not now
        with open_history(self.env, "spp.event.attendance.version"):
            self.env.cr.execute("UPDATE spp_event_attendance_version SET replaced_at = replaced_at - interval '1 day'")
        self.env.invalidate_all()

    def test_the_nightly_refresh_writes_facts_and_decides_nothing(self):
        refresh = self.night()
        self.assertEqual((refresh.state, refresh.run_person_ids.ids), ("fetched", []))
        self.assertFalse(refresh.decision_ids)
        self.assertFalse(self.march.attendance_run_ids, "refreshes are not among the runs of the cycle")
        self.assertEqual(len(self.facts()), 9 * 12)
        for _night in range(3):
            refresh = self.night()
        self.assertEqual(len(self.refreshes()), 2, "of each cycle the last two stay")
        self.assertTrue(all(self.refreshes().chunk_ids.mapped("is_repeated")))
        self.assertEqual(refresh.chunk_ids.mapped("fact_count"), [24, 24, 24, 24, 12])

    def test_no_server_can_be_asked_for_changes_so_the_whole_window_is_asked_about_again(self):
        for _night in range(2):
            self.night()
        asked = [
            (request["query"]["from_date"], request["query"]["to_date"])
            for request in self.server.requests("/attendances")
        ]
        self.assertEqual(asked, [("2026-03-01", "2026-03-31")] * 10)

    def test_an_answer_that_is_the_same_is_not_read_again(self):
        self.night()
        with patch.object(client_module, "parse_persons", wraps=client_module.parse_persons) as parse:
            self.assertTrue(all(self.night().chunk_ids.mapped("is_repeated")))
            self.assertEqual(parse.call_count, 0)
            run = self.run_fetched()
            self.assertEqual((parse.call_count, run.compliant_count), (0, 9), "a filter asks what the night asked")
            self.change_at_server(1, date_time="2026-03-01 09:30:00")
            changed = self.night().chunk_ids.sorted("id")
            self.assertEqual(parse.call_count, 1)
        self.assertEqual(changed.mapped("is_repeated"), [False, True, True, True, True])
        self.assertEqual(changed.mapped("changed_count"), [1, 0, 0, 0, 0])
        self.assertEqual(self.facts(external_id="1").attendance_time, 9.5)

    def test_an_answer_in_another_order_is_read_and_changes_nothing(self):
        self.night()
        before = self.facts().mapped("write_date")
        self.server.faults({"path": "/attendances", "pad": 1})
        refresh = self.night()
        self.assertEqual(set(refresh.chunk_ids.mapped("is_repeated")), {False})
        self.assertEqual(set(refresh.chunk_ids.mapped("changed_count")), {0})
        self.assertLess(max(self.facts().mapped("write_date")), min(before), "only time has passed")

    def test_what_a_server_corrects_after_the_run_is_noticed_at_night(self):
        run = self.run_fetched()
        run.action_apply()
        self.assertFalse(self.night().chunk_ids.filtered("changed_count"))
        self.assertEqual(self.march.attendance_late_changes, 0)
        self.change_at_server(1, attendance_category="absent")
        self.delete_at_server(13)
        self.night()
        self.assertEqual((self.facts(external_id="1").weight, self.facts(external_id="13").state), (0, "cancelled"))
        self.assertEqual(self.march.attendance_late_changes, 2, "of two children")

    def test_people_the_server_does_not_know_stay_unknown_without_reading(self):
        stranger = self.env["res.partner"].create({"name": "Stranger", "is_registrant": True})
        self.identify(stranger, ["NID-999999"])
        self.env["spp.cycle.membership"].create(
            {"cycle_id": self.march.id, "partner_id": stranger.id, "state": "enrolled"}
        )
        for _run in range(2):
            run = self.run_fetched()
            self.assertEqual(self.decision(run, stranger).reason, "unknown_to_server")
            self.let_time_pass()
        self.assertTrue(all(run.chunk_ids.mapped("is_repeated")))

    def test_cycles_stay_fresh_for_a_month_after_their_last_day(self):
        for day, refreshed in ((date(2026, 2, 28), 0), (date(2026, 4, 30), 1), (date(2026, 5, 1), 0)):
            self.today = day
            self.assertEqual(len(self.night()), refreshed, day)
        self.today = date(2026, 4, 15)
        self.march.sudo().with_context(spp_historical_import=True).state = "ended"
        self.assertEqual(len(self.night()), 1, "an ended cycle too: a late correction has to be seen")
        self.march.sudo().with_context(spp_historical_import=True).state = "cancelled"
        self.assertEqual(len(self.night()), 0)

    def test_a_fact_that_was_touched_meanwhile_is_read_again(self):
        self.night()
        self.let_time_pass()
        self.facts(external_id="1").sudo().write({"description": "Changed here"})
        self.env.flush_all()
        self.assertEqual(self.refresh().chunk_ids.sorted("id").mapped("is_repeated"), [False, True, True, True, True])
        self.assertFalse(self.facts(external_id="1").description)

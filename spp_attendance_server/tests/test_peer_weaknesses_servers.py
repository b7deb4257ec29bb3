# Part of the SPP attendance suite. LGPL-3.
"""Faults of existing attendance servers and their clients, a test for each that stops at our door."""

from datetime import datetime

from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .server_common import AttendanceServerCase


@tagged("post_install", "-at_install")
class TestPeerWeaknessesServers(AttendanceServerCase):
    """Faults of existing clients and servers that neither our client nor our ledger has or passes on.

    The numbers are those of the list of weaknesses: 106 is point 6 of section 1, 203 is point 3 of section 2.
    """

    def setUp(self):
        super().setUp()
        self.child = self.children[0]

    def post_at_server(self, identifier, *moments, **values):
        """What a terminal sends to the server in one request."""
        card = {"attendance_type": "2", "attendance_location": "1", **values}
        self._change_at_server(
            "POST",
            "/attendances",
            {
                "submitted_by": "clerk",
                "submitted_datetime": "2026-03-20 09:00:00",
                "records": [
                    {"person_id": identifier, "time_card": [{"date_time": moment, **card} for moment in moments]}
                ],
            },
        )

    # --- the client

    def test_106_the_identifier_of_today_is_asked_for(self):
        """The number is read from the registry at each run, not kept with the person."""
        self.assertEqual(self.decision(self.run_fetched(), self.child).counted, 12)
        identifier = self.env["spp.registry.id"].search([("partner_id", "=", self.child.id)])
        identifier.value = "MIXED"
        self.server.forget_requests()
        self.run_fetched()
        self.assertIn("MIXED", self.asked_people())
        self.assertNotIn("NID-000000", self.asked_people())
        identifier.status = "invalid"
        self.assertEqual(self.decision(self.run_fetched(), self.child).reason, "no_identifier")

    def test_107_of_nobody_with_an_identifier_nobody_is_asked_for(self):
        self.env["spp.registry.id"].search([("partner_id", "in", self.children.ids)]).unlink()
        run = self.run_fetched()
        self.assertFalse(self.server.requests("/attendances"), "an empty list would give out everybody")
        self.assertEqual((run.state, run.unknown_count), ("decided", 9))
        self.assertFalse(self.facts())

    def test_119_equal_numbers_of_two_servers_are_two_types(self):
        south = self.new_source(name="South")
        for step in ("types", "locations"):
            self.source._keep_catalogues({step: [("2", "North's", "")]})
            south._keep_catalogues({step: [("2", "South's", "")]})
        self.assertEqual((self.source.type_ids.name, south.type_ids.name), ("North's", "South's"))
        self.assertEqual((self.source.location_ids.name, south.location_ids.name), ("North's", "South's"))
        self.source._keep_catalogues({"types": []})
        self.assertEqual(south.type_ids.name, "South's")

    # --- what the server does wrong

    def test_203_what_the_server_has_twice_counts_once(self):
        """It keeps two equal rows of one request, and of two devices at one moment; that is one attendance."""
        self.march.write({"attendance_measure": "sessions", "attendance_threshold": 13})
        self.post_at_server("NID-000000", "2026-03-14 08:00:00", "2026-03-14 08:00:00")
        run = self.run_fetched()
        decision = self.decision(run, self.child)
        self.assertEqual((decision.counted, decision.expected), (13, 13))
        first, twin = self.facts(partner_id=self.child.id).filtered(lambda fact: fact.attendance_date.day == 14)
        self.assertEqual((first.weight, first.is_in_denominator), (1, True))
        self.assertEqual((twin.weight, twin.is_in_denominator, twin.state), (0, False, "active"), "seen, not counted")
        self.delete_at_server(int(first.external_id))
        run = self.run_fetched()
        self.assertEqual(self.decision(run, self.child).counted, 13, "the other one stands for it")

    def test_203_another_hour_type_or_place_is_another_attendance(self):
        self.march.write({"attendance_measure": "sessions", "attendance_threshold": 13})
        self.post_at_server("NID-000000", "2026-03-14 08:00:00", "2026-03-14 13:00:00")
        self.post_at_server("NID-000000", "2026-03-14 08:00:00", attendance_type="3")
        self.post_at_server("NID-000000", "2026-03-14 08:00:00", attendance_location="0")
        self.assertEqual(self.decision(self.run_fetched(), self.child).counted, 16)

    def test_203_the_database_keeps_each_fact_once(self):
        self.run_fetched()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.facts(external_id="1").copy()
            self.env.flush_all()

    def test_204_a_correction_is_whole_or_not_at_all(self):
        self.run_fetched()
        self.sessions[0].action_submit()
        own = self.env["spp.event.attendance"].search([("session_id", "=", self.sessions[0].id)], limit=1)
        both = self.facts(external_id="1") | own
        with self.assertRaises(UserError):
            self.rpc(self.manager, both, "action_correct", {"category": "absent"}, "Mixed up")
        both.invalidate_recordset()
        self.assertEqual((both[0].category, both[0].is_corrected), ("present", False))
        self.assertFalse(both.correction_ids)

    def test_209_a_time_has_the_zone_of_its_source(self):
        self.run_fetched()
        fact = self.facts(external_id="1")
        self.assertEqual(fact.attendance_datetime, datetime(2026, 3, 1, 13, 3), "8:03 in Bogota")
        self.source.tz = "Asia/Jakarta"
        self.run_fetched()
        self.assertEqual(fact.attendance_datetime, datetime(2026, 3, 1, 1, 3), "8:03 in Jakarta")
        self.assertEqual(str(fact.attendance_date), "2026-03-01")

    def test_209_what_was_written_as_a_time_and_is_none_is_kept_as_text(self):
        place = ["records", 0, "attendance_list", 0, "submitted_datetime"]
        for text, moment in (("whenever", False), ("2026-03-20 09:00:00", datetime(2026, 3, 20, 14, 0))):
            self.server.faults({"path": "/attendances", "set": [[place, text]]})
            run = self.run_fetched()
            self.assertEqual(run.state, "decided")
            fact = self.facts(submitted_datetime=text).filtered(lambda fact: fact.partner_id == self.child)
            self.assertEqual(fact.submitted_at, moment)

    def test_209_a_clock_change_moves_no_day(self):
        self.source.tz = "Europe/Berlin"
        for moment, utc in (
            (datetime(2026, 3, 29, 2, 30), datetime(2026, 3, 29, 1, 30)),  # left out by the clock
            (datetime(2026, 3, 29, 3, 30), datetime(2026, 3, 29, 1, 30)),
            (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 0, 30)),  # there twice: the first one
            (datetime(2026, 10, 25, 23, 59), datetime(2026, 10, 25, 22, 59)),
        ):
            self.assertEqual(self.source._moment(moment.date(), moment.time()), utc)
        self.post_at_server("NID-000000", "2026-03-29 00:30:00", "2026-03-29 02:30:00", "2026-03-29 23:30:00")
        run = self.run_fetched()
        days = self.facts(partner_id=self.child.id).mapped("attendance_date")
        self.assertEqual([day.day for day in days].count(29), 3)
        self.assertEqual(self.decision(run, self.child).counted, 13, "three times on one day is one day")

    def test_210_nobody_is_matched_by_name(self):
        twin = self.env["res.partner"].create({"name": self.child.name, "is_registrant": True})
        self.env["spp.cycle.membership"].create({"cycle_id": self.march.id, "partner_id": twin.id, "state": "enrolled"})
        run = self.run_fetched()
        self.assertEqual(self.decision(run, twin).reason, "no_identifier")
        self.assertFalse(self.facts(partner_id=twin.id))
        self.assertEqual(self.env["res.partner"].search_count([("name", "=", twin.name)]), 2, "nor is anybody created")

    # --- our own models

    def test_213_nothing_of_the_registry_is_repeated(self):
        module = "spp_attendance_compliance"
        repeated = [
            name
            for model in ("res.partner", "spp.registry.id", "spp.group.membership")
            for name, field in self.env[model]._fields.items()
            if module in field._modules and len(field._modules) > 1
        ]
        self.assertFalse(repeated)

    def test_213_reading_writes_nothing(self):
        """Everything there is to compute is computed in a transaction that cannot write."""
        run = self.run_fetched()
        run.action_apply()
        self.env.flush_all()
        records = (
            run,
            run.decision_ids,
            run.run_person_ids,
            run.chunk_ids,
            self.facts(),
            self.source,
            self.march,
            self.march.cycle_membership_ids,
            self.school,
            self.children,
        )
        with self.env.cr.savepoint() as savepoint:
            self.env.cr.execute("SET TRANSACTION READ ONLY")
            self.assertEqual(self.env.execute_query(SQL("SHOW transaction_read_only")), [("on",)])
            for record in records:
                record.invalidate_recordset()
                record.read([name for name in record._fields if "attendance" in name or record._name not in _HOST])
            self.env.flush_all()
            savepoint.rollback()


#: Models of the host, of which our own fields are read.
_HOST = ("spp.cycle", "spp.cycle.membership", "spp.program", "res.partner")

# Part of the SPP attendance suite. LGPL-3.
"""The history of a beneficiary follows a merge of registrants, on record, and nothing else."""

import psycopg2

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from odoo.addons.spp_integrity.tests.common import SuiteCase


@tagged("post_install", "-at_install")
class TestStatusHistoryMaintenance(SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people = cls.make_people(2)
        membership = cls.enrol(cls.make_program(), cls.people[0])
        membership.change_beneficiary_status("active", "Papers checked")
        cls.change = membership.status_change_ids
        cls.env.flush_all()

    def _sql(self, assignment):
        self.env.cr.execute(
            SQL("UPDATE spp_beneficiary_status_change SET %s WHERE id = %s", assignment, self.change.id)
        )
        self.env.invalidate_all()

    def _refused(self, assignment):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.RestrictViolation),
            self.env.cr.savepoint(),
        ):
            self._sql(assignment)

    def test_a_merge_re_points_it_and_is_logged(self):
        kept = self.people[1]
        self._refused(SQL("partner_id = %s", kept.id))
        wizard = self.env["base.partner.merge.automatic.wizard"]
        wizard._update_foreign_keys(self.people[0], kept)
        self.env.invalidate_all()
        self.assertEqual(self.change.partner_id, kept)
        done = self.env["spp.history.maintenance"].search([], limit=1)
        self.assertEqual(done.kind, "merge")
        counts = {line.table_name: line.row_count for line in done.line_ids}
        self.assertEqual(counts.get("spp_beneficiary_status_change"), 1)
        self._refused(SQL("partner_id = %s", self.people[0].id))

    def test_a_merge_never_changes_what_was_decided(self):
        with self.env["spp.history.maintenance"]._allow("merge", "Two became one"):
            self._refused(SQL("new_status = 'graduated'"))
            self._refused(SQL("partner_id = %s, reason = 'Another'", self.people[1].id))
        for kind in ("anonymise", "detach"):
            with self.env["spp.history.maintenance"]._allow(kind, "Trying"):
                self._refused(SQL("partner_id = %s", self.people[1].id))

    def test_why_it_was_changed_can_be_made_anonymous(self):
        batch = self.change.batch_id or self.env["spp.beneficiary.status.batch"].create({"reason": "Moved to Cali"})
        self.assertAnonymises(self.change, "reason")
        self.assertAnonymises(batch, "reason")

    def test_it_may_forget_a_registrant_who_is_gone_and_no_more(self):
        self._refused(SQL("membership_id = NULL, reason = 'Another'"))
        self._sql(SQL("membership_id = NULL"))
        self.assertFalse(self.change.membership_id)

# Part of the SPP attendance suite. LGPL-3.
"""The moves between statuses, alone and in batches: which are allowed, and what is kept of them."""

from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import SQL

from .common import StatusCase

# How a member gets from Potential to a status, and where one may go from there.
LIFE = {
    "potential": ([], ["active"]),
    "active": (["active"], ["suspended", "graduated"]),
    "suspended": (["active", "suspended"], ["active", "graduated"]),
    "graduated": (["active", "graduated"], []),
}


@tagged("post_install", "-at_install")
class TestStatus(StatusCase):
    def test_everybody_starts_as_potential(self):
        self.assertEqual(set(self.members.mapped("beneficiary_status")), {"potential"})

    def test_members_loaded_in_bulk_are_potential(self):
        partners = self.env["res.partner"].create([{"name": f"Bulk {n}", "is_registrant": True} for n in range(3)])
        memberships = self.env["spp.program.membership"]
        memberships.bulk_create_memberships(
            [{"partner_id": partner.id, "program_id": self.program.id, "state": "enrolled"} for partner in partners[:2]]
        )
        self.env.execute_query(
            SQL(
                "INSERT INTO spp_program_membership (partner_id, program_id, state) VALUES (%s, %s, 'draft') RETURNING id",
                partners[2].id,
                self.program.id,
            )
        )
        found = memberships.search([("partner_id", "in", partners.ids), ("beneficiary_status", "=", "potential")])
        self.assertEqual(found.partner_id, partners)
        self.assertEqual(set(found.mapped("beneficiary_status")), {"potential"})
        self._change(found, "active")
        self.assertEqual(set(found.mapped("beneficiary_status")), {"active"})

    def test_a_change_is_kept_with_its_reason(self):
        batch = self._change(self.members[0], "active", " Papers complete ")
        self.assertEqual(self.members[0].beneficiary_status, "active")
        self.assertEqual(set(self.members[1:].mapped("beneficiary_status")), {"potential"})
        change = batch.change_ids
        self.assertEqual(
            (change.membership_id, change.partner_id, change.program_id, change.old_status, change.new_status),
            (self.members[0], self.members[0].partner_id, self.program, "potential", "active"),
        )
        self.assertEqual((change.reason, change.user_id), ("Papers complete", self.manager))
        self.assertEqual((batch.reason, batch.user_id, batch.new_status), ("Papers complete", self.manager, "active"))
        self.assertTrue(change.date)
        self.assertEqual(batch.change_count, 1)
        self.assertEqual(self.members[0].status_change_ids, change)

    def test_a_reason_is_required(self):
        for reason in ("", "  ", False, None):
            with self.subTest(reason=reason), self.assertRaises(UserError):
                self._change(self.members, "active", reason)
        self.assertEqual(set(self.members.mapped("beneficiary_status")), {"potential"})

    def test_moves(self):
        self.assertEqual(
            self.members._fields["beneficiary_status"].get_values(self.env),
            ["potential", "active", "suspended", "graduated"],
        )
        for old, (path, following) in LIFE.items():
            for new in LIFE:
                with self.subTest(old=old, new=new):
                    member = self._create_members(1)
                    for status in path:
                        self._change(member, status)
                    if new == old:
                        self.assertFalse(self._change(member, new))
                    elif new in following:
                        self._change(member, new)
                        self.assertEqual(member.beneficiary_status, new)
                    else:
                        with self.assertRaises(UserError):
                            self._change(member, new)
                        self.assertEqual(member.beneficiary_status, old)
        with self.assertRaises(UserError):
            self._change(self.members, "unheard of")

    def test_one_who_cannot_move_stops_the_batch(self):
        self._change(self.members[0], "active")
        with self.assertRaisesRegex(UserError, "4 of the selected cannot become Suspended"):
            self._change(self.members, "suspended")
        self.assertEqual(self.members[0].beneficiary_status, "active")

    def test_who_has_the_status_already_is_left_out(self):
        self._change(self.members[:2], "active")
        batch = self._change(self.members, "active")
        self.assertEqual(batch.change_ids.membership_id, self.members[2:])
        self.assertFalse(self._change(self.members, "active"))

    def test_the_status_is_not_written_past_its_history(self):
        for record in (self.members.with_user(self.manager), self.members.sudo()):
            with self.assertRaises(UserError):
                record.write({"beneficiary_status": "active"})
        partner = self.env["res.partner"].create({"name": "Newcomer", "is_registrant": True})
        values = {"partner_id": partner.id, "program_id": self.program.id}
        memberships = self.env["spp.program.membership"]
        with self.assertRaises(UserError):
            memberships.create({**values, "beneficiary_status": "graduated"})
        newcomer = memberships.with_context(default_beneficiary_status="graduated").create(values)
        self.assertEqual(newcomer.beneficiary_status, "potential")

    def test_the_window(self):
        self._change(self.members[:1], "active")
        wizards = self.env["spp.beneficiary.status.wizard"].with_user(self.manager)
        wizard_form = Form(wizards.with_context(active_model="spp.program.membership", active_ids=self.members.ids))
        wizard_form.new_status = "suspended"
        self.assertEqual((wizard_form.moving_count, wizard_form.same_count, wizard_form.stuck_count), (1, 0, 4))
        wizard_form.new_status = "active"
        self.assertEqual((wizard_form.moving_count, wizard_form.same_count, wizard_form.stuck_count), (4, 1, 0))
        wizard_form.reason = "All here"
        action = wizard_form.save().action_confirm()
        batch = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(batch.change_ids.membership_id, self.members[1:])
        self.assertEqual(set(self.members.mapped("beneficiary_status")), {"active"})

    def test_a_deleted_member_leaves_the_history(self):
        batch = self._change(self.members[:1], "active")
        partner = self.members[0].partner_id
        self.members[0].unlink()
        batch.invalidate_recordset()
        batch.change_ids.invalidate_recordset()
        self.assertFalse(batch.change_ids.membership_id)
        self.assertEqual(batch.change_ids.partner_id, partner)

    def test_changing_many_takes_as_many_queries_as_changing_few(self):
        counts = []
        for size in (10, 10, 200):
            members = self._create_members(size)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            batch = self._change(members, "active")
            self.env.flush_all()
            middle = self.env.cr.sql_log_count
            batch.undo("Too early")
            self.env.flush_all()
            counts.append((middle - before, self.env.cr.sql_log_count - middle))
            self.assertEqual(set(members.mapped("beneficiary_status")), {"potential"})
        self.assertEqual(counts[1], counts[2])  # the first round fills the caches

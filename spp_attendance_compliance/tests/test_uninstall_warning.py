# Part of the SPP attendance suite. LGPL-3.
"""Who uninstalls the addon is told what he takes off programs and cycles that stay."""

from odoo.tests import tagged

from .common import AttendanceComplianceCase


@tagged("post_install", "-at_install")
class TestUninstallWarning(AttendanceComplianceCase):
    def warning(self, *modules):
        """What the dialog says, line by line: name of the document -> sentence."""
        modules = self.env["ir.module.module"].search([("name", "in", modules)])
        admin = self.env.ref("base.user_admin")
        wizard = self.rpc_create(admin, "base.module.uninstall", {"module_ids": modules.ids})
        [values] = self.rpc(admin, wizard, "read", ["lost_values", "model_ids"])
        self.vanishing = self.env["ir.model"].browse(values["model_ids"]).mapped("model")
        return dict(line.split(": ", 1) for line in values["lost_values"].splitlines())

    def count(self, model, domain):
        return self.env[model].with_context(active_test=False).search_count(domain)

    def test_values_on_documents_that_stay(self):
        before = self.warning("spp_attendance_compliance")
        self.assertIn(
            f"Attendance Requirement ({self.count('spp.cycle', [('attendance_required', '=', True)])})", before["Cycle"]
        )
        source = self.env["spp.attendance.source"].search([], limit=1)
        plain = self.make_cycle(self.make_program("Plain"), "2025-11-01", "2025-11-30")
        self.assertEqual(self.warning("spp_attendance_compliance"), before, "what every cycle starts with is no loss")
        plain.write({"attendance_threshold": 70, "attendance_source_ids": source.ids, "attendance_from": "2025-11-03"})
        after = self.warning("spp_attendance_compliance")
        self.assertIn("Counted From (1)", after["Cycle"])
        self.assertIn("Attendance Sources (1)", after["Cycle"])
        changed = self.count("spp.cycle", [("attendance_threshold", "!=", 80)])
        self.assertIn(f"At Least ({changed})", after["Cycle"])
        self.assertNotIn("Attendance Requirement in Words", after["Cycle"], "what is worked out is no loss")
        self.assertEqual({name for name in after if after[name] != before.get(name)}, {"Cycle"})

    def test_what_the_system_wrote_is_lost_as_well(self):
        self.attend_and_submit(5, 4, 3, 2, 0)
        self.decide().action_apply()
        said = self.warning("spp_attendance_compliance")
        decided = self.count("spp.cycle.membership", [("attendance_decision_id", "!=", False)])
        self.assertGreaterEqual(decided, 5)
        [line] = [line for line in said.values() if f"Attendance Decision ({decided})" in line]
        self.assertTrue(line.startswith(f"{decided} records, in "))

    def test_documents_that_vanish_are_not_named_twice(self):
        said = self.warning("spp_attendance_compliance")
        self.assertIn("spp.attendance.decision", self.vanishing)
        names = set(self.env["ir.model"].search([("model", "in", self.vanishing)]).mapped("name"))
        self.assertFalse(names & set(said))

    def test_one_query_for_each_table(self):
        wizard = self.env["base.module.uninstall"].create(
            {"module_ids": self.env["ir.module.module"].search([("name", "=", "spp_attendance_compliance")]).ids}
        )
        with self.queries() as few:
            said = wizard.lost_values
        self.make_cycle(self.program, "2025-12-01", "2025-12-31", attendance_required=True)
        with self.queries() as many:
            self.assertNotEqual(wizard.lost_values, said)
        self.assertAsMany(many, few)
        asked = [query for query in few if "FILTER" in query]
        self.assertEqual(len(asked), len({query.rsplit('FROM "', 1)[1] for query in asked}))

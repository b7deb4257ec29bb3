# Part of the SPP attendance suite. LGPL-3.
"""Who uninstalls the addon is told that addresses and secrets of sources go with it."""

from odoo.tests import tagged

from .server_common import AttendanceServerCase


@tagged("post_install", "-at_install")
class TestUninstallWarning(AttendanceServerCase):
    def test_secrets_of_sources_that_stay(self):
        module = self.env.ref("base.module_spp_attendance_server")
        admin = self.env.ref("base.user_admin")
        wizard = self.rpc_create(admin, "base.module.uninstall", {"module_ids": module.ids})
        [values] = self.rpc(admin, wizard, "read", ["lost_values"])
        [line] = [line for line in values["lost_values"].splitlines() if line.startswith("Attendance Source: ")]
        sources = self.env["spp.attendance.source"].with_context(active_test=False).sudo()
        sealed = sources.search_count([("secret_sealed", "!=", False)])
        self.assertIn(f"Secret Sealed ({sealed})", line)
        self.assertNotIn(self.source.secret_sealed, line)
        self.assertNotIn("Attendances Endpoint", line, "every source starts with it")

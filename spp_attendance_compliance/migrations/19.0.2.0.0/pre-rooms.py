# Part of the SPP attendance suite. LGPL-3.
"""Parts that became addons of their own take their external ids and data along."""

from odoo.addons.spp_integrity.rehome import move

OLD = "spp_attendance_compliance"
SERVER_FIELDS = {
    "spp.attendance.source": [
        *("base_url", "auth_endpoint", "attendances_endpoint", "types_endpoint", "locations_endpoint", "client_id"),
        *("secret", "secret_sealed", "has_secret", "id_type_id", "page_size", "connect_timeout", "read_timeout"),
        *("authorities", "allow_http", "lists_absences", "last_fetch_at", "last_error", "last_test_at", "last_test"),
    ],
    "spp.attendance.compliance.run": [
        *("fetch_started_at", "fetch_ended_at", "fetch_error", "fetch_total", "fetch_done", "fetch_progress"),
        *("chunk_ids", "source_digests"),
    ],
}


def migrate(cr, version):
    move(
        cr,
        OLD,
        "spp_attendance_compliance_expression",
        models=[
            "spp.attendance.expression.manager.mixin",
            "spp.program.membership.manager.attendance.expression",
            "spp.compliance.manager.attendance.expression",
        ],
        records=["access_spp_attendance_expression_programs"],
    )
    move(
        cr,
        OLD,
        "spp_attendance_server",
        models=["spp.attendance.run.chunk"],
        fields=[f"{model}.{name}" for model, names in SERVER_FIELDS.items() for name in names],
        records=[
            "selection__spp_attendance_source__kind__server",
            "constraint_spp_attendance_source_server_is_complete",
            "constraint_spp_attendance_source_server_range",
            "constraint_spp_attendance_compliance_run_one_fetch",
            "ir_cron_fetch_attendance",
            "ir_cron_fetch_attendance_ir_actions_server",
            "ir_cron_refresh_attendance",
            "ir_cron_refresh_attendance_ir_actions_server",
        ],
    )
    move(
        cr,
        OLD,
        "spp_attendance_scan_source",
        records=["selection__spp_attendance_source__kind__scan", "attendance_source_scan"],
        install=False,
    )

# Part of the SPP attendance suite. LGPL-3.
"""The server that `./spp` starts is a whole one."""

import requests


def test_every_kind_of_process_runs(serve, until):
    """HTTP workers, the scheduler, the job runner, and the process that Odoo starts again as itself for websockets."""
    with serve("server") as server:
        wanted = ("Evented Service", "WorkerHTTP", "WorkerCron", "queue job runner ready")
        until(lambda: all(text in server.log.read_text() for text in wanted), f"{wanted} in {server.log}")
        assert "Traceback" not in server.log.read_text()
        assert requests.get(f"{server.url}/web/health", timeout=10).status_code == 200


def test_a_killed_server_starts_again_at_once(serve):
    with serve("server", errors_expected=True) as server:
        server.kill()
        server.start()
        assert requests.get(f"{server.url}/web/health", timeout=10).status_code == 200


def test_no_scheduled_action_begins_by_itself(serve, sign_in, rows):
    """Neither when its time comes, nor because installing the modules asked for it; whoever asks now is served."""
    with serve("held") as server:
        assert rows(server, "SELECT count(*) FROM ir_cron WHERE active AND nextcall < now() + interval '1 year'") == [
            (0,)
        ]
        assert rows(server, "SELECT count(*) FROM ir_cron_trigger") == [(0,)]
        admin = sign_in(server, "admin")
        admin.call("ir.cron", "method_direct_trigger", [admin.ref("base.autovacuum_job")])
        assert rows(server, "SELECT cron_name FROM ir_cron WHERE lastcall IS NOT NULL") == [
            ("Base: Auto-vacuum internal data",)
        ]

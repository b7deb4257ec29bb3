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

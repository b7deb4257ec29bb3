# Part of the SPP attendance suite. LGPL-3.
"""A run that asks an attendance server in jobs; without a job runner see `test_without_job_runner`."""

from cryptography.fernet import Fernet

from tests.attendance_fetching import slow_server, survive_two_starts_and_a_kill


def test_a_run_survives_two_starts_and_a_kill(serve, rows, until, tmp_path, monkeypatch):
    monkeypatch.setenv("SPP_SECRET_KEY", Fernet.generate_key().decode())
    with slow_server(tmp_path) as attendance, serve("fetch", errors_expected=True, durable=True) as server:
        survive_two_starts_and_a_kill(server, attendance, rows, until)
        states = "SELECT DISTINCT state FROM queue_job WHERE method_name = '_job_fetch'"
        until(lambda: rows(server, states) == [("done",)], "the jobs to end")

# Part of the SPP attendance suite. LGPL-3.
"""Tokens, secrets, certificates and addresses: who the client of an attendance server trusts, and what it keeps to itself."""

import gc
import logging
import os
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from doubles.attendance_server_process import CLIENT_ID, CLIENT_SECRET, AttendanceServerProcess, people
from tests.attendance_server_questions import MARCH, failure, one

# --- tokens and secrets


def test_one_token_serves_many_questions(attendance_server, connect):
    list(connect(attendance_server, page_size=3).fetch([f"NID-{number:06}" for number in range(30)], *MARCH))
    assert len(attendance_server.requests("/auth/token")) == 1


def test_token_is_renewed_once_after_a_401(attendance_server, connect):
    client = connect(attendance_server)
    one(client)
    attendance_server.forget_tokens()
    assert len(one(client).records) == 12
    assert [request["status"] for request in attendance_server.requests("/attendances")] == [200, 401, 200]
    assert len(attendance_server.requests("/auth/token")) == 2


def test_token_that_is_never_accepted(attendance_server, connect, attendance_clients):
    fault = {"path": "/attendances", "status": 401, "answer": {"error": {"code": 401, "message": "Unauthorized"}}}
    attendance_server.faults(fault)
    failure(connect(attendance_server), attendance_clients.Refused)
    assert len(attendance_server.requests("/attendances")) == 2
    assert len(attendance_server.requests("/auth/token")) == 2


def test_renewed_secret(tmp_path, connect, attendance_clients):
    """A token lives longer than its secret; then the client is refused, until it has the new secret."""
    with AttendanceServerProcess(tmp_path / "data.jsonl", people=people(3)) as server:
        client = connect(server)
        one(client)
        server.change(clients={CLIENT_ID: "c-secret-new"})
        assert len(one(client).records) == 12
        server.forget_tokens()
        error = failure(client, attendance_clients.Refused)
        assert "enter the current ones" in str(error)
        renewed = attendance_clients.AttendanceServerClient(server.url, CLIENT_ID, "c-secret-new", allow_http=True)
        assert len(one(renewed).records) == 12


@pytest.mark.parametrize("skew_hours", [-7, 0, 7])
def test_token_is_renewed_before_its_end_whatever_the_clock_says(tmp_path, connect, skew_hours):
    skew = skew_hours * 3600
    with AttendanceServerProcess(
        tmp_path / "data.jsonl", people=people(3), token_seconds=3, clock_skew_seconds=skew
    ) as server:
        client = connect(server)
        one(client)
        one(client)
        assert len(server.requests("/auth/token")) == 1
        time.sleep(2.6)
        one(client)
        assert len(server.requests("/auth/token")) == 2
        assert {request["status"] for request in server.requests()} == {200}


@pytest.mark.parametrize("token", ["opaque", "a.b.c", "a.W10.c", "a.e30.c", "a.eyJleHAiOiAieCIsICJpYXQiOiAxfQ.c"])
def test_token_without_readable_end_is_kept_eight_minutes(attendance_server, connect, token):
    attendance_server.faults({"path": "/auth/token", "answer": {"access_token": token, "token_type": "Bearer"}})
    client = connect(attendance_server)
    client._renew_token()
    assert 470 < client._renew_at - time.monotonic() <= 480


@pytest.mark.parametrize("answer", [{}, [], {"access_token": 5}, {"access_token": ""}, {"access_token": "a\r\nX: y"}])
def test_token_answer_without_a_token(attendance_server, connect, attendance_clients, answer):
    attendance_server.faults({"path": "/auth/token", "answer": answer})
    failure(connect(attendance_server), attendance_clients.BadAnswer)


def test_secrets_and_tokens_appear_nowhere(attendance_server, connect, attendance_clients, caplog):
    """Also when the server repeats them in its error, in both error shapes."""
    caplog.set_level(logging.DEBUG)
    client = connect(attendance_server)
    one(client)
    token = attendance_server.requests("/attendances")[0]["authorization"].removeprefix("Bearer ")
    words = f"wrong: {CLIENT_SECRET} {CLIENT_ID} {token} of a\u202ecaller\x1b[31m\x00 " + "long " * 100
    seen = [repr(client), repr(vars(client)), repr(vars(client._transport))]
    for fault in (
        {"path": "/attendances", "status": 400, "answer": {"error": {"code": 400, "message": words}}},
        {"path": "/auth/token", "status": 400, "answer": {"error": "Bad", "error_description": words}},
        {"path": "/attendances", "status": 503},
    ):
        attendance_server.faults(fault)
        attendance_server.forget_tokens()
        kind = attendance_clients.Unreachable if fault["status"] == 503 else attendance_clients.BadAnswer
        if fault["path"] == "/auth/token":
            client._token = None
        error = failure(client, kind)
        seen += [str(error), repr(error), repr(error.values)]
        if kind is attendance_clients.BadAnswer:
            shown = error.values["server_words"]
            assert len(shown) == 200 and shown.isprintable()
            assert shown.startswith("wrong: *** ***")
    seen.append(caplog.text)
    for text in seen:
        for secret in (CLIENT_SECRET, token):
            assert secret not in text


def test_error_page_is_not_shown(attendance_server, connect, attendance_clients):
    attendance_server.faults({"path": "/attendances", "status": 418})
    assert "server_words" not in failure(connect(attendance_server), attendance_clients.BadAnswer).values


def test_password_file_of_the_machine_does_not_replace_the_token(attendance_server, connect, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert os.environ["NETRC"]
    assert len(one(connect(attendance_server)).records) == 12


def test_cookies_are_not_kept(attendance_server, connect):
    attendance_server.faults({"headers": {"Set-Cookie": "session_id=abc; Path=/"}})
    client = connect(attendance_server)
    one(client)
    one(client)
    assert {request["cookie"] for request in attendance_server.requests()} == {""}


# --- settings


@pytest.mark.parametrize(
    "base_url",
    ["", None, "attendance.example.org", "ftp://h.example.org", "https://", "https://h:port", "https://[::1"]
    + [
        "http://h.example.org",
        "https://user:pass@h.example.org",
        "https://user@h.example.org",
        "https://h.example.org/?a=b",
        "https://h/#x",
    ],
)
def test_base_url_that_cannot_work(attendance_clients, base_url):
    with pytest.raises(attendance_clients.BadSettings):
        attendance_clients.AttendanceServerClient(base_url, "a", "b")


@pytest.mark.parametrize("endpoint", ["https://evil.example.org/token", "/a?b=c", "/a#b", "/../admin", "\\\\evil\\x"])
def test_endpoint_cannot_lead_away(attendance_clients, endpoint):
    with pytest.raises(attendance_clients.BadSettings):
        attendance_clients.AttendanceServerClient("https://h.example.org", "a", "b", auth_endpoint=endpoint)


@pytest.mark.parametrize(
    "settings",
    [
        {"page_size": 0},
        {"authorities": "/etc/ssl/certs/ca-certificates.crt"},
        {"authorities": "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----"},
    ],
)
def test_other_settings_that_cannot_work(attendance_clients, settings):
    with pytest.raises(attendance_clients.BadSettings):
        attendance_clients.AttendanceServerClient("https://h.example.org", "a", "b", **settings)


def test_only_the_given_authority_is_trusted(tmp_path, attendance_clients):
    own, other = (_certificate(tmp_path / name) for name in ("own.pem", "other.pem"))
    with AttendanceServerProcess(tmp_path / "data.jsonl", people=people(3), certificate=own) as server:
        client = attendance_clients.AttendanceServerClient(
            server.url, CLIENT_ID, CLIENT_SECRET, authorities=_public(own)
        )
        assert len(one(client).records) == 12
        for authorities in (None, _public(other)):
            stranger = attendance_clients.AttendanceServerClient(server.url, CLIENT_ID, "x", authorities=authorities)
            error = failure(stranger, attendance_clients.Unreachable)
            assert "certificate" in str(error)


def test_a_private_key_is_no_authority(tmp_path, attendance_clients):
    own = _certificate(tmp_path / "own.pem").read_text()
    with pytest.raises(attendance_clients.BadSettings):
        attendance_clients.AttendanceServerClient("https://h.example.org", "a", "b", authorities=own)


def test_authorities_lie_in_a_private_file_while_the_client_lives(tmp_path, attendance_clients):
    own = _public(_certificate(tmp_path / "own.pem"))
    client = attendance_clients.AttendanceServerClient("https://h.example.org", "a", "b", authorities=own)
    file = Path(client._transport._verify)
    assert file.read_text() == own
    assert file.stat().st_mode & 0o777 == 0o600
    del client
    gc.collect()
    assert not file.exists()


def _public(path):
    """The certificate of a PEM file, without its key."""
    text = path.read_text()
    return text[text.index("-----BEGIN CERTIFICATE-----") :]


def _certificate(path):
    """A PEM file with a key and a certificate for the loopback address, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, path.stem)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    return path

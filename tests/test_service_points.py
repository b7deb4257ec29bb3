# Part of the SPP attendance suite. LGPL-3.
"""Devices of service points against a real server: who is let in, what is answered, repeats, two at once, kill -9."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import requests

from tools.rpc import Client

_PATH = "/spp/redemption/v1/transactions"


def today():
    """The present day of the server, also when the tests run over midnight."""
    return datetime.now(UTC).date()


#: What was decided already is loaded by an administrator.
_PAST = {"spp_historical_import": True}


class Shop:
    """A service point with an approved device, and an approved cycle whose entitlements it redeems."""

    def __init__(self, server, name, people=1):
        self.server = server
        self.admin = Client(server.url, server.database, "admin", "admin")
        create = self.admin.call
        self.currency = create("res.currency", "search_read", [("name", "=", "USD")], ["name"])[0]
        program = create(
            "spp.program",
            "create",
            {"name": name, "target_type": "individual", "currency_id": self.currency["id"]},
        )
        cycle = create(
            "spp.cycle",
            "create",
            {
                "name": name,
                "program_id": program,
                "start_date": str(today()),
                "end_date": str(today() + timedelta(days=30)),
                "state": "approved",
            },
            context=_PAST,
        )
        self.people = create(
            "res.partner", "create", [{"name": f"{name} {number}", "is_registrant": True} for number in range(people)]
        )
        validity = {"valid_from": str(today() - timedelta(days=2)), "valid_until": str(today() + timedelta(days=30))}
        self.entitlements = create(
            "spp.entitlement",
            "create",
            [
                {"partner_id": person, "cycle_id": cycle, "initial_amount": 99.99, "state": "approved", **validity}
                for person in self.people
            ],
            context=_PAST,
        )
        self.point = create("spp.service.point", "create", {"name": name})
        self.device, self.token = self.add_device(f"{name}-1")
        self.name = name

    def add_device(self, code, approve=True):
        """A device of the service point: (id, token)."""
        device = self.admin.call(
            "spp.service.point.device", "create", {"name": code, "code": code, "service_point_id": self.point}
        )
        if approve:
            self.admin.call("spp.service.point.device", "action_approve", [device])
        action = self.admin.call("spp.service.point.device", "action_issue_token", [device])
        return device, action["context"]["default_token"]

    def item(self, number, amount=33.33, person=0, **values):
        """A purchase as the device sends it."""
        return {
            "transaction_uuid": f"{self.name}-{number}",
            "transaction_type": "PURCHASE",
            "entitlement_id": self.entitlements[person],
            "partner_id": self.people[person],
            "timestamp_transaction_created": datetime.now(UTC).isoformat(timespec="seconds"),
            "amount_charged_by_service_point": amount,
            "currency": "USD",
            **values,
        }

    def post(self, body, token=None, **headers):
        """Send a body (bytes, or what becomes JSON)."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/json", **headers}
        return requests.post(self.server.url + _PATH, data=body, headers=headers, timeout=120)

    def results(self, *items, token=None):
        """Outcomes of a batch that is accepted."""
        answer = self.post({"transactions": list(items)}, token)
        assert answer.status_code == 200, answer.text
        return answer.json()["results"]

    def balance(self, person=0):
        """Balance of an entitlement."""
        [row] = self.admin.call("spp.entitlement", "read", [self.entitlements[person]], ["entitlement_balance"])
        return row["entitlement_balance"]


@pytest.fixture(scope="module")
def server(serve):
    with serve("service_points") as running:
        yield running


def refused(answer, status, words):
    """The answer is an error as RFC 9457 describes it, with one plain sentence."""
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer.text
    problem = answer.json()
    assert problem["status"] == status
    assert words in problem["detail"]
    return True


def test_a_batch_is_booked_and_its_replay_changes_nothing(server, rows):
    shop = Shop(server, "replay")
    batch = [shop.item(number) for number in range(3)]
    first = shop.results(*batch)
    assert [result["result"] for result in first] == ["stored"] * 3
    assert [result["balance"] for result in first] == [0.0] * 3
    again = shop.results(*batch)
    assert [result["result"] for result in again] == ["duplicate"] * 3
    assert [result["id"] for result in again] == [result["id"] for result in first]
    stored = rows(
        server,
        """
        SELECT amount_charged_by_service_point, service_point_id, device_id, service_point_device_id, transaction_zone
          FROM spp_entitlement_transactions WHERE transaction_uuid LIKE 'replay-%%'
        """,
    )
    assert stored == [(Decimal("33.33"), shop.point, shop.device, "replay-1", "UTC")] * 3
    seen = shop.admin.call("spp.service.point.device", "read", [shop.device], ["last_seen", "transaction_count"])
    assert (bool(seen[0]["last_seen"]), seen[0]["transaction_count"]) == (True, 3)


def test_both_kinds_in_one_batch_with_the_good_and_the_bad(server):
    shop = Shop(server, "mixed")
    kilogram, gram = (shop.admin.ref(f"uom.product_uom_{unit}") for unit in ("kgm", "gram"))
    rice = shop.admin.call("product.product", "create", {"name": "Rice", "uom_id": kilogram})
    [cycle] = shop.admin.call("spp.entitlement", "read", shop.entitlements[0], ["cycle_id"])
    goods = shop.admin.call(
        "spp.entitlement.inkind",
        "create",
        {
            "partner_id": shop.people[0],
            "cycle_id": cycle["cycle_id"][0],
            "product_id": rice,
            "uom_id": kilogram,
            "quantity": 5,
            "valid_from": str(today() - timedelta(days=2)),
            "state": "approved",
        },
        context=_PAST,
    )
    bag = shop.item("bag", kind="inkind", entitlement_id=goods, quantity=2500, uom_id=gram)
    del bag["amount_charged_by_service_point"]
    results = shop.results(
        shop.item("too much", 100),
        bag,
        "nonsense",
        shop.item("other currency", currency="XTS"),
        shop.item("elsewhere", 10, service_point_id=2**31 - 1),
        {**bag, "transaction_uuid": "mixed-unknown-kind", "kind": "goods"},
    )
    assert [(result["result"], result["reason_code"]) for result in results] == [
        ("rejected", "above_balance"),
        ("stored", False),
        ("rejected", "unreadable"),
        ("rejected", "other_currency"),
        ("stored", False),  # the service point of the device counts, whatever the item says
        ("rejected", "unreadable"),
    ]
    assert results[1]["balance"] == 2.5
    kept = shop.admin.call(
        "spp.entitlement.transaction.review",
        "search_read",
        [("device_id", "=", shop.device)],
        ["payload", "service_point_id", "reason_code"],
        order="id",
    )
    assert len(kept) == 4
    assert {row["service_point_id"][0] for row in kept} == {shop.point}
    assert {"unreadable": '"nonsense"'} in [row["payload"] for row in kept]


def test_who_is_let_in(server):
    shop = Shop(server, "door")
    batch = {"transactions": [shop.item(1)]}
    for headers in ({"Authorization": ""}, {"Authorization": "Bearer "}, {"Authorization": f"Basic {shop.token}"}):
        assert refused(shop.post(batch, **headers), 401, "missing or unknown")
    assert refused(shop.post(batch, "x" * 43), 401, "missing or unknown")
    assert refused(shop.post(batch, "\u00e9" * 20), 401, "missing or unknown")
    device, token = shop.add_device("door-2", approve=False)
    assert refused(shop.post(batch, token), 403, "waits for approval")
    shop.admin.call("spp.service.point.device", "action_approve", [device])
    assert shop.results(shop.item(1), token=token)[0]["result"] == "stored"
    shop.admin.call("spp.service.point.device", "action_block", [device])
    assert refused(shop.post(batch, token), 403, "blocked")
    new = shop.admin.call("spp.service.point.device", "action_issue_token", [shop.device])["context"]["default_token"]
    assert refused(shop.post(batch), 401, "missing or unknown")  # a new token voids the one before
    assert shop.results(shop.item(1), token=new)[0]["result"] == "duplicate"
    shop.admin.call("spp.service.point.device", "write", [shop.device], {"active": False})
    assert shop.post(batch, new).status_code in (401, 403)


def test_the_token_is_nowhere_to_be_found(server, rows):
    shop = Shop(server, "secret")
    [(stored,)] = rows(server, "SELECT token_hash FROM spp_service_point_device WHERE id = %s", shop.device)
    assert len(stored) == 64
    assert shop.token not in stored
    fields = shop.admin.call("spp.service.point.device", "fields_get", [], ["type"])
    assert "token_hash" not in fields
    assert shop.token not in server.log.read_text(errors="replace")


def test_each_error_says_what_to_do(server):
    shop = Shop(server, "errors")
    cases = [
        (b"{", 400, "not JSON"),
        (b"", 400, "not JSON"),
        (b'{"transactions": [NaN]}', 400, "not JSON"),
        (b"[" * 100_000, 400, "not JSON"),
        (b'{"transactions": ["\xff"]}', 400, "not in UTF-8"),
        ("\ufeff{}".encode(), 400, "not JSON"),
        (b"[]", 400, "one entry for each"),
        (b"7", 400, "one entry for each"),
        (b"{}", 400, "one entry for each"),
        (b'{"transactions": {"a": 1}}', 400, "one entry for each"),
        (b'{"transactions": [' + b"1," * 1000 + b"1]}", 413, "more than 1000"),
        (b'"' + b"x" * (2 * 1024 * 1024) + b'"', 413, "larger than"),
    ]
    for body, status, words in cases:
        assert refused(shop.post(body), status, words), body[:40]
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answer = shop.post(b'{"transactions": []}', **{"Content-Type": content_type})
        assert refused(answer, 415, "application/json"), content_type
    assert (
        shop.post(b'{"transactions": []}', **{"Content-Type": "application/json; charset=utf-8"}).json()["results"]
        == []
    )
    for method in ("GET", "PUT", "DELETE"):
        assert refused(requests.request(method, server.url + _PATH, timeout=60), 405, "with POST")


def test_wrong_types_and_odd_values_are_refused_one_by_one(server):
    shop = Shop(server, "types")
    cases = {
        "not a number": {"amount_charged_by_service_point": [1]},
        "too large": {"amount_charged_by_service_point": 10**400},
        "is not a record number": {"entitlement_id": "1"},
        "record number": {"partner_id": 2**40},
        "not a text": {"receipt_number": {"a": 1}},
        "at most 128": {"transaction_uuid": "x" * 129},
        "has no number": {"transaction_uuid": None},
        "type is unknown": {"transaction_type": ["PURCHASE"]},
        "missing or unreadable": {"timestamp_transaction_created": 1793836800},
        "clock": {"timestamp_transaction_created": "1999-01-01T00:00:00Z"},
        "time zone is unknown": {
            "timestamp_transaction_created": f"{today()}T00:00:00",
            "time_zone": "Mars/Olympus",
        },
        "the transaction in usd": {"currency": "usd"},
        "the transaction in €": {"currency": "€"},
        "more decimals": {"amount_charged_by_service_point": "1.001"},
        "above zero": {"amount_charged_by_service_point": 0},
    }
    items = [shop.item(number, **values) for number, values in enumerate(cases.values())]
    for words, result in zip(cases, shop.results(*items), strict=True):
        assert result["result"] == "rejected", words
        assert words in result["reason"]
    assert shop.results(shop.item("odd", receipt_number="a\0b"))[0]["reason_code"] == "unreadable"
    assert shop.balance() == 99.99


def test_two_equal_batches_at_once_are_one(server, rows):
    shop = Shop(server, "twins", people=20)
    batch = [shop.item(number, person=number) for number in range(20)]
    batch += [shop.item(f"bad {number}", 100, person=number) for number in range(20)]
    batch += ["nonsense"]
    _device, other = shop.add_device("twins-2")
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda token: shop.results(*batch, token=token), [shop.token, other] * 2))
    outcomes = sorted([result["result"] for result in answer[:20]] for answer in answers)
    assert outcomes == [["duplicate"] * 20] * 3 + [["stored"] * 20]
    count = "SELECT COUNT(*) FROM spp_entitlement_transactions WHERE transaction_uuid LIKE 'twins-%%'"
    assert rows(server, count) == [(20,)]
    kept = rows(
        server,
        "SELECT times_received, COUNT(*) FROM spp_entitlement_transaction_review"
        " WHERE device_id IN (SELECT id FROM spp_service_point_device WHERE code LIKE 'twins-%%')"
        " GROUP BY times_received",
    )
    assert kept == [(2, 42)]  # one row per refused item and device, each counted twice
    assert {shop.balance(person) for person in range(20)} == {66.66}


def test_batches_in_opposite_order_do_not_lock_each_other_out(server):
    shop = Shop(server, "cross", people=10)
    batches = [
        [shop.item(f"{turn} {person}", 1, person=person) for person in range(10)][:: 1 if turn % 2 else -1]
        for turn in range(6)
    ]
    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(lambda batch: shop.results(*batch), batches))
    assert all(result["result"] == "stored" for answer in answers for result in answer)
    assert {shop.balance(person) for person in range(10)} == {93.99}


def test_one_number_at_once_for_two_entitlements_is_booked_once(server, rows):
    shop = Shop(server, "contested", people=2)

    def send(turn, person):
        batch = [shop.item(f"both {turn}", 1, person=person), shop.item(f"own {turn} {person}", 1, person=person)]
        for _attempt in range(20):
            answer = shop.post({"transactions": batch})
            if answer.status_code != 503:
                return answer.json()["results"]
            # as the answer says: a device sends the batch again
            assert refused(answer, 503, "again")
        raise AssertionError("the batch was never accepted")

    with ThreadPoolExecutor(2) as threads:
        for turn in range(10):
            contested, own = zip(*threads.map(send, [turn] * 2, range(2)), strict=True)
            assert sorted(result["result"] for result in contested) == ["rejected", "stored"]
            [loser] = [result for result in contested if result["result"] == "rejected"]
            assert "used for another transaction" in loser["reason"]
            assert [result["result"] for result in own] == ["stored"] * 2
    count = "SELECT COUNT(*) FROM spp_entitlement_transactions WHERE transaction_uuid LIKE 'contested-%%'"
    assert rows(server, count) == [(30,)]
    assert round(sum(shop.balance(person) for person in range(2)), 2) == round(2 * 99.99 - 30, 2)


def test_a_connection_that_breaks_off_books_nothing(server, rows):
    shop = Shop(server, "broken")
    body = json.dumps({"transactions": [shop.item(1)]}).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        head = (
            f"POST {_PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shop.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[: len(body) // 2])
        connection.shutdown(socket.SHUT_WR)
        connection.recv(4096)
    assert rows(server, "SELECT COUNT(*) FROM spp_entitlement_transactions WHERE transaction_uuid = 'broken-1'") == [
        (0,)
    ]
    assert shop.results(shop.item(1))[0]["result"] == "stored"


def test_a_body_without_a_usable_length_books_nothing(server, rows):
    shop = Shop(server, "length")
    body = json.dumps({"transactions": [shop.item(1)]}).encode()
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    for header, sent, status in (
        ("Transfer-Encoding: chunked", chunks, 411),
        ("X-Nothing: 1", body, 411),
        ("Content-Length: many", body, 400),
        (f"Content-Length: {2 * 1024 * 1024 + 1}", body, 413),
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            head = (
                f"POST {_PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {shop.token}\r\n"
                f"Content-Type: application/json\r\nConnection: close\r\n{header}\r\n\r\n"
            )
            connection.sendall(head.encode() + sent)
            connection.shutdown(socket.SHUT_WR)
            reply = b""
            while part := connection.recv(65536):
                reply += part
        head, _blank, text = reply.partition(b"\r\n\r\n")
        assert int(head.split()[1]) == status, header
        assert b"application/problem+json" in head
        assert json.loads(text)["status"] == status
    assert rows(server, "SELECT COUNT(*) FROM spp_entitlement_transactions WHERE transaction_uuid = 'length-1'") == [
        (0,)
    ]
    assert shop.results(shop.item(1))[0]["result"] == "stored"


def test_a_flood_of_unknown_tokens_ends_and_the_device_is_let_in(server):
    shop = Shop(server, "flood")
    batch = {"transactions": [shop.item(1)]}

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *arguments, **options):
            super().init_poolmanager(*arguments, source_address=("127.0.0.9", 0), **options)

    flood = requests.Session()
    flood.mount("http://", Adapter())

    def post(token):
        return flood.post(server.url + _PATH, json=batch, headers={"Authorization": f"Bearer {token}"}, timeout=60)

    answers = [post("x" * 43) for _attempt in range(65)]
    assert [answer.status_code for answer in answers] == [401] * 60 + [429] * 5
    assert refused(answers[-1], 429, "too many requests")
    assert answers[-1].headers["Retry-After"] == "60"
    assert post(shop.token).json()["results"][0]["result"] == "stored"
    assert refused(shop.post(batch, "x" * 43), 401, "missing or unknown")  # from another address


def test_kill_in_the_middle_loses_nothing_that_was_answered(serve, rows, until):
    """kill -9 of the whole server while two devices send: what was answered is stored, all of it once after a resend."""
    with serve("kill_service_points", errors_expected=True, durable=True) as server:
        shop = Shop(server, "kill", people=40)
        tokens = [shop.token, shop.add_device("kill-2")[1]]
        batches = [
            (tokens[number % 2], [shop.item(f"{number} {person}", 0.37, person=person) for person in range(40)])
            for number in range(60)
        ]
        answered = []

        def send(token, wanted):
            for owner, batch in wanted:
                if owner != token:
                    continue
                try:
                    answer = shop.post({"transactions": batch}, token)
                except requests.RequestException:
                    return
                if answer.status_code == 503:  # the other device was faster: it is sent again later
                    continue
                assert answer.status_code == 200, answer.text
                assert {result["result"] for result in answer.json()["results"]} <= {"stored", "duplicate"}
                answered.append((owner, batch))

        def stored():
            found = rows(server, "SELECT transaction_uuid FROM spp_entitlement_transactions")
            assert len(found) == len(set(found))
            return {uuid for (uuid,) in found}

        def numbers(sent):
            return {item["transaction_uuid"] for _token, batch in sent for item in batch}

        for enough in (4, 12):
            remaining = [batch for batch in batches if batch not in answered]
            with ThreadPoolExecutor(2) as threads:
                sending = [threads.submit(send, token, remaining) for token in tokens]
                until(
                    lambda: len(answered) >= enough or any(one.done() for one in sending),  # noqa: B023
                    "batches to be answered",
                )
                server.kill()
            for one in sending:
                one.result()
            assert len(answered) < len(batches), "the server was killed too late"
            server.start()
            assert numbers(answered) <= stored()

        for token in tokens:
            while remaining := [batch for batch in batches if batch not in answered and batch[0] == token]:
                send(token, remaining)
        for token in tokens:
            send(token, batches)  # everything once more
        assert stored() == numbers(batches)
        balances = rows(server, "SELECT DISTINCT entitlement_balance FROM spp_entitlement")
        assert balances == [(Decimal("99.99") - 60 * Decimal("0.37"),)]

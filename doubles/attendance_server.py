# Part of the SPP attendance suite. LGPL-3.
"""A double of the external attendance server, as a process of its own.

Start it so:

    python -m doubles.attendance_server --generation S2 --data people.jsonl [--port N]

It writes `listening on N` and ends when its standard input does. Tests steer it through `/_control`:
GET log (requests so far), POST faults, POST settings, POST forget-tokens, POST forget-log. A fault is an object:

    path, method   which requests it meets: begin of the path, HTTP method; all when missing
    skip, times    how many of them pass before, and how many it meets then (for ever when missing)
    delay          seconds before the answer             strip_body  true: the request body is lost on the way
    status         answer this status with an HTML page   headers     more headers for the answer
    answer         answer this JSON value or text         set         [[path, value], ...] changed in the true answer
    redirect       answer 302 to this address             cut         true: the connection ends in the middle of the body
    drop           true: it ends without an answer        drip        seconds between the bytes of the body
    pad            so many spaces after the answer        gzip        true: the answer is compressed
    die            true: the process ends
"""

import argparse
import base64
import contextlib
import gzip
import json
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from doubles.attendance_store import HTML_ERROR, ApiError, Store


def _base64(value):
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class Tokens:
    """Tokens that look like RS256 JWTs; known by heart, because nobody outside checks the signature."""

    def __init__(self, settings):
        self.settings = settings
        self.valid_until = {}

    def issue(self, body):
        """Answer of POST /auth/token: status and JSON."""
        if not isinstance(body, dict) or not (body.get("client_id") and body.get("client_secret")):
            return 400, {"error": "Bad Request", "error_description": "client_id and client_secret are required."}
        if self.settings["clients"].get(body["client_id"]) != body["client_secret"]:
            return 401, {"error": "Unauthorized", "error_description": "Invalid client id or secret."}
        seconds = self.settings.get("token_seconds", 600)
        issued = time.time()
        shown = int(issued + self.settings.get("clock_skew_seconds", 0))
        parts = [
            {"alg": "RS256", "typ": "JWT"},
            {"iat": shown, "exp": shown + int(seconds), "iss": "openspp:auth-service"},
        ]
        token = ".".join([_base64(json.dumps(part).encode()) for part in parts] + [_base64(os.urandom(256))])
        self.valid_until[token] = issued + seconds
        return 200, {"access_token": token, "token_type": "Bearer"}

    def is_valid(self, token):
        return self.valid_until.get(token, 0) > time.time()


class Faults:
    """What goes wrong on purpose."""

    def __init__(self):
        self.lock = threading.Lock()
        self.wanted = []

    def take(self, method, path):
        """All faults that meet this request, as one dict."""
        met: dict = {}
        with self.lock:
            for fault in self.wanted:
                if not path.startswith(fault.get("path", "")) or fault.get("method", method) != method:
                    continue
                if fault.get("skip", 0) > 0:
                    fault["skip"] -= 1
                elif fault.get("times") != 0:
                    if "times" in fault:
                        fault["times"] -= 1
                    met |= fault
        return met


class AttendanceServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port, store):
        super().__init__(("127.0.0.1", port), Handler)
        self.store = store
        self.tokens = Tokens(store.settings)
        self.faults = Faults()
        self.lock = threading.Lock()
        self.log = []

    def handle_error(self, request, client_address):
        """Connections that the other side ends are what this server is for."""


class Handler(BaseHTTPRequestHandler):
    server: AttendanceServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *arguments):
        """The log is kept in memory: GET /_control/log."""

    def _serve(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        address = urlsplit(self.path)
        if address.path.startswith("/_control/"):
            return self._control(address.path.removeprefix("/_control/"), raw)
        path = address.path
        base = self.server.store.settings.get("base_path", "")
        path = path.removeprefix(base) if path.startswith(base + "/") else "/outside-of-base"
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        fault = self.server.faults.take(self.command, path)
        entry = {"method": self.command, "path": path, "query": query, "body": raw.decode("utf-8", "replace")}
        entry |= {name: self.headers.get(name, "") for name in ("authorization", "cookie")}
        with self.server.lock:
            self.server.log.append(entry)
        if fault.get("die"):
            os._exit(1)
        time.sleep(fault.get("delay", 0))
        if fault.get("drop"):
            self.close_connection = True
            return None
        if fault.get("strip_body"):
            raw = b""
        status, answer = self._spoiled(fault) or self._answer(path, query, raw)
        for keys, value in fault.get("set", []):
            place = answer
            for key in keys[:-1]:
                place = place[key]
            place[keys[-1]] = value
        entry["status"] = status
        return self._send(status, answer, fault)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

    def _spoiled(self, fault):
        if "redirect" in fault:
            fault["headers"] = {**fault.get("headers", {}), "Location": fault["redirect"]}
            return 302, "<p>Moved.</p>"
        if "answer" in fault:
            return fault.get("status", 200), fault["answer"]
        if "status" in fault:
            return fault["status"], HTML_ERROR.format(status=fault["status"])
        return None

    def _send(self, status, answer, fault):
        is_html = isinstance(answer, str) and answer.startswith("<")
        body = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        body += b" " * fault.get("pad", 0)
        self.send_response(status)
        if fault.get("gzip"):
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", "text/html" if is_html else "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in fault.get("headers", {}).items():
            self.send_header(name, value)
        self.end_headers()
        if fault.get("cut"):
            self.close_connection = True
            body = body[: len(body) // 2]
        if fault.get("drip"):
            for position in range(len(body)):
                self.wfile.write(body[position : position + 1])
                time.sleep(fault["drip"])
            return
        self.wfile.write(body)

    # --- the contract

    def _answer(self, path, query, raw):
        """Status and answer: a JSON value, or text of an HTML page."""
        if path == "/auth/token":
            return self._issue_token(raw)
        route = self._route(path)
        if route is None:
            return 404, HTML_ERROR.format(status=404)
        if self.command not in route:
            return 405, HTML_ERROR.format(status=405)
        scheme, _space, token = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            return 500, HTML_ERROR.format(status=500)
        try:
            if not self.server.tokens.is_valid(token):
                raise ApiError("Unauthorized", 401)
            with self.server.lock:
                return 200, route[self.command](query, self._json_body(raw))
        except ApiError as error:
            return error.status, {"error": {"code": error.status, "message": error.message}}
        except (AttributeError, KeyError, TypeError, ValueError):
            return 500, HTML_ERROR.format(status=500)

    def _issue_token(self, raw):
        if self.command != "POST":
            return 405, HTML_ERROR.format(status=405)
        try:
            return self.server.tokens.issue(json.loads(raw))
        except ValueError:
            return 400, {"error": "Bad Request", "error_description": "data must be in JSON format."}

    def _json_body(self, raw):
        if self.headers.get_content_type() == "application/x-www-form-urlencoded":
            return {}
        try:
            return json.loads(raw or b"{}")
        except ValueError:
            raise ApiError("data must be in JSON format.") from None

    def _route(self, path):
        """Methods of a path and what answers them; None where the generation has no such route."""
        store = self.server.store
        first, *rest = unquote(path).removeprefix("/").split("/")
        key = (first, *rest) if len(rest) < 2 else None
        routes = {
            ("attendances",): {
                "GET": store.attendances,
                "POST": store.create,
                "PUT": store.update,
                "DELETE": store.delete,
            },
            ("attendance", "types"): {"GET": lambda query, body: {"records": store.types}},
            ("attendance", "locations"): {"GET": lambda query, body: {"records": store.locations}},
        }
        if store.generation == "S2":
            routes[("subscribers",)] = {"GET": store.subscribers}
        if key in routes:
            return routes[key]
        if key and len(key) == 2 and key[1]:
            if first == "attendance":
                return {"GET": lambda query, body: store.person_attendances(key[1], query)}
            if first == "subscriber" and store.generation == "S2":
                return {"GET": lambda query, body: self._one_subscriber(key[1])}
        return None

    def _one_subscriber(self, identifier):
        number = self.server.store.find(identifier)
        if number is None:
            raise ApiError(f"PersonID {identifier} does not exist.")
        return self.server.store.subscriber(self.server.store.person(number))

    # --- for the tests

    def _control(self, what, raw):
        server = self.server
        answer: dict | list = {}
        with server.lock:
            if what == "log":
                answer = server.log
            elif what == "faults":
                server.faults.wanted = json.loads(raw)
            elif what == "settings":
                server.store.settings.update(json.loads(raw))
            elif what == "forget-tokens":
                server.tokens.valid_until.clear()
            elif what == "forget-log":
                server.log.clear()
        self._send(200, answer, {})


def _end_with_parent():
    sys.stdin.buffer.read()
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--generation", choices=["S1", "S2"], required=True)
    parser.add_argument("--data", required=True, help="file with one JSON object per line: settings, then subscribers")
    parser.add_argument("--port", type=int, default=0, help="0 for any free one")
    parser.add_argument("--certificate", help="PEM file with key and certificate: speak HTTPS")
    arguments = parser.parse_args()
    server = AttendanceServer(arguments.port, Store(arguments.data, arguments.generation))
    if arguments.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arguments.certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    print(f"listening on {server.server_port}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    main()

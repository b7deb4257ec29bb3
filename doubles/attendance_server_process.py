# Part of the SPP attendance suite. LGPL-3.
"""Start, steer and stop the double of the external attendance server. Standard library only.

with AttendanceServerProcess(tmp_path / "people.jsonl", generation="S2", people=people(10)) as server:
    server.faults({"path": "/attendances", "status": 503, "times": 2})
    ...
    server.requests("/attendances")
"""

import json
import select
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import date, timedelta
from pathlib import Path

CLIENT_ID = "c-id-5f0e"
CLIENT_SECRET = "c-secret-91ab"  # of the double, nowhere else
TYPES = [
    {"id": 2, "name": "Training", "description": "Class room"},
    {"id": 3, "name": "Health check", "description": False},
]
LOCATIONS = [{"id": 1, "name": "North school", "description": False}]
#: Identifiers that a careless client mixes up, cuts or sends elsewhere.
ODD_IDENTIFIERS = ("7", "007", "0007", "A/B 9", "with space", "Ñandú-١", "100%25", "a?b#c", "types", "..")
_START_SECONDS = 60
_ANSWER_SECONDS = 30


def people(count, rows=12, start=date(2026, 3, 1)):
    """Subscribers NID-000000, NID-000001, ...: each has `rows` attendances on consecutive days from `start`.

    :return: generator of dicts; every fifth row of a person has no type and no location, every fourth one is of type 3
    """
    for number in range(count):
        yield {
            "person_identifier": f"NID-{number:06}",
            "family_name": "Doe",
            "given_name": f"N{number}",
            "rows": [
                {
                    "id": number * rows + day + 1,
                    "date": str(start + timedelta(days=day)),
                    "time": "08:03:00",
                    "type": None if day % 5 == 4 else 3 if day % 4 == 3 else 2,
                    "location": None if day % 5 == 4 else 1,
                }
                for day in range(rows)
            ],
        }


def odd_people():
    """Subscribers whose identifiers or attendances are unlike the others'; row ids from 900001 on.

    "NEVER" has no attendance, "AWAY" only an absence, "MIXED" two presences on one day and an absence on another (where
    the server knows absences), "GONE" is archived.
    """
    day = {"date": "2026-03-05", "time": "08:00:00"}
    rows = {
        "NEVER": [],
        "AWAY": [{**day, "category": "absent"}],
        "MIXED": [
            {**day, "description": "Module 4", "url": "https://files.example.org/scan/88", "source": "tablet-7"},
            {**day, "time": "13:00:00", "description": "Line\x00one", "url": "javascript:alert(1)"},
            {**day, "date": "2026-03-06", "category": "absent"},
        ],
        "GONE": [day],
    }
    rows |= {identifier: [day] for identifier in ODD_IDENTIFIERS}
    row_id = 900000
    for identifier, own in rows.items():
        numbered = []
        for row in own:
            row_id += 1
            numbered.append({"id": row_id, **row})
        yield {"person_identifier": identifier, "active": identifier != "GONE", "rows": numbered}


class AttendanceServerProcess:
    """Context manager: a running double on a free port.

    :param data: path of the data file; written first if `people` is given
    :param generation: "S1" or "S2"
    :param people: iterable of subscriber dicts
    :param certificate: PEM file with key and certificate; the server speaks HTTPS then, and cannot be steered
    :param settings: more settings of the server: token_seconds, clock_skew_seconds, base_path, max_limit, ..._unique
    """

    def __init__(self, data, *, generation="S2", people=None, certificate=None, **settings):
        self.certificate = certificate
        self.data = Path(data)
        self.generation = generation
        self.process: subprocess.Popen
        self.port = 0
        self.base_path = settings.get("base_path", "")
        if people is not None:
            first = {"clients": {CLIENT_ID: CLIENT_SECRET}, "types": TYPES, "locations": LOCATIONS, **settings}
            with self.data.open("w") as file:
                file.write(json.dumps(first) + "\n")
                file.writelines(json.dumps(item) + "\n" for item in people)

    @property
    def url(self):
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://127.0.0.1:{self.port}{self.base_path}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    def start(self):
        """Start the process, on the same port as before if it ran already, and wait until it listens."""
        self.process = subprocess.Popen(
            [sys.executable, "-E", "-m", "doubles.attendance_server"]
            + ["--generation", self.generation, "--data", str(self.data), "--port", str(self.port)]
            + (["--certificate", str(self.certificate)] if self.certificate else []),
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        said = self.process.stdout
        line = said.readline() if said and select.select([said], [], [], _START_SECONDS)[0] else ""
        if not line.startswith("listening on "):
            self.stop()
            raise RuntimeError(f"the attendance server double does not start: {line!r}")
        self.port = int(line.split()[-1])

    def stop(self):
        """Kill it as a power cut would."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()

    def faults(self, *faults):
        """From now on exactly these go wrong; see attendance_server.py."""
        self._control("faults", list(faults))

    def change(self, **settings):
        """Change settings of the running server, e.g. `clients`."""
        self._control("settings", settings)

    def forget_tokens(self):
        """Tokens issued so far are refused, as after a change of the signing keys."""
        self._control("forget-tokens", {})

    def requests(self, path=None):
        """Requests so far, as dicts with method, path, query, body, authorization, cookie, status, person_ids.

        :param path: only those whose path begins so
        """
        found = [entry for entry in self._control("log") if entry["path"].startswith(path or "")]
        for entry in found:
            entry["person_ids"] = json.loads(entry["body"] or "{}").get("person_ids")
        return found

    def forget_requests(self):
        self._control("forget-log", {})

    def call(self, method, path, body=None, headers=None):
        """A request as any other program would send it.

        :param body: value for a JSON body, or bytes
        :return: status and parsed JSON, or the text where it is none
        """
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers or {}, method=method)
        try:
            with _DIRECT.open(request, timeout=_ANSWER_SECONDS) as response:
                status, text = response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                status, text = error.code, error.read().decode()
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text

    def _control(self, what, value=None):
        data = None if value is None else json.dumps(value).encode()
        address = f"http://127.0.0.1:{self.port}/_control/{what}"
        with _DIRECT.open(urllib.request.Request(address, data), timeout=_ANSWER_SECONDS) as response:
            return json.load(response)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())

# Part of the SPP attendance suite. LGPL-3.
"""What the double of an external attendance server knows and answers, without HTTP.

Two generations: "S1" pages through persons, "S2" has categories, subscribers and a cursor nobody can use.
The data file has one JSON object per line: the settings first, then one subscriber per line. Subscribers are kept as the
text of their line and parsed when asked for, so that 100,000 of them cost little memory and each answer costs the same.
"""

import json
from datetime import datetime

HTML_ERROR = "<!doctype html>\n<title>{status}</title>\n<h1>{status}</h1>\n<p>Something went wrong.</p>\n"


class ApiError(Exception):
    """A refusal on purpose: status and message, sent in the error shape of protected routes."""

    def __init__(self, message, status=400):
        super().__init__(message)
        self.message = message
        self.status = status


def _positive(query, key, default):
    try:
        value = int(query.get(key, default))
    except ValueError:
        raise ApiError("Page and limit must be integers.") from None
    if value < 1:
        raise ApiError("Page and limit must be positive integers.")
    return value


def _window(query):
    """First and last date to answer for, or None: a single date is ignored without notice."""
    start, end = query.get("from_date"), query.get("to_date")
    if not (start and end):
        return None
    try:
        for value in (start, end):
            datetime.strptime(value, "%Y-%m-%d")
    except ValueError:
        raise ApiError("FromDate and ToDate must be in the format YYYY-MM-DD.") from None
    if start > end:
        raise ApiError("FromDate must be less than or equal to ToDate.")
    return start, end


def _pagination(page, limit, total):
    return {"page": page, "limit": limit, "total_records": total, "total_pages": -(-total // limit)}


class Store:
    """The persons, attendances, types and locations of one attendance server."""

    def __init__(self, path, generation):
        self.generation = generation
        self.lines: list[bytes | str] = []
        self.index = {}
        self.row_person = None
        with open(path, "rb") as file:
            self.settings = json.loads(next(file))
            for line in file:
                self.index[json.loads(line)["person_identifier"]] = len(self.lines)
                self.lines.append(line)
        self.types = self.settings.get("types", [])
        self.locations = self.settings.get("locations", [])

    def person(self, number):
        """The subscriber with this position; its internal id is the position plus one."""
        return json.loads(self.lines[number])

    def save(self, number, person):
        self.lines[number] = json.dumps(person).encode()
        self.row_person = None

    def find(self, identifier):
        """Position of an active subscriber, or None."""
        number = self.index.get(identifier) if isinstance(identifier, str) else None
        return number if number is not None and self.person(number).get("active", True) else None

    # --- reading

    def attendances(self, query, body):
        """GET /attendances"""
        page, limit, last_id = self._paging(query)
        wanted = self._filter(query)
        numbers, total = self._walk(self._asked(body), page, limit, last_id)
        return {
            "records": [self._record(self.person(number), *wanted) for number in numbers],
            "pagination": _pagination(page, limit, total),
        }

    def person_attendances(self, identifier, query):
        """GET /attendance/<identifier>: pages through attendances, the dates cover all of them."""
        page, limit = _positive(query, "page", 1), _positive(query, "limit", 30)
        wanted = self._filter(query)
        number = self.find(identifier)
        if number is None:
            raise ApiError(f"PersonID {identifier} does not exist.")
        record = self._record(self.person(number), *wanted)
        rows = record["attendance_list"]
        record["attendance_list"] = rows[(page - 1) * limit : page * limit]
        return {**record, "pagination": _pagination(page, limit, len(rows))}

    def subscribers(self, query, body):
        """GET /subscribers (S2)"""
        page, limit, last_id = self._paging(query)
        numbers, total = self._walk(range(len(self.lines)), page, limit, last_id)
        records = [self.subscriber(self.person(number)) for number in numbers]
        return {"records": records, "pagination": _pagination(page, limit, total)}

    @staticmethod
    def subscriber(person):
        identifier, family, given = (person.get(key, "") for key in ("person_identifier", "family_name", "given_name"))
        return {
            "id": identifier,
            "person_id": identifier,
            "name": f"{family}, {given}",
            "family_name": family,
            "given_name": given,
            "email": False,
            "phone": False,
            "mobile": False,
        }

    def _paging(self, query):
        page, limit = _positive(query, "page", 1), _positive(query, "limit", 30)
        last_id = 0
        if self.generation == "S2" and query.get("last_id"):
            try:
                last_id = int(query["last_id"])
            except ValueError:
                raise ApiError("last_id must be an integer.") from None
        return page, limit, last_id

    def _asked(self, body):
        """Positions of the persons asked for, without the unknown; all of them when the list is empty."""
        identifiers = body.get("person_ids")
        if not identifiers:
            return range(len(self.lines))
        return sorted({self.index[key] for key in identifiers if isinstance(key, str) and key in self.index})

    def _walk(self, numbers, page, limit, last_id):
        if self.settings.get("max_limit"):  # not in the contract: a gateway in front of the server may have one
            limit = min(limit, self.settings["max_limit"])
        active = [number for number in numbers if number >= last_id and self._is_active(number)]
        start = (page - 1) * limit if self.generation == "S1" else 0
        return active[start : start + limit], len(active)

    def _is_active(self, number):
        return b'"active": false' not in self.lines[number] or self.person(number).get("active", True)

    def _filter(self, query):
        chosen = []
        for key, label, known in (
            ("attendance_type", "Attendance Type", self.types),
            ("attendance_location", "Attendance Location", self.locations),
        ):
            value = query.get(key)
            if value:
                try:
                    value = int(value)
                except ValueError:
                    raise ApiError(f"{label} must be an integer.") from None
                self._require(value, label, known)
            chosen.append(value or None)
        return _window(query), *chosen

    @staticmethod
    def _require(value, label, known):
        if value not in [item["id"] for item in known]:
            names = ", ".join(f"{item['id']}: {item['name']}" for item in known)
            raise ApiError(f"{label} {value} does not exist. Available: {names}")

    def _record(self, person, window, type_id, location_id):
        rows = [
            row
            for row in person.get("rows", [])
            if (not window or window[0] <= row["date"] <= window[1])
            and (not type_id or row.get("type") == type_id)
            and (not location_id or row.get("location") == location_id)
        ]
        rows.sort(key=lambda row: (row["date"], row["time"]), reverse=True)
        present = {row["date"] for row in rows if self.generation == "S1" or row.get("category") != "absent"}
        return {
            "person_id": person["person_identifier"],
            "dates_present": list(present),
            "number_of_days_present": len(present),
            "attendance_list": [self._row(row) for row in rows],
        }

    def _row(self, row):
        answer = {
            "id": row["id"],
            "date": row["date"],
            "time": row["time"],
            "attendance_type": self._catalogue_entry(self.types, row.get("type")),
            "attendance_location": self._catalogue_entry(self.locations, row.get("location")),
            "attendance_description": row.get("description", False),
            "attendance_external_url": row.get("url", False),
            "submitted_by": row.get("submitted_by", "tablet"),
            "submitted_datetime": row.get("submitted_datetime", f"{row['date']} 17:00:00"),
            "submission_source": row.get("source", False),
        }
        if self.generation == "S2":
            answer["attendance_category"] = row.get("category", "present")
        return answer

    @staticmethod
    def _catalogue_entry(known, wanted):
        return next((item for item in known if item["id"] == wanted), {})

    # --- writing

    def create(self, query, body):
        """POST /attendances: everything is checked before the first row is kept."""
        self._require_fields(body, ("records", "submitted_by", "submitted_datetime"))
        skip = self.generation == "S2" and query.get("ignore_unique", "").lower() in ("true", "1", "t", "y", "yes")
        accepted = []
        for record in body["records"]:
            self._require_fields(record, ("person_id", "time_card"))
            number = self.find(record["person_id"])
            if number is None:
                raise ApiError("person_id does not exist.")
            for card in record["time_card"]:
                row = self._parse_card(card, {"category": "present"}, body)
                if not self._is_duplicate(number, row):
                    accepted.append((number, row))
                elif not skip:
                    raise ApiError(f"Attendance of {record['person_id']} at {card['date_time']} already exists.")
        next_id = max(self._row_persons(), default=0) + 1
        for offset, (number, row) in enumerate(accepted):
            person = self.person(number)
            person.setdefault("rows", []).append({"id": next_id + offset, **row})
            self.save(number, person)
        return {
            "message": "Attendance list created successfully.",
            "person_ids": [record["person_id"] for record in body["records"]],
        }

    def update(self, query, body):
        """PUT /attendances: row after row; what was written before an error stays written."""
        self._require_fields(body, ("records", "submitted_by", "submitted_datetime"))
        for record in body["records"]:
            self._require_fields(record, ("id", "time_card"))
            number = self._row_persons().get(record["id"]) if type(record["id"]) is int else None
            if number is None:
                raise ApiError("id does not exist.")
            person = self.person(number)
            row = next(row for row in person["rows"] if row["id"] == record["id"])
            row.update(self._parse_card(record["time_card"], {}, body, update=True))
            self.save(number, person)
        return {"message": "Attendance list updated successfully."}

    def delete(self, query, body):
        """DELETE /attendances?ids=1,2: gone without a trace."""
        try:
            ids = {int(value) for value in query.get("ids", "").split(",")}
        except ValueError:
            raise ApiError("ids must be integers.") from None
        known = {row_id: number for row_id, number in self._row_persons().items() if row_id in ids}
        if not known:
            raise ApiError("No attendance with these ids exists.")
        for number in set(known.values()):
            person = self.person(number)
            person["rows"] = [row for row in person["rows"] if row["id"] not in ids]
            self.save(number, person)
        return {"message": "Attendance list deleted successfully."}

    @staticmethod
    def _require_fields(values, keys):
        missing = [key for key in keys if key not in values]
        if missing:
            raise ApiError(f"Missing required fields: {', '.join(missing)}")

    def _parse_card(self, card, defaults, body, update=False):
        if not update:
            self._require_fields(card, ("date_time",))
        row = dict(defaults)
        if "date_time" in card:  # a wrong one is an error 500, as on the real server
            moment = datetime.strptime(card["date_time"], "%Y-%m-%d %H:%M:%S")
            row |= {"date": str(moment.date()), "time": str(moment.time())}
        for key, label, known in (
            ("type", "Attendance Type", self.types),
            ("location", "Attendance Location", self.locations),
        ):
            if f"attendance_{key}" in card:
                value = card[f"attendance_{key}"]
                value = int(value) if update else int(value or 0)  # null in an update is an error 500
                if value:
                    self._require(value, label, known)
                row[key] = value or None
        if self.generation == "S2" and "attendance_category" in card:
            row["category"] = str(card["attendance_category"]).lower()
            if row["category"] not in ("present", "absent"):
                raise ApiError("Invalid category. Use present or absent.")
        row |= {key: card[f"attendance_{key}"] for key in ("description",) if f"attendance_{key}" in card}
        if "attendance_external_url" in card:
            row["url"] = card["attendance_external_url"]
        return row | {
            "submitted_by": body["submitted_by"],
            "submitted_datetime": body["submitted_datetime"],
            "source": body.get("submission_source", False),
        }

    def _is_duplicate(self, number, row):
        """Whether stored rows refuse this one; four switches, each needs the one before. None on: nothing is checked."""
        keys = []
        for key in ("date", "time", "type", "location"):
            if not self.settings.get(f"{key}_unique"):
                break
            keys.append(key)
        stored = self.person(number).get("rows", [])
        return bool(keys) and any(all(old.get(key) == row.get(key) for key in keys) for old in stored)

    def _row_persons(self):
        if self.row_person is None:
            self.row_person = {
                row["id"]: number for number in range(len(self.lines)) for row in self.person(number).get("rows", [])
            }
        return self.row_person

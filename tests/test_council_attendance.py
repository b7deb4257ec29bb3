# Part of the SPP attendance suite. LGPL-3.
"""Two and a half years of roll calls of a city council, brought in through the import screen.

What comes out is compared with a calculation over the published file that shares no code with the addons.
"""

from collections import Counter
from fractions import Fraction

import pytest

from tests import council
from tests.exact import rounded
from tests.import_screen import ImportScreen
from tools import odoo
from tools.rpc import Client

DUPLICATE = "This person already has a mark in this session: change that one instead."
_GROUPS = ("base.group_user", "base.group_partner_manager", "spp_session_tracking.group_session_manager")


@pytest.fixture(scope="module")
def published():
    return council.published_rows()


@pytest.fixture(scope="module")
def files(published):
    return council.import_files(published)


@pytest.fixture(scope="module")
def server(serve):
    with serve("council", modules=["base_import"]) as running:
        yield running


@pytest.fixture(scope="module")
def clerk(server):
    """A session manager who may also add people."""
    admin = Client(server.url, server.database, "admin", "admin")
    values = {"name": "Clerk", "login": "council", "password": "council"}
    values["group_ids"] = [(6, 0, [admin.ref(group) for group in _GROUPS])]
    admin.call("res.users", "create", [values], context={"no_reset_password": True})
    admin.call("spp.session.type", "create", [{"name": council.SESSION_TYPE, "frequency": "monthly"}])
    return Client(server.url, server.database, "council", "council")


@pytest.fixture(scope="module")
def imported(clerk, files):
    """The import from the members to the marks; what the screen said on the way.

    :return: dict model -> list of (row, sentence) of rows that had to be set aside
    """
    refused = {}
    for model, file in files.items():
        screen, refused[model] = ImportScreen(clerk, model), []
        rows = dict(enumerate(file.rows))
        upload(screen, file, rows)
        while messages := screen.test(file.fields):
            numbers = list(rows)
            for number, sentence in messages:
                refused[model].append((numbers[number], sentence))
                del rows[numbers[number]]
            upload(screen, file, rows)
        ids, messages = screen.import_(file.fields)
        assert not messages
        assert len(ids) == len(rows)
    sessions = clerk.call("spp.session", "search", [])
    clerk.call("spp.session", "action_submit", sessions)
    return refused


def upload(screen, file, rows):
    screen.upload("import.csv", council.as_csv(file._replace(rows=rows.values())))


def calls(published):
    """Every roll call once: dict (session, member) -> whether the member was there."""
    return {(council.session_key(row), row["MemberCode"]): row["Present"] == "Y" for row in published}


def rates(published, part):
    """Exact percentages by a part of (session, member), the plain way."""
    present, called = Counter(), Counter()
    for key, there in calls(published).items():
        called[part(*key)] += 1
        present[part(*key)] += there
    return {key: Fraction(100 * present[key], called[key]) for key in called}


def test_published_file(published):
    sessions = {council.session_key(row) for row in published}
    hours = [council.clocks(key[4]) for key in sessions]
    assert len(published) == 8932
    assert len({row["MemberCode"] for row in published}) == 27
    assert len({row["Committee"] for row in published}) == 47
    assert len(sessions) == 1367
    assert len(published) - len(calls(published)) == 11
    assert Counter(map(len, hours)) == {1: 22, 2: 1345}
    assert sum("Roll Call" in row["SessionStart_EndTime"] for row in published) == 285
    # the note beside the file says that seven end before they start: they end in the minute in which they start
    assert sum(len(times) == 2 and times[1] < times[0] for times in hours) == 0
    assert sum(len(times) == 2 and times[1] == times[0] for times in hours) == 7


def test_sessions_that_end_before_they_start(clerk, files):
    """The seven that have no length, with an end a minute earlier, among all the others: each is named."""
    file = files["spp.session"]
    fields = [field.removesuffix("/id") for field in file.fields if field != "expected_participant_ids/id"]
    wrong, rows = set(), []
    for number, (_xmlid, name, kind, _committee, day, start, end, _expected) in enumerate(file.rows):
        if start == end:
            wrong.add(number)
            end = f"{float(end) - 1 / 60:.6f}"
        rows.append([f"trial.{number}", name, kind, "", day, start, end])
    screen = ImportScreen(clerk, "spp.session")
    screen.upload("sessions.csv", council.as_csv(council.ImportFile(file.header[:-1], fields, rows)))
    messages = screen.test(fields)
    sentences = {
        number: f'The session "{rows[number][1]}" ends before it starts: correct the start or the end time, or say that'
        " it ends on the next day."
        for number in wrong
    }
    assert len(wrong) == 7
    assert {sentence for _number, sentence in messages} == set(sentences.values())
    assert sentences.items() <= set(messages)
    assert clerk.call("spp.session", "search_count", []) == 0


def test_only_the_duplicates_are_refused(imported, published):
    marks = imported.pop("spp.session.attendance")
    assert not any(imported.values())
    assert {sentence for _number, sentence in marks} == {DUPLICATE}
    seen, duplicates = set(), []
    for row in published:
        key = (council.session_key(row), row["MemberCode"])
        if key in seen:
            duplicates.append(key)
        seen.add(key)
    refused = [published[number] for number, _sentence in marks]
    assert Counter((council.session_key(row), row["MemberCode"]) for row in refused) == Counter(duplicates)
    assert len(marks) == 11


def test_everything_else_went_in(imported, server, rows):
    assert rows(server, "SELECT COUNT(*) FROM spp_session WHERE submitted_at IS NOT NULL") == [(1367,)]
    counts = rows(
        server,
        """SELECT status.code, COUNT(*) FROM spp_session_attendance mark
             JOIN spp_attendance_status status ON status.id = mark.status_id GROUP BY status.code ORDER BY 1""",
    )
    assert counts == [("absent", 687), ("present", 8234)]
    # nobody was marked who was not called
    assert rows(server, "SELECT DISTINCT source FROM spp_session_attendance") == [("person",)]


def test_times_are_those_of_the_city(imported, server, rows):
    stored = rows(
        server,
        """SELECT name, to_char(start_datetime AT TIME ZONE 'UTC' AT TIME ZONE tz, 'YYYY-MM-DD HH24:MI'), tz
             FROM spp_session""",
    )
    assert {tz for _name, _start, tz in stored} == {council.TIME_ZONE}
    for name, start, _tz in stored:
        hour = council.clocks(name)[0]
        assert start == f"{name.rpartition(', ')[2][:10]} {int(hour):02}:{round(hour % 1 * 60):02}", name


def test_rates_are_those_of_the_file(imported, published, server, rows):
    """Three ways to the same rates: the addon, SQL on the tables, and fractions over the published file."""
    of_members = rates(published, lambda _session, member: member)
    of_committees = rates(published, lambda session, _member: session[0].strip())
    answer = odoo.ask(
        server.database,
        """
statistics = env["spp.attendance.statistics"]
members = env["spp.session.attendance"].search([]).participant_id
rate, counts = statistics.rate(members), statistics.counts(members)
query = statistics._counts_query(statistics._fact_condition(), by=("roster_id",))
names = {roster.id: roster.name for roster in env["spp.session.roster"].search([])}
answer = {
    "members": {member.name: str(rate[member.id]) for member in members},
    "counted": {member.name: counts[member.id]["counted"] for member in members},
    "committees": {
        names[row["roster_id"]]: str(statistics._percentage(row["weight"] - row["deducted"], row["counted"]))
        for row in (dict(zip([c.name for c in env.cr.description], line)) for line in env.execute_query(query))
    },
}
""",
    )
    assert answer["members"] == {member: rounded(rate) for member, rate in of_members.items()}
    assert answer["committees"] == {committee: rounded(rate) for committee, rate in of_committees.items()}
    assert answer["counted"] == Counter(member for _session, member in calls(published))
    by_sql = rows(
        server,
        """SELECT partner.name, ROUND(100.0 * COUNT(*) FILTER (WHERE mark.is_attended) / COUNT(*), 2)::text
             FROM spp_session_attendance mark JOIN res_partner partner ON partner.id = mark.participant_id
         GROUP BY partner.name""",
    )
    assert dict(by_sql) == answer["members"]
    ranking = sorted(of_members, key=of_members.get)
    assert [(member, answer["members"][member]) for member in (ranking[0], ranking[1], ranking[-2], ranking[-1])] == [
        ("M25", "55.08"),
        ("M11", "81.93"),
        ("M12", "99.01"),
        ("M23", "100.00"),
    ]
    assert answer["committees"]["Board of Health - Toronto Urban Health Fund Review Panel"] == "0.00"  # 40 calls
    assert sum(rate == "100.00" for rate in answer["committees"].values()) == 10


def test_rate_of_a_session(imported, clerk, published):
    """What the list of sessions shows: who came of those who were called."""
    shown = {
        session["name"]: (session["attendance_count"], session["attendance_rate"])
        for session in clerk.call("spp.session", "search_read", [], ["name", "attendance_count", "attendance_rate"])
    }
    present = Counter()
    for (session, _member), there in calls(published).items():
        present[session] += there
    for session, rate in rates(published, lambda session, _member: session).items():
        count, percentage = shown[council.session_name(session)]
        assert count == present[session]
        assert percentage == pytest.approx(float(rate))

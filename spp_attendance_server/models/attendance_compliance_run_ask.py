# Part of the SPP attendance suite. LGPL-3.
"""A run writes down whom it has to ask servers about, asks chunk by chunk, and stores what is new in the answers."""

from hashlib import sha256

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..clients import AttendanceServerError

#: First key of the advisory locks that keep two processes from asking for the same run.
_LOCK = 0x5350_4146


class AttendanceComplianceRun(models.Model):
    """Whom and what a run asks attendance servers, and what is kept of an answer.

    The people are written down first, then asked for in chunks. A server that says byte for byte what it said before is
    believed without reading it again.
    """

    _inherit = "spp.attendance.compliance.run"

    # --- servers and people

    def _servers(self):
        return self._sources().filtered(lambda source: source.kind == "server")

    def _write_down_people(self):
        """Note whom each server has to be asked about, by which identifier, or why it cannot be asked.

        Live identifiers only: not invalid, not expired. One that two people have is ambiguous, whether or not the other one
        is in the cycle. People who were noted before stay as they are.

        :return: how many were new
        """
        self.env.flush_all()
        with self._joins_of_many_rows():
            return sum(self.env.execute_query(self._asked_people_query(source))[0][0] for source in self._servers())

    def _asked_people_query(self, source):
        """:return: SQL that notes whom a source has to be asked about, and counts them"""
        return SQL(
            """
            WITH people AS (SELECT DISTINCT partner_id FROM (%(assessed)s) assessed),
            live AS MATERIALIZED (
                SELECT identifier.partner_id, btrim(identifier.value) AS value
                  FROM spp_registry_id identifier
                  JOIN res_partner holder ON holder.id = identifier.partner_id
                 WHERE identifier.id_type_id = %(id_type)s AND identifier.status IS DISTINCT FROM 'invalid'
                   AND (identifier.expiry_date IS NULL OR identifier.expiry_date >= %(today)s)
                   AND btrim(identifier.value) <> ''
                   AND holder.active AND holder.disabled IS NULL
                   AND (%(company)s::int IS NULL OR holder.company_id IS NULL OR holder.company_id = %(company)s)
            ),
            held AS (
                SELECT value, COUNT(DISTINCT partner_id) AS holders FROM live GROUP BY value
            ),
            own AS (SELECT partner_id, MIN(value) AS value FROM live GROUP BY partner_id),
            added AS (
                INSERT INTO spp_attendance_run_person (
                    run_id, source_id, partner_id, identifier, outcome, create_uid, create_date, write_uid, write_date
                )
                SELECT %(run)s, %(source)s, people.partner_id, own.value,
                       CASE WHEN own.value IS NULL THEN 'no_identifier'
                            WHEN held.holders > 1 THEN 'ambiguous_identifier'
                            ELSE 'pending' END,
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM people
             LEFT JOIN own ON own.partner_id = people.partner_id
             LEFT JOIN held ON held.value = own.value
              ORDER BY people.partner_id
           ON CONFLICT (run_id, source_id, partner_id) DO NOTHING
             RETURNING id
            )
            SELECT COUNT(*) FROM added
            """,
            assessed=self._assessed_query(),
            id_type=source.id_type_id.id,
            today=self.cycle_id._attendance_today(),
            company=self.cycle_id.company_id.id or None,
            run=self.id,
            source=source.id,
            uid=self.env.uid,
            now=self.env.cr.now(),
        )

    def _give_up_waiting(self):
        """Nobody will be asked about the people who still wait. One statement."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE spp_attendance_run_person SET outcome = 'source_unreachable', write_uid = %s, write_date = %s"
                " WHERE run_id = %s AND outcome = 'pending'",
                self.env.uid,
                self.env.cr.now(),
                self.id,
            )
        )
        self.env["spp.attendance.run.person"].invalidate_model(["outcome"])

    def _next_people(self):
        """Rows of `spp.attendance.run.person` of whom a server is asked next: one source, at most a page."""
        waiting = [("run_id", "=", self.id), ("outcome", "=", "pending")]
        people = self.env["spp.attendance.run.person"]
        first = people.search(waiting, order="source_id.id, partner_id.id", limit=1)
        return people.search_fetch(
            [*waiting, ("source_id", "=", first.source_id.id)],
            ["run_id", "source_id", "partner_id", "identifier", "outcome"],
            order="partner_id.id",
            limit=first.source_id.page_size or 1,
        )

    # --- asking

    def _take_turn(self):
        """Whether this process may ask for the run until the end of its transaction; no row is locked by it."""
        return self.env.execute_query(SQL("SELECT pg_try_advisory_xact_lock(%s, %s)", _LOCK, self.id))[0][0]

    def _question(self, source):
        """What is asked besides people: first day, last day, the external ids of the only type and the only location.

        A server filters by one of each; where the requirement names several, everything is fetched and counting chooses.
        """
        criteria = self.criteria
        only = []
        for names, catalogue in (("types", "type_ids"), ("locations", "location_ids")):
            items = source.with_context(active_test=False)[catalogue] if len(criteria[names]) == 1 else ()
            only.append(next((item.external_id for item in items if item.id in criteria[names]), None))
        return (fields.Date.to_date(criteria["from"]), fields.Date.to_date(criteria["to"]), *only)

    def _fetch_step(self, clients):
        """Ask for the next chunk of people and store the answer; after the last one, finish.

        :param clients: `Clients`
        :return: whether there was anything to do for this process
        """
        self.ensure_one()
        if not self._take_turn():
            return False
        people = self._next_people()
        if not people and self._write_down_people():
            people = self._next_people()
        if people:
            self._ask(people, clients)
        else:
            self._finish()
        return True

    def _ask(self, people, clients):
        source = people.source_id
        question = self._question(source)
        asked = [(person.partner_id.id, person.identifier) for person in people]
        key = sha256(repr((source.tz, source.company_id.id, question, asked)).encode()).hexdigest()
        last = self._last_answer(source, key, people.partner_id)
        try:
            client = clients.of(source)
            catalogues = self._new_catalogues(source, client, clients)
            chunk = next(
                client.fetch([identifier for _partner, identifier in asked], *question, known_digest=last.digest)
            )
        except (AttendanceServerError, UserError) as error:
            run = self._for_starter()
            sentence = (
                source.with_env(run.env)._sentence(error) if isinstance(error, AttendanceServerError) else str(error)
            )
            self._stop(run.env._("%(server)s: %(error)s", server=source.name, error=sentence))
            source.last_error = sentence
            return
        if catalogues:
            source._keep_catalogues(catalogues)
        clients.with_catalogues.add((self, source))
        self._store(people, question, chunk, key, last)

    def _new_catalogues(self, source, client, clients):
        """The types and locations of a server, once in a run; nothing when they were read."""
        asked = [("run_id", "=", self.id), ("source_id", "=", source.id)]
        if (self, source) in clients.with_catalogues or self.env["spp.attendance.run.chunk"].search_count(
            asked, limit=1
        ):
            return {}
        return {"types": client.types(), "locations": client.locations()}

    def _last_answer(self, source, key, partners):
        """The last answer to the same question, if nothing else touched the facts of these people since; else nothing."""
        chunks = self.env["spp.attendance.run.chunk"]
        last = chunks.search([("source_id", "=", source.id), ("question", "=", key)], order="id desc", limit=1)
        touched = [
            ("source_id", "=", source.id),
            ("partner_id", "in", partners.ids),
            ("write_date", ">", last.create_date),
        ]
        return chunks if last and self.env["spp.event.attendance"].search_count(touched, limit=1) else last

    def _store(self, people, question, chunk, key, last):
        """Write the answers about some people and the facts that came with them, unless the server said the same before.

        :param people: `spp.attendance.run.person` records that were asked about
        :param question: what else was asked, see `_question`
        :param chunk: `Chunk`
        :param key: digest of the whole question
        :param last: `spp.attendance.run.chunk` record of the same question, or none
        """
        source = people.source_id
        is_repeated = bool(last) and last.digest == chunk.digest
        unanswered = (last.unanswered or {}) if is_repeated else self._unanswered(people, chunk)
        outcomes = {partner_id: outcome for outcome, partner_ids in unanswered.items() for partner_id in partner_ids}
        for outcome, persons in people.grouped(lambda person: outcomes.get(person.partner_id.id, "answered")).items():
            persons.outcome = outcome
        changed = cancelled = ()
        if not is_repeated:
            ledger = self.env["spp.event.attendance"]
            partner_ids = {person.identifier: person.partner_id.id for person in people}
            changed = ledger._upsert_records(source, partner_ids, chunk.records)
            answered = people.partner_id.filtered(lambda partner: partner.id not in outcomes)
            cancelled = ledger._cancel_vanished(self, source, answered, question, chunk.records)
        self.env["spp.attendance.run.chunk"].create(
            {
                "run_id": self.id,
                "source_id": source.id,
                "question": key,
                "digest": chunk.digest,
                "unanswered": unanswered,
                "people_count": len(people),
                "fact_count": last.fact_count if is_repeated else len(chunk.records),
                "changed_count": len(changed),
                "cancelled_count": len(cancelled),
                "is_repeated": is_repeated,
            }
        )

    def _unanswered(self, people, chunk):
        """:return: dict of an outcome and the ids of the people of whom the server said nothing"""
        partner_ids = {person.identifier: person.partner_id.id for person in people}
        found = {"unknown_to_server": chunk.missing_ids, "unaskable_identifier": chunk.unaskable_ids}
        return {
            outcome: [partner_ids[identifier] for identifier in identifiers]
            for outcome, identifiers in found.items()
            if identifiers
        }


class Clients:
    """Clients of the servers that are asked in one go, so that each is asked for one token; closes them in the end.

    :ivar with_catalogues: set of (run, source) whose types and locations were read
    """

    def __init__(self):
        self._clients = {}
        self.with_catalogues = set()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        for client in self._clients.values():
            client.close()

    def of(self, source):
        """The client of a source.

        :raise AttendanceServerError: when the settings cannot work
        :raise UserError: without usable secret
        """
        if source.id not in self._clients:
            self._clients[source.id] = source._client()
        return self._clients[source.id]

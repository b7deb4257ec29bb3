# Part of the SPP attendance suite. LGPL-3.
import logging
from hashlib import sha256

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, groupby

from ..clients import AttendanceServerError
from ..system_mode import as_system

_logger = logging.getLogger(__name__)

#: A run that was started this long ago is not continued by starting again.
_HOURS_TO_JOIN = 24
#: First key of the advisory locks that keep two processes from asking for the same run.
_LOCK = 0x5350_4146


class AttendanceComplianceRun(models.Model):
    """How a run asks attendance servers before it decides.

    The people are written down first, then asked for in chunks; each chunk with its facts is one transaction of a cron, so
    whatever happens in between, the run goes on with the people who are still waiting. No row is locked while a server is
    asked. A run whose fetch fails has touched facts only: no decision, no membership.
    """

    _inherit = "spp.attendance.compliance.run"

    is_refresh = fields.Boolean(readonly=True, help="Made at night to keep the ledger fresh; decides nothing.")
    is_applied_when_decided = fields.Boolean(readonly=True)
    fetch_started_at = fields.Datetime(readonly=True)
    fetch_ended_at = fields.Datetime(readonly=True)
    fetch_error = fields.Char(readonly=True)
    fetch_total = fields.Integer("People to Ask For", compute="_compute_fetch_progress")
    fetch_done = fields.Integer("People Asked For", compute="_compute_fetch_progress")
    fetch_progress = fields.Float("Fetched (%)", compute="_compute_fetch_progress")
    chunk_ids = fields.One2many("spp.attendance.run.chunk", "run_id", "Answers", readonly=True)
    source_digests = fields.Json(compute="_compute_source_digests", help="SHA-256 of each answer, per source.")

    _one_fetch = models.UniqueIndex(
        "(cycle_id, COALESCE(is_refresh, FALSE)) WHERE state = 'fetching'",
        "Servers are being asked for this cycle already.",
    )

    def _compute_fetch_progress(self):
        counts = {
            (run, outcome): count
            for run, outcome, count in self.env["spp.attendance.run.person"]._read_group(
                [("run_id", "in", self.ids)], ["run_id", "outcome"], ["__count"]
            )
        }
        totals = {run: sum(counts[key] for key in keys) for run, keys in groupby(counts, lambda key: key[0])}
        for run in self:
            run.fetch_total = totals.get(run._origin, 0)
            run.fetch_done = run.fetch_total - counts.get((run._origin, "pending"), 0)
            run.fetch_progress = 100 * run.fetch_done / run.fetch_total if run.fetch_total else 0

    @api.depends("chunk_ids.digest")
    def _compute_source_digests(self):
        for run in self:
            run.source_digests = {
                str(source.id): [chunk.digest for chunk in chunks.sorted("id")]
                for source, chunks in run.chunk_ids.grouped("source_id").items()
            }

    # ------------------------------------------------------------------ starting and joining

    @api.model
    def _to_join(self, cycle, criteria):
        """The run of a cycle that asks servers by the same requirement at the moment, or was stopped in it."""
        latest = self.search(Domain("cycle_id", "=", cycle.id) & Domain("is_refresh", "=", False), limit=1)
        young = fields.Datetime.subtract(fields.Datetime.now(), hours=_HOURS_TO_JOIN)
        return latest.filtered(
            lambda run: (
                run.state in ("fetching", "failed")
                and run.criteria == criteria
                and run.fetch_started_at
                and run.fetch_started_at > young
            )
        )

    def _start(self):
        """Ask servers if the requirement counts any, else decide at once."""
        self.ensure_one()
        if not self._servers():
            self._finish()
            return
        self._replace_running()
        self.fetch_started_at = fields.Datetime.now()
        self._write_down_people()
        self._fetch()

    def _replace_running(self):
        """Stop what asks for the same cycle by another requirement."""
        self.search(
            [("cycle_id", "=", self.cycle_id.id), ("is_refresh", "=", self.is_refresh), ("state", "=", "fetching")]
        ).write({"state": "failed", "fetch_error": self.env._("The requirement was changed; a new run was started.")})

    def _fetch(self):
        """Let the cron ask; of two that start at one moment, the second looks again and joins the first."""
        try:
            with self.env.cr.savepoint():
                self.write({"state": "fetching", "fetch_error": False})
        except psycopg2.errors.UniqueViolation:
            raise ConcurrencyError from None
        self._trigger_fetch()

    def _sources(self):
        """The sources whose facts count for this run."""
        criteria = self.criteria
        domain = Domain("company_id", "in", (self.cycle_id.company_id.id, False))
        if criteria["sources"]:
            domain &= Domain("id", "in", criteria["sources"])
        for names, catalogue in (("types", "type_ids"), ("locations", "location_ids")):
            if criteria[names]:
                domain &= Domain(catalogue, "any", [("id", "in", criteria[names])])
        return self.env["spp.attendance.source"].sudo().search(domain, order="id")

    def _servers(self):
        return self._sources().filtered(lambda source: source.kind == "server")

    def _trigger_fetch(self):
        self.env.ref("spp_attendance_compliance.ir_cron_fetch_attendance").sudo()._trigger()

    def action_continue(self):
        """Go on with a fetch that failed, from where it stopped.

        :raise AccessError: for anybody below programs officer
        :raise UserError: when nothing was stopped
        """
        self._check_is_officer()
        for run in as_system(self):
            run._check_was_stopped()
            run._fetch()

    def action_decide_without_answers(self):
        """Decide although a server could not be asked; the people it was not asked about count as not reachable.

        A run that would have been applied by itself then waits for a manager.

        :raise AccessError: for anybody below programs officer
        :raise UserError: when nothing was stopped
        """
        self._check_is_officer()
        for run in as_system(self):
            run._check_was_stopped()
            run._write_down_people()
            run._waiting().outcome = "source_unreachable"
            run.is_applied_when_decided = False
            run._finish()

    def _check_is_officer(self):
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_officer")):
            raise AccessError(self.env._("Only programs officers may go on with an attendance run: ask one to do it."))
        self.check_access("read")

    def _check_was_stopped(self):
        if self.state != "failed":
            raise UserError(self.env._("%s was not stopped: there is nothing to go on with.", self.name))

    # ------------------------------------------------------------------ people

    def _waiting(self):
        return self.env["spp.attendance.run.person"].search([("run_id", "=", self.id), ("outcome", "=", "pending")])

    def _write_down_people(self):
        """Note whom each server has to be asked about, by which identifier, or why it cannot be asked.

        Live identifiers only: not invalid, not expired. One that two people have is ambiguous, whether or not the other one
        is in the cycle. People who were noted before stay as they are.

        :return: how many were new
        """
        self.env.flush_all()
        today = fields.Date.context_today(self)
        return sum(
            len(
                self.env.execute_query(
                    SQL(
                        """
                        INSERT INTO spp_attendance_run_person (
                            run_id, source_id, partner_id, identifier, outcome,
                            create_uid, create_date, write_uid, write_date
                        )
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
                            SELECT value, MIN(partner_id) AS partner_id, COUNT(DISTINCT partner_id) AS holders
                              FROM live GROUP BY value
                        ),
                        own AS (SELECT partner_id, MIN(value) AS value FROM live GROUP BY partner_id)
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
                        """,
                        assessed=self._assessed_query(),
                        id_type=source.id_type_id.id,
                        today=today,
                        company=self.cycle_id.company_id.id or None,
                        run=self.id,
                        source=source.id,
                        uid=self.env.uid,
                        now=self.env.cr.now(),
                    )
                )
            )
            for source in self._servers()
        )

    def _next_people(self):
        """Rows of `spp.attendance.run.person` of whom a server is asked next: one source, at most a page."""
        waiting = [("run_id", "=", self.id), ("outcome", "=", "pending")]
        people = self.env["spp.attendance.run.person"]
        first = people.search(waiting, order="source_id.id, partner_id.id", limit=1)
        return people.search_fetch(
            [*waiting, ("source_id", "=", first.source_id.id)],
            ["partner_id", "identifier"],
            order="partner_id.id",
            limit=first.source_id.page_size or 1,
        )

    # ------------------------------------------------------------------ fetching

    @api.model
    def _cron_fetch(self):
        """Go on with the runs that ask servers, a chunk of each in turn; each chunk is a transaction."""
        with _Clients(self.env) as clients:
            while running := self.search([("state", "=", "fetching")], order="id"):
                worked = False
                for run in running:
                    try:
                        worked |= run._fetch_step(clients)
                        seconds_left = self.env["ir.cron"]._commit_progress(1, remaining=len(running))
                    except psycopg2.OperationalError:
                        # somebody changed the same facts meanwhile: the chunk is asked for again
                        self.env.cr.rollback()
                        _logger.info("A chunk of attendance run %s met a concurrent change", run.id)
                        self._trigger_fetch()
                        return
                    if not seconds_left:
                        return
                if not worked:
                    return
        self.env["ir.cron"]._commit_progress(remaining=0)

    def _fetch_step(self, clients):
        """Ask for what comes next, the catalogues or a chunk of people, and store the answer; after the last one, decide.

        :param clients: `_Clients`
        :return: whether there was anything to do for this process
        """
        self.ensure_one()
        if not self._take_turn():
            return False
        people = self._next_people()
        if not people:
            if not self._write_down_people():
                self._finish()
            return True
        source = people.source_id
        try:
            client = clients.of(source)
            if source in clients.with_catalogues:
                chunk = next(client.fetch(people.mapped("identifier"), *self._question(source)))
                self._store(source, people, chunk)
            else:
                source._keep_catalogues({"types": client.types(), "locations": client.locations()})
                clients.with_catalogues |= source
        except (AttendanceServerError, UserError) as error:
            self._stop(source, error)
        return True

    def _take_turn(self):
        """Whether this process may ask for the run until the end of its transaction; no row is locked by it."""
        return self.env.execute_query(SQL("SELECT pg_try_advisory_xact_lock(%s, %s)", _LOCK, self.id))[0][0]

    def _question(self, source):
        """What is asked besides people: first day, last day, the external ids of the only type and the only location.

        A server filters by one of each; where the requirement names several, everything is fetched and counting chooses.
        """
        criteria = self.criteria
        only = []
        for names, catalogue in (("types", source.type_ids), ("locations", source.location_ids)):
            wanted = catalogue.with_context(active_test=False).filtered(
                lambda item, names=names: item.id in criteria[names]
            )
            only.append(wanted.external_id if len(criteria[names]) == 1 and wanted else None)
        return (fields.Date.to_date(criteria["from"]), fields.Date.to_date(criteria["to"]), *only)

    def _store(self, source, people, chunk):
        """Write the answers about some people and the facts that came with them, unless the server said the same before."""
        question = self._question(source)
        asked = [(person.partner_id.id, person.identifier) for person in people]
        key = sha256(repr((source.tz, question, asked)).encode()).hexdigest()
        known, missing = set(chunk.known_ids), set(chunk.missing_ids)
        outcomes = people.grouped(
            lambda person: (
                "answered"
                if person.identifier in known
                else "unknown_to_server"
                if person.identifier in missing
                else "source_unreachable"
            )
        )
        for outcome, persons in outcomes.items():
            persons.outcome = outcome
        is_repeated = self._is_repeated(source, key, chunk.digest, people.partner_id)
        changed = cancelled = ()
        if not is_repeated:
            ledger = self.env["spp.event.attendance"]
            changed = ledger._upsert_records(
                source, {identifier: partner_id for partner_id, identifier in asked}, chunk.records
            )
            answered = outcomes.get("answered", people.browse()).partner_id
            cancelled = ledger._cancel_vanished(self, source, answered, question, chunk.records)
        self.env["spp.attendance.run.chunk"].create(
            {
                "run_id": self.id,
                "source_id": source.id,
                "question": key,
                "digest": chunk.digest,
                "people_count": len(people),
                "fact_count": len(chunk.records),
                "changed_count": len(changed),
                "cancelled_count": len(cancelled),
                "is_repeated": is_repeated,
            }
        )

    def _is_repeated(self, source, key, digest, partners):
        """Whether the last answer to this question was the same and nothing else touched the facts of these people since."""
        last = self.env["spp.attendance.run.chunk"].search(
            [("source_id", "=", source.id), ("question", "=", key)], order="id desc", limit=1
        )
        return bool(
            last.digest == digest
            and not self.env["spp.event.attendance"].search_count(
                [
                    ("source_id", "=", source.id),
                    ("partner_id", "in", partners.ids),
                    ("write_date", ">", last.create_date),
                ],
                limit=1,
            )
        )

    def _stop(self, source, error):
        """Note why a server could not be asked, in the language of whoever started the run."""
        run = self.with_context(lang=self.user_id.lang)
        sentence = source.with_env(run.env)._sentence(error) if isinstance(error, AttendanceServerError) else str(error)
        self.write(
            {"state": "failed", "fetch_error": self.env._("%(server)s: %(error)s", server=source.name, error=sentence)}
        )
        source.last_error = sentence

    def _finish(self):
        """Everybody was asked for: bring the other sources up to date and decide."""
        servers = self.env["spp.attendance.run.chunk"]._read_group([("run_id", "=", self.id)], ["source_id"])
        for (source,) in servers:
            source.write({"last_fetch_at": fields.Datetime.now(), "last_error": False})
        ended = {"fetch_ended_at": fields.Datetime.now()} if self.fetch_started_at else {}
        if self.is_refresh:
            self.write({"state": "fetched", **ended})
            self.env.execute_query(
                SQL("DELETE FROM spp_attendance_run_person WHERE run_id = %s RETURNING NULL", self.id)
            )
            self.invalidate_recordset(["run_person_ids"])
            return
        self._fill_ledger()
        self._decide()
        self.write({"state": "decided", "fetch_error": False, **ended})
        if self.is_applied_when_decided:
            self._apply_by_itself()

    def _apply_by_itself(self):
        try:
            with self.env.cr.savepoint():
                self.action_apply()
        except UserError as error:
            self.cycle_id.message_post(body=self.env._("Not filtered by attendance: %s", error))


class _Clients:
    """Clients of the servers that are asked in one go, so that each is asked for one token; closes them in the end.

    :ivar with_catalogues: sources whose types and locations are up to date
    """

    def __init__(self, env):
        self._clients = {}
        self.with_catalogues = env["spp.attendance.source"]

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

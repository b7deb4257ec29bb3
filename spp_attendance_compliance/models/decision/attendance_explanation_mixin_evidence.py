# Part of the SPP attendance suite. LGPL-3.
"""The events behind a finding as they were when it was made, checked against the hash that was kept with it."""

from collections import defaultdict
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from odoo.addons.spp_integrity import as_system, guarded_value, with_guarded


class Evidence(NamedTuple):
    """One attendance event behind a finding, as it was when that was decided.

    :ivar event: `spp.event.attendance` record; a new one with the former values where it was changed since
    :ivar counted: how it entered the count, in words
    :ivar since: what has happened to it since, in words, or an empty text
    """

    event: models.BaseModel
    counted: str
    since: str


class AttendanceExplanationMixin(models.AbstractModel):
    """What a finding rested on: the ledger as it was at that moment, what has changed since, and whether it is proven."""

    _inherit = "spp.attendance.explanation.mixin"

    cycle_id = fields.Many2one("spp.cycle", compute="_compute_cycle_id")
    evidence_check = fields.Selection(
        [
            ("intact", "As it is now"),
            ("changed", "Attendance was changed since"),
            ("unproven", "Cannot be shown exactly any more"),
        ],
        "What It Rested On",
        compute="_compute_evidence_check",
        help="The attendance of that moment is taken from the trace of the ledger, and its hash is compared with the one that "
        "the decision kept.",
    )
    evidence_html = fields.Html("What Was Counted", compute="_compute_evidence_html")

    def _compute_cycle_id(self):
        for finding in self:
            finding.cycle_id = finding.run_id.cycle_id

    def _by_moment(self):
        """Findings of one run that were decided at one moment; a list of recordsets."""
        return list(self.grouped(lambda finding: (finding.run_id, finding.create_date)).values())

    def _evidence(self):
        """The events behind each finding, oldest first. A fixed number of queries per run.

        :return: dict finding -> list of `Evidence`
        """
        found = {}
        for findings in self._by_moment():
            facts = findings._facts_then_and_now()
            reasons = findings._reasons_of_changes([fact for person in facts.values() for _then, fact in person])
            for finding in findings:
                lines = [
                    finding._evidence_line(then, now, reasons)
                    for then, now in facts.get(finding.partner_id.id, ())
                    if then or now.state == "active"
                ]
                found[finding] = sorted(lines, key=lambda line: (line.event.attendance_date, line.event._origin.id))
        return found

    def _facts_then_and_now(self):
        """:return: dict partner id -> list of (fact as it was when this was decided, or None; the fact)"""
        facts = self.env["spp.event.attendance"]
        people, moment = self.partner_id, self[0].create_date
        domain = self[0]._event_domain(people)
        former = facts._former_since(moment, people)
        present = facts.search(domain & Domain("state", "=", "active"))
        found = defaultdict(list)
        for fact in present | facts.browse(former)._filtered_access("read"):
            if fact.id in former:
                values = former[fact.id]
                then = values and self._former_fact(fact, values).filtered_domain(
                    domain & Domain("state", "=", "active")
                )
            else:
                then = fact if fact.create_date <= moment else None
            if then:
                found[then.partner_id.id].append((then, fact))
            elif fact in present:
                found[fact.partner_id.id].append((None, fact))
        return found

    @api.model
    def _former_fact(self, fact, values):
        """The fact as it was, to be read only."""
        columns = {
            name: values.get(name)
            for name, field in fact._fields.items()
            if field.store and name not in models.MAGIC_COLUMNS and field.type not in ("datetime", "json", "one2many")
        }
        return fact.new(columns, origin=fact)

    def _evidence_line(self, then, now, reasons):
        if not then:
            return Evidence(now, self.env._("did not count"), self.env._("Recorded after this decision."))
        return Evidence(then, self._what_counted(then), "" if then == now else self._since(then, now, reasons))

    def _since(self, then, now, reasons):
        """What has changed of a fact, in a sentence; empty when it is again what it was."""
        why = reasons.get(now.id, "")
        if now.partner_id.id != then.partner_id.id:
            text = self.env._("Belongs to another person now.")
        elif now.state != "active":
            text = self.env._("Cancelled since.")
        elif now.attendance_date != then.attendance_date:
            text = self.env._("Moved to %s since.", format_date(self.env, now.attendance_date))
        elif (counted := self._what_counted(now)) != self._what_counted(then):
            text = self.env._("Now: %s.", counted)
        elif any(now[name] != then[name] for name in ("type_id", "location_id", "description", "status_id")):
            text = self.env._("Described differently now.")
        else:
            return ""
        return f"{text} {why}" if why else text

    def _reasons_of_changes(self, facts):
        """Why facts were corrected after this was decided, as far as somebody said so. Two queries.

        :return: dict fact id -> text
        """
        moment = self[0].create_date
        by_mark = {int(fact.external_id): fact.id for fact in facts if fact.source_id.kind == "session"}
        # sudo: the reasons of changes to facts that the user may read
        changes_sudo = self.env["spp.session.attendance.change"].sudo()
        reasons = {
            by_mark[change.attendance_id.id]: change.reason
            for change in changes_sudo.search(
                [("attendance_id", "in", list(by_mark)), ("create_date", ">=", moment), ("reason", "!=", False)],
                order="id",
            )
        }
        # sudo: the reasons of changes to facts that the user may read
        corrections_sudo = self.env["spp.event.attendance.correction"].sudo()
        for correction in corrections_sudo.search(
            [("event_id", "in", [fact.id for fact in facts]), ("create_date", ">=", moment)], order="id"
        ):
            reasons[correction.event_id.id] = correction.reason
        return {fact_id: self.env._("Reason: %s", reason) for fact_id, reason in reasons.items()}

    # --- proof

    def _proof_lines(self):
        """The findings about people that this one follows from: itself, unless it is about a group."""
        return self

    @api.depends("evidence_hash")
    def _compute_evidence_check(self):
        lines = {finding: finding._proof_lines() for finding in self}
        hashes, evidence = {}, {}
        for name in {people._name for people in lines.values()}:
            people = self.env[name].union(*(people for people in lines.values() if people._name == name))
            hashes |= people._hashes_then()
            evidence |= people._evidence()
        for finding, people in lines.items():
            if any((hashes[person] or "") != (person.evidence_hash or "") for person in people):
                finding.evidence_check = "unproven"
            else:
                has_changed = any(line.since for person in people for line in evidence[person])
                finding.evidence_check = "changed" if has_changed else "intact"

    def _hashes_then(self):
        """Hash of what was counted for each person, made anew by the engine from the ledger of that moment.

        :return: dict finding -> hash or None
        """
        hashes = {}
        for findings in self._by_moment():
            run = with_guarded(as_system(findings.run_id), attendance_as_decided=True)
            rows = self.env.execute_query(
                SQL(
                    # the name of the ledger stands for the ledger as it was
                    "WITH spp_event_attendance AS (%s) SELECT membership_id, partner_id, evidence_hash FROM (%s) person",
                    self.env["spp.event.attendance"]._ledger_at(findings[0].create_date, findings.partner_id),
                    run._person_query(),
                )
            )
            found = {(membership_id, partner_id): digest for membership_id, partner_id, digest in rows}
            for finding in findings:
                hashes[finding] = found.get((finding.membership_id.id, finding.partner_id.id))
        return hashes

    def _compute_evidence_html(self):
        evidence = self._evidence()
        for finding in self:
            finding.evidence_html = self.env["ir.qweb"]._render(
                "spp_attendance_compliance.attendance_evidence", {"lines": evidence[finding]}
            )


class AttendanceComplianceRun(models.Model):
    _inherit = "spp.attendance.compliance.run"

    def _assessed_query(self):
        """To prove a decision, the people it was about count, whoever belongs to the cycle or the group by now."""
        if not guarded_value(self.env, "attendance_as_decided"):
            return super()._assessed_query()
        person, members = SQL("membership.partner_id"), SQL()
        if self.cycle_id.program_id.target_type == "group":
            person = SQL("member.partner_id")
            members = SQL("JOIN spp_attendance_assessment member ON member.decision_id = decision.id")
        return SQL(
            """
            SELECT decision.membership_id, membership.partner_id AS unit_id, %s AS partner_id,
                   membership.enrollment_date AS enrolled, %s
              FROM spp_attendance_decision decision
              JOIN spp_cycle_membership membership ON membership.id = decision.membership_id
                   %s
             WHERE decision.run_id = %s
            """,
            person,
            self._MEMBERSHIP_NOW,
            members,
            self.id,
        )

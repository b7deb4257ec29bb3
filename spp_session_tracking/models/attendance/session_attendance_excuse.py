# Part of the SPP attendance suite. LGPL-3.
"""Excuses of marks: the reason, who grants it, and the certificate."""

from collections import Counter
from datetime import UTC, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import split_every

from odoo.addons.spp_integrity import local_day
from odoo.addons.spp_integrity.clock import database_now

#: What only the decision methods (or a session manager) write.
DECISION_FIELDS = frozenset(
    {
        "excuse_state",
        "requested_status_id",
        "excuse_decided_by_id",
        "excuse_decided_at",
        "excuse_decision_note",
        "certificate_state",
        "certificate_due_date",
    }
)
#: What a status that is no excuse leaves of an earlier one.
_NO_EXCUSE = {
    "reason_id": False,
    "excuse_state": False,
    "requested_status_id": False,
    "certificate_state": False,
    "certificate_due_date": False,
}
#: What a mark says about somebody: terminals do not overwrite it once a person said it.
SAID_BY_A_PERSON = frozenset(
    {"status_id", "is_attended", "is_excused", "attendance_time", "departure_time", "reason_id"}
)


class SessionAttendance(models.Model):
    """Excuses: the reason, who granted it, the certificate.

    An excuse that the user may not grant is never refused: the person is absent and the excuse is asked of a manager.
    """

    _inherit = "spp.session.attendance"

    reason_id = fields.Many2one("spp.attendance.reason", "Absence Reason", ondelete="restrict", index="btree_not_null")
    excuse_state = fields.Selection(
        [("granted", "Granted"), ("requested", "Requested"), ("refused", "Refused")], "Excuse", index="btree_not_null"
    )
    requested_status_id = fields.Many2one(
        "spp.attendance.status", ondelete="restrict", help="What the mark becomes when granted."
    )
    excuse_decided_by_id = fields.Many2one("res.users")
    excuse_decided_at = fields.Datetime()
    excuse_decision_note = fields.Char("Decision on the Excuse")
    certificate_state = fields.Selection(
        [("pending", "Pending"), ("received", "Received"), ("missed", "Missed")], "Certificate", index="btree_not_null"
    )
    certificate_due_date = fields.Date("Certificate Due")
    absence_id = fields.Many2one(
        "spp.session.absence",
        "Announced Absence",
        compute="_compute_absence_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="set null",
    )
    is_announced = fields.Boolean(
        "Announced",
        compute="_compute_is_announced",
        store=True,
        precompute=True,
        help="The absence was announced before the session began.",
    )

    @api.depends("session_id.date", "session_id.session_type_id", "participant_id")
    def _compute_absence_id(self):
        announced = self.env["spp.session.absence"]._for_sessions(
            self.session_id, self.participant_id, ("requested", "accepted", "refused")
        )
        for mark in self:
            mark.absence_id = announced.get((mark.session_id.id, mark.participant_id.id), False)

    @api.depends("absence_id.announced_at", "absence_id.state", "session_id.start_datetime", "status_id.is_attended")
    def _compute_is_announced(self):
        for mark in self:
            # sudo: whether an absence was announced is for everybody who sees the mark
            absence = mark.absence_id.sudo()
            mark.is_announced = (
                bool(absence)
                and not mark.status_id.is_attended
                and absence.state in ("requested", "accepted")
                and bool(mark.session_id.start_datetime)
                and absence.announced_at <= mark.session_id.start_datetime
            )

    # --- values

    @api.model
    def _prepare_new_marks(self, vals_list):
        """Complete the values of new marks: the status from the times or the reason, the excuse, the certificate."""
        self._check_decision_fields({name for vals in vals_list for name in vals})
        statuses = self.env["spp.attendance.status"]
        # what the status follows from may come as a default; the status itself may not, or it would need no excuse
        defaults = self.default_get(["session_id", "participant_id", "reason_id", "attendance_time", "departure_time"])
        prepared = []
        for vals in vals_list:
            # that nothing was decided is said here, so that no default says something else
            vals = {**dict.fromkeys(DECISION_FIELDS, False), **defaults, **vals}
            if not self.env.su:
                vals["source"] = "person"
            if "status_id" not in vals:
                session = self.env["spp.session"].browse(vals.get("session_id"))
                if vals.get("is_attended") or vals.get("is_excused"):
                    kind = "present" if vals.get("is_attended") else "excused"
                    vals["status_id"] = statuses._by_kind(kind).id
                elif vals.get("reason_id"):
                    vals["status_id"] = self.env["spp.attendance.reason"].browse(vals["reason_id"]).status_id.id
                elif session.start_datetime and (vals.get("attendance_time") or vals.get("departure_time")):
                    vals["status_id"] = session._presence_status(
                        fields.Datetime.to_datetime(vals.get("attendance_time")),
                        fields.Datetime.to_datetime(vals.get("departure_time")),
                    ).id
                else:
                    vals["status_id"] = statuses._by_kind("absent").id
            prepared.append(vals)
        excuses = [
            (index, self.env["spp.session"].browse(vals["session_id"]), vals["participant_id"], vals)
            for index, vals in enumerate(prepared)
            if self._asks_for_excuse(vals) and vals.get("session_id") and vals.get("participant_id")
        ]
        for index, values in self._decide_excuses(excuses).items():
            prepared[index].update(values)
        return prepared

    def _prepare_changes(self, values_by_id, is_decision=False):
        """Complete what is written to these marks: the status from switches or reason, the excuse, the certificate.

        Excuses are decided for all of them together.

        :param dict values_by_id: mark id -> values
        :param bool is_decision: the values are complete
        :return: list of (marks, values): marks that get the same values are written together
        """
        self._check_decision_fields(set().union(*values_by_id.values()))
        prepared, excuses = {}, []
        for mark in self:
            vals = self._with_source(values_by_id[mark.id])
            if not is_decision:
                if vals.get("reason_id") and "status_id" not in vals:
                    reason = self.env["spp.attendance.reason"].browse(vals["reason_id"])
                    vals = {**vals, "status_id": reason.status_id.id}
                if "is_attended" in vals or "is_excused" in vals:
                    # the status says both: a switch of its own would keep the other one from following
                    kept = {name: value for name, value in vals.items() if name not in ("is_attended", "is_excused")}
                    vals = {**kept, **mark._status_of_switches(vals)}
                if self._asks_for_excuse(vals):
                    asked = {"reason_id": mark.reason_id.id, **vals}
                    excuses.append((mark.id, mark.session_id, mark.participant_id.id, asked))
                elif "status_id" in vals:
                    vals = {**_NO_EXCUSE, **vals}
            prepared[mark.id] = vals
        for mark_id, values in self._decide_excuses(excuses).items():
            prepared[mark_id] = {**prepared[mark_id], **values}
        together = {}
        for mark_id, vals in prepared.items():
            together.setdefault(repr(sorted(vals.items())), []).append(mark_id)
        return [
            # the marks are read together, whatever is written to each of them
            (self.browse(mark_ids).with_prefetch(self._prefetch_ids), prepared[mark_ids[0]])
            for mark_ids in together.values()
        ]

    @api.model
    def _with_source(self, vals):
        """Whoever says how somebody attended is a person, unless the system says it in superuser mode."""
        if self.env.su:
            return vals
        vals = {name: value for name, value in vals.items() if name != "source"}
        return vals if SAID_BY_A_PERSON.isdisjoint(vals) else {**vals, "source": "person"}

    def _status_of_switches(self, vals):
        """The status that OpenSPP's two plain switches stand for, when the caller names no status."""
        if "status_id" in vals:
            return {}
        is_attended = vals.get("is_attended", self.is_attended and not vals.get("is_excused"))
        is_excused = vals.get("is_excused", self.is_excused) and not is_attended
        if (self.status_id.is_attended, self.status_id.is_excused) == (bool(is_attended), bool(is_excused)):
            return {}
        kind = "present" if is_attended else "excused" if is_excused else "absent"
        return {"status_id": self.env["spp.attendance.status"]._by_kind(kind).id}

    @api.model
    def _asks_for_excuse(self, vals):
        return bool(vals.get("status_id")) and self.env["spp.attendance.status"].browse(vals["status_id"]).is_excused

    @api.model
    def _check_decision_fields(self, names):
        if DECISION_FIELDS.isdisjoint(names) or self.env.su:
            return
        raise AccessError(
            self.env._("Excuses and certificates are decided with their buttons, not by writing the fields.")
        )

    @api.model
    def _decides_excuses(self):
        return self.env.su or self.env.user.has_group("spp_session_tracking.group_session_manager")

    @api.model
    def _decide_excuses(self, excuses):
        """Grant what may be granted, ask a manager for the rest. A fixed number of queries per period of a limit.

        :param excuses: list of (key, session, partner id, values with status_id and perhaps reason_id)
        :return: dict key -> values to write
        """
        if not excuses:
            return {}
        sessions = self.env["spp.session"].union(*(session for _key, session, _partner_id, _vals in excuses))
        partners = self.env["res.partner"].browse({partner_id for _key, _session, partner_id, _vals in excuses})
        announced = self.env["spp.session.absence"]._for_sessions(sessions, partners)
        exhausted = self._exhausted_limits(excuses, partners)
        absent = self.env["spp.attendance.status"]._by_kind("absent")
        decided = {}
        for key, session, partner_id, vals in excuses:
            reason = self.env["spp.attendance.reason"].browse(vals.get("reason_id") or [])
            absence = announced.get((session.id, partner_id))
            if absence and not reason:
                reason = absence.reason_id
            accepted = bool(absence) and absence.reason_id == reason
            granted = (
                accepted
                or self._decides_excuses()
                or (reason.granted_by == "facilitator" and key not in exhausted)
                or (not reason and not session.applied_policy_id.excuse_needs_reason)
            )
            values = {"reason_id": reason.id, **self._certificate_values(session, reason, vals["status_id"])}
            if granted:
                values |= {"excuse_state": "granted", "requested_status_id": False}
            else:
                values |= {
                    "excuse_state": "requested",
                    "requested_status_id": vals["status_id"],
                    "status_id": absent.id,
                }
            decided[key] = values
        return decided

    @api.model
    def _exhausted_limits(self, excuses, partners):
        """Keys of the excuses that go beyond the limit of their reason."""
        if self._decides_excuses():
            return set()
        reasons = self.env["spp.attendance.reason"].browse(
            {vals.get("reason_id") for *_rest, vals in excuses} - {None, False}
        )
        exhausted = set()
        for period, limited in reasons.filtered("limit_count").grouped("limit_period").items():
            concerned = [excuse for excuse in excuses if excuse[3].get("reason_id") in limited.ids]
            by_company = {}
            for excuse in concerned:
                by_company.setdefault(excuse[1].company_id or self.env.company, []).append(excuse)
            for company, group in by_company.items():
                spans = self.env["spp.session.term"]._periods(period, [excuse[1].date for excuse in group], company)
                used = {span: limited._limit_used(partners, *span, company) for span in set(spans.values())}
                new = Counter()
                for key, session, partner_id, vals in group:
                    span, which = spans[session.date], (vals["reason_id"], partner_id)
                    mark = self.browse(key) if isinstance(key, int) and self else self.browse()
                    if mark.excuse_state == "granted" and mark.reason_id.id == vals["reason_id"]:
                        continue  # counted already
                    if used[span][which] + new[span, which] >= limited.browse(vals["reason_id"]).limit_count:
                        exhausted.add(key)
                    new[span, which] += 1
        return exhausted

    @api.model
    def _certificate_values(self, session, reason, status_id):
        is_medical = self.env["spp.attendance.status"].browse(status_id).kind == "medical"
        if not (reason.needs_certificate or is_medical):
            return {"certificate_state": False, "certificate_due_date": False}
        days = reason.certificate_days or session.applied_policy_id.certificate_days
        return {"certificate_state": "pending", "certificate_due_date": session.date + timedelta(days=days)}

    # --- decisions

    def action_grant_excuse(self):
        """Grant requested excuses: the marks become what was asked for.

        :raise AccessError: for anybody but a session manager
        :raise UserError: when a register is locked
        """
        self._check_may_decide()
        reason = self.env._("Excuse granted")
        for status, marks in (
            self.filtered(lambda mark: mark.excuse_state == "requested").grouped("requested_status_id").items()
        ):
            marks._write_decision(
                {"status_id": status.id, "excuse_state": "granted", "requested_status_id": False}, reason
            )

    def action_refuse_excuse(self, note=None):
        """Refuse requested excuses: the marks stay absent.

        :param str note: why
        :raise AccessError: for anybody but a session manager
        :raise UserError: without a note
        """
        self._check_may_decide()
        note = (note or "").strip()
        if not note:
            raise UserError(self.env._("Say why the excuse is refused: the family will ask."))
        self.filtered(lambda mark: mark.excuse_state == "requested")._write_decision(
            {"excuse_state": "refused", "requested_status_id": False, "certificate_state": False}, note
        )

    def action_certificate_received(self):
        """Note that the certificates came; a mark that became absent for lack of one is excused again.

        :raise AccessError: for anybody who may not mark the session
        """
        self.check_access("write")
        missed = self.filtered(lambda mark: mark.certificate_state == "missed")
        if missed:
            missed._check_may_decide()
        reason = self.env._("Certificate received")
        self.filtered(lambda mark: mark.certificate_state == "pending")._write_decision(
            {"certificate_state": "received"}, reason
        )
        for status, marks in missed.grouped("requested_status_id").items():
            marks._write_decision(
                {
                    "status_id": status.id,
                    "certificate_state": "received",
                    "excuse_state": "granted",
                    "requested_status_id": False,
                },
                reason,
            )

    @api.private
    def _miss_certificates(self):
        """Pending certificates whose day is over: the absence is not excused any more, until the certificate comes."""
        absent = self.env["spp.attendance.status"]._by_kind("absent")
        reason = self.env._("The certificate did not come in time")
        excused = self.filtered("status_id.is_excused")
        for status, marks in excused.grouped("status_id").items():
            marks._write_decision(
                {
                    "status_id": absent.id,
                    "certificate_state": "missed",
                    "excuse_state": "refused",
                    "requested_status_id": status.id,
                },
                reason,
            )
        (self - excused)._write_decision({"certificate_state": "missed"}, reason)

    def _write_decision(self, vals, why):
        if not self:
            return
        if not self.env.su:
            self.session_id._check_register_unlocked()
        decision = {
            **vals,
            "excuse_decided_by_id": self.env.uid,
            "excuse_decided_at": database_now(self.env),
            "excuse_decision_note": why,
        }
        # sudo: a facilitator who takes a certificate writes what only decisions write
        self.sudo()._write_each(dict.fromkeys(self.ids, decision), why, is_decision=True)

    def _check_may_decide(self):
        self.check_access("write")
        if not self._decides_excuses():
            raise AccessError(self.env._("Only a session manager decides about excuses: ask one to do it."))

    # --- certificates that did not come

    @api.model
    def _overdue_certificates(self):
        """Marks whose certificate is pending and whose last day for it is over where the session took place."""
        now = database_now(self.env).replace(tzinfo=UTC)
        # no zone is a day ahead of UTC's next day: a certificate that is due later is not over anywhere
        due = self.search(
            Domain("certificate_state", "=", "pending")
            & Domain("certificate_due_date", "<=", fields.Date.to_date(now))
            & Domain("session_id.state", "!=", "cancelled"),
            order="id",
        )
        return due.filtered(lambda mark: mark.certificate_due_date < local_day(now, mark.session_id.tz))

    @api.model
    def _cron_miss_certificates(self, batch_size=500):
        """Absences whose certificate did not come in time are not excused any more; also in locked registers."""
        # sudo: a certificate that did not come is missed for everybody
        overdue = self.sudo()._overdue_certificates()
        remaining = len(overdue)
        for ids in split_every(batch_size, overdue.ids):
            batch = overdue.browse(ids).try_lock_for_update()
            # a certificate may have come since the search
            batch.filtered(lambda mark: mark.certificate_state == "pending")._miss_certificates()
            remaining -= len(ids)
            if not self.env["ir.cron"]._commit_progress(len(batch), remaining=remaining):
                break

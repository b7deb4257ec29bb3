# Part of the SPP attendance suite. LGPL-3.
"""From dry run to memberships and back: who approves, what applying writes, and what taking back restores."""

from odoo import models
from odoo.exceptions import AccessError, LockError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.spp_integrity import as_system
from odoo.addons.spp_integrity.clock import database_now

from .attendance_compliance_run_decide import ASSESSED_STATES

#: Cycles whose members may still be filtered.
FILTERED_CYCLE_STATES = ("draft", "to_approve")
#: Nothing in the cycle changes any more.
OVER_CYCLE_STATES = ("ended", "cancelled")


class AttendanceComplianceRun(models.Model):
    """What follows from a run: a second person approves it, a manager applies it, and it can be taken back."""

    _inherit = "spp.attendance.compliance.run"

    # --- approving

    def action_approve(self):
        """Approve dry runs of programs that ask for a second person.

        :raise AccessError: for anybody but a programs manager
        :raise UserError: for the person who started the run, or when it is applied already
        """
        self._check_is_manager()
        runs = as_system(self)
        for run in runs:
            run._check_has_decided()
            if run.state != "decided":
                raise UserError(self.env._("%s is applied already: there is nothing to approve.", run.name))
            if run.user_id.id == self.env.uid:
                raise UserError(self.env._("You started %s yourself: another manager must approve it.", run.name))
        runs.write({"approved_by_id": self.env.uid, "approved_at": database_now(self.env)})

    def _check_is_manager(self):
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(self.env._("Only a programs manager may apply attendance decisions: ask one to do it."))
        self.check_access("read")

    # --- applying

    def action_apply(self):
        """Write the decisions to the cycle's memberships.

        :raise AccessError: for anybody but a programs manager
        :raise UserError: when the cycle is approved already, a newer run exists, or a second person must approve first
        """
        self._check_is_manager()
        for run in as_system(self):
            run._check_can_apply()
            run._apply()

    def _check_has_decided(self):
        if self.state in ("fetching", "failed", "fetched"):
            raise UserError(
                self.env._("%s has decided nothing: its attendance servers have not answered yet.", self.name)
            )

    def _applicable_cycle_states(self):
        """States of a cycle in which this run may still be applied."""
        return FILTERED_CYCLE_STATES

    def _check_can_apply(self):
        self._check_has_decided()
        cycle = self.cycle_id
        if cycle.state not in self._applicable_cycle_states():
            raise UserError(
                self.env._("%s is approved or over: its members can no longer be filtered by attendance.", cycle.name)
            )
        if self.state == "reverted":
            raise UserError(self.env._("%s was taken back: make a new run instead.", self.name))
        if self.state == "decided" and self.search_count(self._superseding_domain(), limit=1):
            raise UserError(self.env._("A newer run of this cycle exists: apply that one instead."))
        if self.needs_approval:
            raise UserError(self.env._("%s must be approved by a second manager before it is applied.", self.name))

    def _superseding_domain(self):
        """Newer runs that make this one out of date: about all members, or applied to one of its memberships."""
        decided = Domain("state", "in", ("decided", "applied", "reverted"))
        newer = Domain("cycle_id", "=", self.cycle_id.id) & Domain("id", ">", self.id) & decided
        if self.kind == "dispute":
            membership_ids = self.decision_ids.membership_id.ids
            return newer & Domain("state", "=", "applied") & Domain("decision_ids.membership_id", "in", membership_ids)
        return newer & (Domain("kind", "!=", "dispute") | Domain("state", "=", "applied"))

    def _apply(self):
        """Set-based; applying twice changes nothing. Unknown people keep state and number and get the explanation only."""
        if self.state == "applied":
            return
        self._lock_cycle()
        self.env.flush_all()
        self._remember_what_is_replaced()
        self._changed_memberships(
            SQL(
                """
                UPDATE spp_cycle_membership membership
                   SET state = CASE decision.result WHEN 'compliant' THEN 'enrolled'
                                    WHEN 'non_compliant' THEN 'non_compliant' ELSE membership.state END,
                       number_of_attendance = CASE WHEN decision.result = 'unknown' THEN membership.number_of_attendance
                                                   ELSE decision.counted END,
                       attendance_decision_id = decision.id,
                       write_uid = %(uid)s, write_date = %(now)s
                  FROM spp_attendance_decision decision
                 WHERE decision.run_id = %(run)s AND decision.membership_id = membership.id
                   AND membership.state IN %(states)s
             RETURNING membership.id
                """,
                run=self.id,
                states=ASSESSED_STATES,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        self.write({"state": "applied", "applied_at": database_now(self.env), "applied_by_id": self.env.uid})
        self.cycle_id.compliance_criteria_applied = True
        self.cycle_id.message_post(
            body=self.env._(
                "Filtered by attendance: %(compliant)s compliant, %(not_compliant)s not compliant, %(unknown)s unknown.",
                compliant=self.compliant_count,
                not_compliant=self.non_compliant_count,
                unknown=self.unknown_count,
            )
        )

    def _remember_what_is_replaced(self):
        """Somebody may have changed memberships since the run decided: taking it back gives them what they have now."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE spp_attendance_decision decision
                   SET previous_state = membership.state,
                       previous_number = membership.number_of_attendance,
                       previous_decision_id = membership.attendance_decision_id
                  FROM spp_cycle_membership membership
                 WHERE decision.run_id = %s AND membership.id = decision.membership_id
                   AND (decision.previous_state, decision.previous_number, decision.previous_decision_id)
                       IS DISTINCT FROM
                       (membership.state, membership.number_of_attendance, membership.attendance_decision_id)
                """,
                self.id,
            )
        )
        self.env["spp.attendance.decision"].invalidate_model(
            ["previous_state", "previous_number", "previous_decision_id"]
        )

    def _lock_cycle(self):
        """Be the only one who changes the cycle's memberships by a run.

        :raise UserError: when somebody else does so at this moment
        """
        try:
            self.cycle_id.lock_for_update()
        except LockError as error:
            raise UserError(
                self.env._(
                    "Somebody else is applying or taking back a run of %s: look at it again in a moment.",
                    self.cycle_id.name,
                )
            ) from error

    def _changed_memberships(self, query):
        """Run an update of memberships and tell the ORM what it changed.

        :return: the memberships
        """
        memberships = self.env["spp.cycle.membership"].browse(row[0] for row in self.env.execute_query(query))
        memberships.invalidate_recordset()
        memberships.modified(["state", "number_of_attendance"])
        return memberships

    # --- taking back

    def action_revert(self):
        """Give every membership that nothing has touched since back what it had before the run.

        :return: window action on the memberships that were touched since and stay, or None when there are none
        :raise AccessError: for anybody but a programs manager
        :raise UserError: when the run is not applied, a later one is, or the cycle is approved
        """
        self.ensure_one()
        self._check_is_manager()
        run = as_system(self)
        if run.state != "applied":
            raise UserError(self.env._("%s is not applied: there is nothing to take back.", run.name))
        if run.cycle_id.state not in FILTERED_CYCLE_STATES:
            raise UserError(
                self.env._("%s is approved or over: the run can no longer be taken back.", run.cycle_id.name)
            )
        later = run.search(
            [("cycle_id", "=", run.cycle_id.id), ("id", ">", run.id), ("state", "=", "applied")], limit=1
        )
        if later:
            raise UserError(self.env._("%s was applied later: take that one back first.", later.name))
        touched = run._revert()
        if not touched:
            return None
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_programs.action_cycle_membership")
        return {
            **action,
            "name": self.env._("Changed Since and Left as They Are"),
            "domain": [("id", "in", touched.ids)],
            "context": {},
        }

    def _revert(self):
        """:return: memberships that somebody or something changed after the run, which stay as they are"""
        self._lock_cycle()
        self.env.flush_all()
        restored = self._changed_memberships(
            SQL(
                """
                UPDATE spp_cycle_membership membership
                   SET state = CASE WHEN decision.result = 'unknown' THEN membership.state
                                    ELSE decision.previous_state END,
                       number_of_attendance = CASE WHEN decision.result = 'unknown' THEN membership.number_of_attendance
                                                   ELSE decision.previous_number END,
                       attendance_decision_id = decision.previous_decision_id,
                       write_uid = %(uid)s, write_date = %(now)s
                  FROM spp_attendance_decision decision
                 WHERE decision.run_id = %(run)s AND membership.attendance_decision_id = decision.id
                   AND membership.state = CASE decision.result WHEN 'compliant' THEN 'enrolled'
                                               WHEN 'non_compliant' THEN 'non_compliant' ELSE membership.state END
             RETURNING membership.id
                """,
                run=self.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        # their ids alone: nothing else of so many decisions is needed
        decided = restored.browse(
            row[0]
            for row in self.env.execute_query(
                SQL(
                    "SELECT membership_id FROM spp_attendance_decision WHERE run_id = %s AND result <> 'unknown'"
                    " ORDER BY membership_id",
                    self.id,
                )
            )
        )
        restored &= decided
        touched = decided - restored
        self.write({"state": "reverted", "reverted_at": database_now(self.env), "reverted_by_id": self.env.uid})
        applied_before = self.search_count([("cycle_id", "=", self.cycle_id.id), ("state", "=", "applied")])
        self.cycle_id.compliance_criteria_applied = bool(applied_before)
        self.cycle_id.message_post(
            body=self.env._(
                "Attendance run taken back: %(restored)s memberships restored, %(touched)s were changed since and stay.",
                restored=len(restored),
                touched=len(touched),
            )
        )
        return touched

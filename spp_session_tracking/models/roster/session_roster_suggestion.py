# Part of the SPP attendance suite. LGPL-3.
from typing import NamedTuple

from odoo import models
from odoo.tools import SQL, remove_accents


class Suggestion(NamedTuple):
    """What a register opens with for a person who has no mark yet.

    `status`: code, False when nothing is suggested; `why`: text for the screen, empty for the usual; `reason`: absence
    reason record, may be empty; `is_known`: somebody decided it before (announced absence, hold).
    """

    status: str | bool
    why: str
    reason: models.Model
    is_known: bool


class Session(models.Model):
    _inherit = "spp.session"

    def _roster_people(self):
        """Everybody in this session's register whom the user may see: expected, or marked; by name."""
        self.ensure_one()
        people = self.expected_participant_ids | self.attendance_ids.participant_id
        return people.sorted(lambda person: (remove_accents(person.display_name).casefold(), person.id))

    def _roster_statuses(self):
        """The statuses that a register may use, in the order of the catalogue."""
        return self.env["spp.attendance.status"].search([("active", "=", True)])

    def _suggest_marks(self):
        """What to suggest for people of these sessions; a fixed number of queries for any number of people.

        An announced absence goes before a hold, that before a continuing absence. People who are left out are suggested
        as `_usual_suggestion` says.

        :return: dict (session id, partner id) -> `Suggestion`
        """
        suggestions = {}
        no_reason = self.env["spp.attendance.reason"]
        policies = {session.id: session.applied_policy_id for session in self}
        for session_id, partner_id in self._continuing_absences():
            after = policies[session_id].continuing_absence_after
            suggestions[session_id, partner_id] = Suggestion(
                "absent", self.env._("away %s times in a row", after), no_reason, False
            )
        holds = self.roster_id._holds_by_day(self.mapped("date"))
        for session in self:
            for partner_id in holds.get((session.roster_id.id, session.date), ()):
                suggestions[session.id, partner_id] = Suggestion("on_hold", self.env._("on hold"), no_reason, True)
        for key, absence in self.env["spp.session.absence"]._for_sessions(self).items():
            reason = absence.reason_id
            why = self.env._("announced: %s", reason.name)
            suggestions[key] = Suggestion(reason.status_id.code, why, reason, True)
        return suggestions

    def _usual_suggestion(self):
        """What is suggested for somebody whom nothing is known about: present, unless terminals speak for the session."""
        status = False if self.applied_policy_id.auto_submit else "present"
        return Suggestion(status, "", self.env["spp.attendance.reason"], False)

    def _continuing_absences(self):
        """Who attended none of the last sessions of the roster, as many as the policy says; one query.

        Sessions that terminals record suggest nothing, and sessions on hold are no absence.

        :return: list of (session id, partner id)
        """
        self.env["spp.session"].flush_model()
        self.env["spp.session.policy"].flush_model()
        self.env["spp.session.attendance"].flush_model(["session_id", "participant_id", "status_id", "is_attended"])
        return self.env.execute_query(
            SQL(
                """
                WITH recent AS (
                    SELECT session.id AS session_id, earlier.id AS earlier_id, policy.continuing_absence_after AS wanted
                      FROM spp_session session
                      JOIN spp_session_policy policy ON policy.id = session.applied_policy_id
                CROSS JOIN LATERAL (
                            SELECT other.id
                              FROM spp_session other
                             WHERE other.roster_id = session.roster_id AND other.submitted_at IS NOT NULL
                               AND other.state <> 'cancelled' AND other.start_datetime < session.start_datetime
                          ORDER BY other.start_datetime DESC
                             LIMIT policy.continuing_absence_after) earlier
                     WHERE session.id = ANY(%s) AND NOT COALESCE(policy.auto_submit, FALSE)
                )
                SELECT recent.session_id, mark.participant_id
                  FROM recent
                  JOIN spp_session_attendance mark ON mark.session_id = recent.earlier_id
                  JOIN spp_attendance_status status ON status.id = mark.status_id
                 WHERE NOT COALESCE(mark.is_attended, FALSE) AND status.code <> 'on_hold'
              GROUP BY recent.session_id, mark.participant_id, recent.wanted
                HAVING COUNT(*) = recent.wanted
                """,
                self.ids,
            )
        )

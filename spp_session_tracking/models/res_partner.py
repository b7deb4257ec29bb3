# Part of the SPP attendance suite. LGPL-3.
"""What the registrant's form says of sessions, and why somebody who is named in them is not deleted."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.spp_integrity import named


class ResPartner(models.Model):
    _inherit = "res.partner"

    session_attendance_count = fields.Integer(
        "Sessions Attended",
        compute="_compute_session_counts",
        groups="spp_session_tracking.group_session_viewer",
    )
    session_curriculum_completion = fields.Float(
        "Curriculum (%)",
        compute="_compute_session_counts",
        groups="spp_session_tracking.group_session_viewer",
        help="Topics covered of all topics in the person's curricula.",
    )
    has_session_curriculum = fields.Boolean(
        compute="_compute_session_counts", groups="spp_session_tracking.group_session_viewer"
    )

    def _compute_session_counts(self):
        attended = dict(
            self.env["spp.session.attendance"]._read_group(
                [
                    ("participant_id", "in", self.ids),
                    ("is_attended", "=", True),
                    ("session_id.submitted_at", "!=", False),
                    ("session_id.state", "!=", "cancelled"),
                ],
                ["participant_id"],
                ["__count"],
            )
        )
        curricula = {
            person: (covered, topics)
            for person, covered, topics in self.env["spp.session.curriculum"]._read_group(
                [("partner_id", "in", self.ids)], ["partner_id"], ["covered_count:sum", "topic_count:sum"]
            )
        }
        for partner in self:
            covered, topics = curricula.get(partner._origin, (0, 0))
            partner.session_attendance_count = attended.get(partner._origin, 0)
            partner.session_curriculum_completion = 100.0 * covered / topics if topics else 0.0
            partner.has_session_curriculum = bool(topics)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_sessions(self):
        """What somebody attended stays a fact: the registrant can be archived or disabled."""
        if found := self._first_used_in("spp.session.attendance", "participant_id"):
            raise UserError(
                self.env._(
                    "%(person)s has attendance in %(count)s sessions: archive or disable the registrant instead.",
                    person=named(found[0]),
                    count=found[1],
                )
            )
        for model, field in self._session_records():
            if found := self._first_used_in(model, field):
                raise UserError(
                    self.env._(
                        "%(person)s is in use (%(kind)s: %(count)s): archive or disable the registrant instead.",
                        person=named(found[0]),
                        kind=self.env["ir.model"]._get(model).name,
                        count=found[1],
                    )
                )

    @api.model
    def _session_records(self):
        """:return: list of (model, its field for a person) of records that keep somebody from being deleted"""
        return [
            ("spp.session.roster.membership", "partner_id"),
            ("spp.session.roster.hold", "partner_id"),
            ("spp.session.absence", "partner_id"),
            ("spp.session.attendance.change", "participant_id"),
        ]

    def _first_used_in(self, model, field):
        """The first of these people whom records of a model name, and how many records; nothing when there is none.

        All records count: nobody may delete a person because the sessions are those of another company or area.
        """
        # sudo: nobody may delete somebody who is used where he or she sees nothing
        groups = (
            self.env[model]
            .sudo()
            .with_context(active_test=False)
            ._read_group([(field, "in", self.ids)], [field], ["__count"], order=field, limit=1)
        )
        return groups[0] if groups else None

    def action_view_session_attendance(self):
        """Show the marks of these people.

        :return: window action (dict).
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_attendance")
        return {**action, "domain": [("participant_id", "in", self.ids)], "context": {"create": False}}

    def action_view_session_curriculum(self):
        """Show how far these people are in the curricula of their session types.

        :return: window action (dict).
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_curriculum")
        return {**action, "domain": [("partner_id", "in", self.ids)], "context": {}}

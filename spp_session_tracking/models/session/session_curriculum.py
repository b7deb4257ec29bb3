# Part of the SPP attendance suite. LGPL-3.
"""How far a person is in the curriculum of a session type."""

from odoo import fields, models
from odoo.tools import SQL

from .session_curriculum_topic import ROOM


class SessionCurriculum(models.Model):
    """How far one person is in the curriculum of one session type: every active topic is a module of it."""

    _name = "spp.session.curriculum"
    _description = "Curriculum of a Person"
    _auto = False
    _order = "completion, partner_id, session_type_id"
    _rec_name = "partner_id"
    _company_path = ("partner_id.company_id", "session_type_id.company_id")
    _area_path = "partner_id.area_id"
    _depends = {"spp.session.curriculum.topic": ["partner_id", "session_type_id", "is_covered"]}

    partner_id = fields.Many2one("res.partner", "Person", readonly=True)
    session_type_id = fields.Many2one("spp.session.type", readonly=True)
    covered_count = fields.Integer("Topics Covered", readonly=True)
    topic_count = fields.Integer("Topics", readonly=True)
    completion = fields.Float("Completion (%)", readonly=True, aggregator="avg")
    is_complete = fields.Boolean("Complete", readonly=True)
    completed_on = fields.Date(readonly=True)
    missing_topics = fields.Char(compute="_compute_missing_topics")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT partner_id::bigint * %(room)s + session_type_id AS id,
                   partner_id,
                   session_type_id,
                   COUNT(*) FILTER (WHERE is_covered) AS covered_count,
                   COUNT(*) AS topic_count,
                   100.0 * COUNT(*) FILTER (WHERE is_covered) / COUNT(*) AS completion,
                   BOOL_AND(is_covered) AS is_complete,
                   CASE WHEN BOOL_AND(is_covered) THEN MAX(covered_on) END AS completed_on
              FROM (%(topics)s) topics
          GROUP BY partner_id, session_type_id
            """,
            room=ROOM,
            topics=self.env["spp.session.curriculum.topic"]._table_query,
        )

    def _compute_missing_topics(self):
        missing = {}
        for person, session_type, topics in self.env["spp.session.curriculum.topic"]._read_group(
            [
                ("partner_id", "in", self.partner_id.ids),
                ("session_type_id", "in", self.session_type_id.ids),
                ("is_covered", "=", False),
            ],
            ["partner_id", "session_type_id"],
            ["topic_id:recordset"],
        ):
            missing[person, session_type] = topics
        for curriculum in self:
            topics = missing.get((curriculum.partner_id, curriculum.session_type_id))
            curriculum.missing_topics = ", ".join(topics.sorted().mapped("name")) if topics else False

    def action_view_topics(self):
        """Show the topics of these persons' curricula, covered and missing.

        :return: window action (dict).
        """
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_curriculum_topic")
        return {
            **action,
            "domain": [
                ("partner_id", "in", self.partner_id.ids),
                ("session_type_id", "in", self.session_type_id.ids),
            ],
            "context": {},
        }

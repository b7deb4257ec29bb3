# Part of the SPP attendance suite. LGPL-3.
"""Which topics of a curriculum a person has covered."""

from odoo import fields, models
from odoo.tools import SQL

#: Room for this many topics or types beside a person in one number: 2 ** 20.
ROOM = 1 << 20


class SessionCurriculumTopic(models.Model):
    """One topic of a type's curriculum for one person: covered when, or missing.

    People are in the curriculum of a type once they are on one of its rosters or have a mark in one of its sessions.
    A topic is covered by attending a session with it whose register was submitted; cancelled sessions cover nothing.
    """

    _name = "spp.session.curriculum.topic"
    _description = "Topic of a Person's Curriculum"
    _auto = False
    _order = "partner_id, session_type_id, sequence, topic_id"
    _rec_name = "topic_id"
    _company_path = ("partner_id.company_id", "session_type_id.company_id")
    _area_path = "partner_id.area_id"
    _depends = {
        "spp.session": ["date", "state", "submitted_at", "topic_ids"],
        "spp.session.attendance": ["session_id", "participant_id", "session_type_id", "is_attended"],
        "spp.session.roster": ["session_type_id"],
        "spp.session.roster.membership": ["roster_id", "partner_id"],
        "spp.session.topic": ["active", "sequence", "session_type_id"],
        "spp.session.type": ["track_topics"],
    }

    partner_id = fields.Many2one("res.partner", "Person", readonly=True)
    session_type_id = fields.Many2one("spp.session.type", readonly=True)
    topic_id = fields.Many2one("spp.session.topic", readonly=True)
    sequence = fields.Integer(readonly=True)
    is_covered = fields.Boolean("Covered", readonly=True)
    covered_on = fields.Date("First Covered On", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT enrolled.partner_id::bigint * %(room)s + topic.id AS id,
                   enrolled.partner_id,
                   enrolled.session_type_id,
                   topic.id AS topic_id,
                   topic.sequence,
                   covered.covered_on IS NOT NULL AS is_covered,
                   covered.covered_on
              FROM (
                    SELECT mark.participant_id AS partner_id, mark.session_type_id
                      FROM spp_session_attendance mark
                     UNION
                    SELECT membership.partner_id, roster.session_type_id
                      FROM spp_session_roster_membership membership
                      JOIN spp_session_roster roster ON roster.id = membership.roster_id
                   ) enrolled
              JOIN spp_session_type session_type
                ON session_type.id = enrolled.session_type_id AND session_type.track_topics
              JOIN spp_session_topic topic ON topic.session_type_id = session_type.id AND topic.active
         LEFT JOIN (
                    SELECT mark.participant_id AS partner_id, covering.topic_id, MIN(session.date) AS covered_on
                      FROM spp_session_attendance mark
                      JOIN spp_session session ON session.id = mark.session_id
                      JOIN session_topic_rel covering ON covering.session_id = session.id
                     WHERE mark.is_attended AND session.submitted_at IS NOT NULL AND session.state <> 'cancelled'
                  GROUP BY mark.participant_id, covering.topic_id
                   ) covered
                ON covered.partner_id = enrolled.partner_id AND covered.topic_id = topic.id
            """,
            room=ROOM,
        )

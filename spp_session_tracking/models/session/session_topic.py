# Part of the SPP attendance suite. LGPL-3.
"""Topics that sessions of a type cover."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class SessionTopic(models.Model):
    """A module of a session type's curriculum."""

    _name = "spp.session.topic"
    _description = "Session Topic"
    _order = "sequence, name"
    _company_path = "session_type_id.company_id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char()
    description = fields.Text(translate=True)
    session_type_id = fields.Many2one("spp.session.type", ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)

    @api.constrains("session_type_id")
    def _check_covered_by_own_type(self):
        """A topic that was covered in sessions stays with their type, otherwise curricula would change afterwards."""
        for topic, counts in self._session_counts().items():
            foreign = sum(count for session_type, count in counts.items() if session_type != topic.session_type_id)
            if foreign and topic.session_type_id:
                raise ValidationError(
                    self.env._(
                        "%(topic)s is in use by another type (sessions: %(count)s): archive it, and make a new topic for "
                        "%(type)s.",
                        topic=topic.name,
                        count=foreign,
                        type=topic.session_type_id.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_covered(self):
        for topic, counts in self._session_counts().items():
            raise UserError(
                self.env._(
                    "%(topic)s is in use (sessions: %(count)s): archive it instead.",
                    topic=topic.name,
                    count=sum(counts.values()),
                )
            )

    def _session_counts(self):
        """In how many sessions these topics are, whoever sees them: dict topic -> dict session type -> count."""
        counts = {}
        # sudo: sessions that the user may not see use the topic too
        for topic, session_type, count in (
            self.env["spp.session"]
            .sudo()
            .with_context(active_test=False)
            ._read_group([("topic_ids", "in", self.ids)], ["topic_ids", "session_type_id"], ["__count"])
        ):
            if topic in self:
                counts.setdefault(topic, {})[session_type] = count
        return counts

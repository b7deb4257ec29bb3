# Part of the SPP attendance suite. LGPL-3.
"""Registers that come to count, count no more, or are corrected change what is flagged about their people."""

from odoo import models


class Session(models.Model):
    _inherit = "spp.session"

    def _after_marks_changed(self, people):
        """Find anew what the policies flag about these people."""
        super()._after_marks_changed(people)
        counting = self.filtered("submitted_at")
        partners = self.env["res.partner"].browse(set().union(*(people[session.id] for session in counting)))
        self.env["spp.attendance.follow.up"]._refresh(partners, counting.session_type_id)

    def _after_plan_changed(self, former):
        """What was flagged about people of a submitted register under its former type has lost its cause."""
        super()._after_plan_changed(former)
        retyped = self.filtered(lambda session: session.submitted_at and "session_type_id" in former[session.id])
        former_types = self.env["spp.session.type"].union(
            *(former[session.id]["session_type_id"] for session in retyped)
        )
        marks = self.env["spp.session.attendance"].search([("session_id", "in", retyped.ids)])
        self.env["spp.attendance.follow.up"]._refresh(marks.participant_id, former_types)

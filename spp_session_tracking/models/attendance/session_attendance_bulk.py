# Part of the SPP attendance suite. LGPL-3.
from odoo import api, models


class SessionAttendance(models.Model):
    _inherit = "spp.session.attendance"

    @api.private
    def _write_each(self, values_by_id, reason=""):
        """Give each mark values of its own; what `write` checks and logs is checked and logged once for all.

        The number of queries does not depend on the number of marks.

        :param dict values_by_id: mark id -> values as for `write`, for all of these marks
        :param str reason: why marks of a submitted register change
        :raise AccessError, UserError: as `write`
        """
        if not self:
            return
        self.check_access("write")
        self._check_session_open()
        before = {mark.id: mark._logged_values() for mark in self}
        for marks, values in self._prepare_each(values_by_id):
            # past the overrides of `write`, which are called once below
            models.Model.write(marks, values)
        changed = self.filtered(lambda mark: mark.session_id.submitted_at and mark._logged_values() != before[mark.id])
        if changed:
            changed._check_correction_reason(bool(reason))
            changed._log_changes(before, dict.fromkeys(changed.ids, reason))
        self.write({})

    def _prepare_each(self, values_by_id):
        """Sets of marks that get the same values: excuses are decided for all marks with the same status and reason.

        :return: list of (marks, values)
        """
        decisions, together = {}, {}
        for mark in self:
            decision = {
                name: value for name, value in values_by_id[mark.id].items() if name in ("status_id", "reason_id")
            }
            decisions.setdefault(tuple(decision.items()), []).append(mark.id)
        for decision, mark_ids in decisions.items():
            for marks, values in self.browse(mark_ids)._prepare_changes(dict(decision)):
                for mark in marks:
                    own = {**values_by_id[mark.id], **values}
                    together.setdefault(tuple(own.items()), []).append(mark.id)
        return [(self.browse(mark_ids), dict(values)) for values, mark_ids in together.items()]

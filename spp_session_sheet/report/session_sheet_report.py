# Part of the SPP attendance suite. LGPL-3.
"""The printed page: who is on it, which box is ticked already, and what is remarked beside it."""

from odoo import api, models
from odoo.tools import split_every

#: So many fit on a page, with the heading and some remarks of two lines.
ROWS_PER_PAGE = 28
#: The kinds of statuses of which the first has a box of its own; all others are written as remarks.
BOXES = ("present", "absent", "late")


class SessionSheetReport(models.AbstractModel):
    _name = "report.spp_session_sheet.report_session_sheet"
    _description = "Paper Roster of a Session"

    @api.model
    def _get_report_values(self, docids, data=None):
        sessions = self.env["spp.session"].browse(docids)
        sessions.check_access("read")
        sheets_sudo = self.env["spp.session.sheet"]._print_for(sessions)
        suggestions = sessions._suggest_marks()
        return {
            "doc_ids": docids,
            "doc_model": "spp.session",
            "docs": sessions,
            "sheets": {
                session.id: self._prepare_sheet(session, sheet, suggestions)
                for session, sheet in zip(sessions, sheets_sudo, strict=True)
            },
        }

    def _prepare_sheet(self, session, sheet_sudo, suggestions):
        numbers = sheet_sudo._numbers()
        marks = {mark.participant_id.id: mark for mark in session.attendance_ids}
        statuses = {status.code: status for status in session._roster_statuses()}
        by_kind = {status.kind: status for status in reversed(statuses.values())}
        columns = [by_kind[kind] for kind in BOXES if kind in by_kind]
        rows = []
        for person in session._roster_people():
            mark = marks.get(person.id)
            suggestion = suggestions.get((session.id, person.id))
            is_known = not mark and bool(suggestion) and suggestion.is_known
            status = mark.status_id if mark else statuses.get(suggestion.status) if is_known else None
            remark = [suggestion.why] if is_known else []
            if status and status not in columns:
                remark.insert(0, status.abbreviation or status.name)
            rows.append(
                {
                    "number": numbers[person.id],
                    "name": person.display_name,
                    "code": status.code if status else "",
                    "is_known": is_known,
                    "remark": " ".join(remark),
                }
            )
        rows.sort(key=lambda row: row["number"])
        return {
            "code": sheet_sudo.code,
            "url": sheet_sudo._url(),
            "image": sheet_sudo._qr_image(),
            "pages": list(split_every(ROWS_PER_PAGE, rows, list)) or [[]],
            "columns": columns,
            "others": [status for status in statuses.values() if status not in columns],
        }

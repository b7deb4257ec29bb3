# Part of the SPP attendance suite. LGPL-3.
"""The inbox of the terminals: what they sent stays as it came, only what it was found to mean may change."""

from odoo import api, fields, models
from odoo.exceptions import AccessError


class AttendanceScan(models.Model):
    """The inbox of the terminals: one row per event, verbatim, and what became of it.

    What the terminal said is append-only. Matching (who, which session) is a separate step that can be repeated:
    correct an identifier or a roster, match again, and the same scans count.
    """

    _name = "spp.attendance.scan"
    _description = "Attendance Scan"
    _order = "scan_time desc, id desc"
    _rec_name = "raw_line"
    _inherit = ["spp.append.only.mixin"]
    _company_path = "company_id"
    _company_shared = False
    _area_path = "partner_id.area_id"
    _area_open = ("('partner_id', '=', False)",)

    #: What matching found; the rest is what the terminal said and when we heard it.
    _append_only_except = ("state", "reason", "partner_id", "session_id")
    _append_only_anonymise = ("raw_line", "credential")
    _append_only_detach = True

    # three indexes below begin with it, so it has none of its own: every scan writes all indexes
    device_id = fields.Many2one("spp.attendance.device", "Terminal", required=True, readonly=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    event_key = fields.Char("Event", required=True, readonly=True, help="What makes this event unique on its terminal.")
    raw_line = fields.Char("Line as Sent", readonly=True)
    credential = fields.Char("Identifier", readonly=True)
    time_text = fields.Char("Time as Sent", readonly=True)
    tz = fields.Char("Time Zone Assumed", readonly=True)
    scan_time = fields.Datetime("Scanned At", readonly=True)
    scan_date = fields.Date("Local Day", readonly=True, index=True)
    direction = fields.Char(
        "In/Out Key", readonly=True, help="As pressed on the terminal; not used, keys are often wrong."
    )
    verification = fields.Char("Verification Mode", readonly=True)
    work_code = fields.Char(readonly=True)
    received_at = fields.Datetime(readonly=True)
    state = fields.Selection(
        [
            ("new", "Waiting"),
            ("matched", "Attendance"),
            ("repeat", "Repeat"),
            ("outside", "Outside Check-in"),
            ("review", "For Review"),
        ],
        required=True,
        default="new",
        readonly=True,
    )
    reason = fields.Selection(
        [
            ("no_time", "Line without a readable time"),
            ("impossible_time", "Line with an impossible date or time"),
            ("no_pin", "Line without a readable identifier"),
            ("future", "Time lies in the future"),
            ("unknown_identifier", "No registrant has this identifier"),
            ("ambiguous_identifier", "Several registrants have this identifier"),
            ("not_on_roster", "Person is not on a roster of this terminal"),
            ("marked_by_person", "A person's mark was kept"),
            ("register_locked", "The register is locked"),
        ],
        readonly=True,
    )
    explanation = fields.Char(compute="_compute_explanation")
    partner_id = fields.Many2one(
        "res.partner", "Participant", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    session_id = fields.Many2one("spp.session", readonly=True, ondelete="set null", index="btree_not_null")

    _event_unique = models.UniqueIndex("(device_id, event_key)", "This event of the terminal is stored already.")
    _waiting = models.Index("(device_id, scan_time) WHERE state = 'new'")
    _received = models.Index("(device_id, received_at)")
    _for_review = models.Index("(device_id) WHERE state = 'review'")

    @api.depends("state", "reason")
    def _compute_explanation(self):
        sentences = {
            "no_time": self.env._(
                "No date and time could be read from this line: check the terminal, then mark by hand."
            ),
            "impossible_time": self.env._("This date or time does not exist: check the terminal's clock."),
            "no_pin": self.env._("No identifier could be read from this line: check the terminal, then mark by hand."),
            "future": self.env._("The terminal's clock was ahead: set it right, then mark the person by hand."),
            "unknown_identifier": self.env._(
                "Nobody in the registry has this identifier: add it to the person, then match again."
            ),
            "ambiguous_identifier": self.env._(
                "More than one registrant has this identifier: end the wrong one, then match again."
            ),
            "not_on_roster": self.env._(
                "The person is known but not on a roster of this terminal that day: add the person, then match again."
            ),
            "marked_by_person": self.env._("Somebody had marked this person already, and that mark was kept."),
            "register_locked": self.env._(
                "The register was locked already: ask a session manager to unlock it, then the scan counts."
            ),
            "new": self.env._("Not looked at yet."),
            "matched": self.env._("First scan in the check-in time: this is the arrival."),
            "repeat": self.env._("The person was checked in already."),
            "outside": self.env._("No session of the person had check-in open at that time."),
        }
        for scan in self:
            scan.explanation = sentences.get(scan.reason or scan.state, "")

    @api.model
    def _append_only_message(self, deleting=False):
        if deleting:
            return self.env._("What a terminal sent is evidence and cannot be deleted.")
        return self.env._("What a terminal sent is evidence and cannot be changed: match the scan again instead.")

    def action_match(self):
        """Match these scans again, for example after an identifier or a roster was corrected.

        Scans that count already, and lines that could not be read, stay as they are.
        """
        if not self.env.user.has_group("spp_session_tracking.group_session_manager"):
            raise AccessError(self.env._("Only a session manager may match scans again: ask one to do it."))
        self.check_access("read")
        # sudo: session managers match scans in areas where they see no register
        again = self.sudo().filtered(lambda scan: scan.scan_time and scan.state in ("new", "outside", "review"))
        again.filtered(lambda scan: scan.reason != "future")._match()

    @api.model
    def _match_again_for(self, sessions):
        """Look once more at scans in the check-in time of these sessions that did not count so far.

        Sessions, rosters and identifiers may have been entered after the scans came in.
        """
        devices = sessions.roster_id.device_ids
        if not devices:
            return
        self.search(
            [
                ("device_id", "in", devices.ids),
                ("scan_time", ">=", min(sessions.mapped("checkin_from"))),
                ("scan_time", "<=", max(sessions.mapped("checkin_until"))),
                "|",
                ("state", "in", ("new", "outside")),
                (
                    "reason",
                    "in",
                    ("unknown_identifier", "ambiguous_identifier", "not_on_roster", "register_locked"),
                ),
            ]
        )._match()

    @api.model
    def _cron_match_scans(self, batch_size=1000):
        """Match waiting scans in batches, oldest first."""
        waiting = [("state", "=", "new")]
        while True:
            batch = self.search(waiting, order="scan_time, id", limit=batch_size).try_lock_for_update()
            if not batch:
                return
            batch._match()
            if not self.env["ir.cron"]._commit_progress(len(batch), remaining=self.search_count(waiting)):
                return

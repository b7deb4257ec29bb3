# Part of the SPP attendance suite. LGPL-3.
"""What a run learns from its sources before it decides: the seam for kinds of sources that other addons bring."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL


class AttendanceComplianceRun(models.Model):
    """A run that only counts what is in this database decides as soon as it is started.

    A kind of source that has to be asked elsewhere takes its time: its addon takes over `_start`, puts the run into the state
    "fetching", notes in `spp.attendance.run.person` what it hears about whom, and calls `_finish` in the end. A run that it
    makes to keep the ledger fresh (`is_refresh`) decides nothing.
    """

    _inherit = "spp.attendance.compliance.run"

    is_refresh = fields.Boolean(readonly=True, help="Made at night to keep the ledger fresh; decides nothing.")
    is_applied_when_decided = fields.Boolean(readonly=True)

    def _sources(self):
        """The sources whose facts count for this run."""
        criteria = self.criteria
        domain = Domain("company_id", "in", (self.cycle_id.company_id.id, False))
        if criteria["sources"]:
            domain &= Domain("id", "in", criteria["sources"])
        for names, catalogue in (("types", "type_ids"), ("locations", "location_ids")):
            if criteria[names]:
                domain &= Domain(catalogue, "any", [("id", "in", criteria[names])])
        # sudo: which sources count does not depend on who asks
        return self.env["spp.attendance.source"].sudo().search(domain, order="id")

    @api.model
    def _to_join(self, cycle, criteria):
        """A run of this cycle that has begun and not decided yet, which whoever starts one now goes on with.

        :param cycle: `spp.cycle` record
        :param criteria: the requirement as it is now
        """
        return self.browse()

    def _join(self):
        """Go on with a run that `_to_join` found."""
        self.ensure_one()

    def _start(self):
        """Collect what the sources know, and decide: at once, or when those that take their time have answered."""
        self.ensure_one()
        self._finish()

    def _finish(self):
        """All is heard that will be: bring the sources in this database up to date and decide."""
        if self.is_refresh:
            self.state = "fetched"
            self.env.cr.execute(SQL("DELETE FROM spp_attendance_run_person WHERE run_id = %s", self.id))
            self.invalidate_recordset(["run_person_ids"])
            return
        self._fill_ledger()
        self._decide()
        self.state = "decided"
        if self.is_applied_when_decided:
            self._apply_by_itself()

    def _fill_ledger(self):
        """Bring the facts of sources in this database up to date; others were asked before."""
        self._sources()._collect_facts(self)

    def _apply_by_itself(self):
        try:
            with self.env.cr.savepoint():
                self.action_apply()
        except UserError as error:
            self.cycle_id.message_post(body=self.env._("Not filtered by attendance: %s", error))

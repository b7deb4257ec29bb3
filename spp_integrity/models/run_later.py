# Part of the SPP attendance suite. LGPL-3.
"""One way to run work later: a job runner where there is one, else a scheduled action."""

from odoo import api, models


class RunLater(models.AbstractModel):
    """Hands work to OCA's queue_job or OpenSPP's job_worker; neither is needed.

    Both bring the model `queue.job` and the method `with_delay`. Without them the caller's scheduled action does the
    same work; it is woken up.
    """

    _name = "spp.run.later"
    _description = "Work That Runs Later"

    @api.model
    def _has_job_runner(self):
        """Whether work can be handed to a job runner. Tests patch this."""
        return "queue.job" in self.env

    @api.model
    def _enqueue(self, records, method, *args, identity_key, description=None, cron=None):
        """Run a method of records later, once however often it is asked for.

        :param records: recordset
        :param str method: name of a method that is harmless when called twice
        :param args: what it is called with
        :param str identity_key: names the work; while a job with it waits there is no second one
        :param str description: what the work is, for the list of jobs
        :param str cron: external id of the scheduled action that does the work when there is no job runner
        :return: whether a job runner does it
        """
        if self._has_job_runner():
            options = {"identity_key": identity_key} | ({"description": description} if description else {})
            getattr(records.with_delay(**options), method)(*args)
            return True
        if cron:
            self._wake(cron)
        return False

    @api.model
    def _wake(self, cron):
        """Let a scheduled action run as soon as there is somebody to do it.

        :param str cron: its external id
        """
        self.env.ref(cron).sudo()._trigger()  # sudo: waking up what the system does anyway

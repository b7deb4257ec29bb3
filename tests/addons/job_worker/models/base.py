# Part of the SPP attendance suite. LGPL-3.
"""Records enqueue calls of their methods."""

from odoo import models


class _Delayable:
    """Stands for records; calling one of their methods enqueues the call."""

    def __init__(self, records, **options):
        self._records = records
        self._options = options

    def __getattr__(self, method):
        getattr(self._records, method)  # what is not there is no job

        def enqueue(*args, **kwargs):
            return self._records.env["queue.job"]._enqueue(self._records, method, args, kwargs, **self._options)

        return enqueue


class Base(models.AbstractModel):
    _inherit = "base"

    def with_delay(
        self,
        priority=None,
        eta=None,
        max_retries=None,
        description=None,
        channel=None,
        identity_key=None,
        timeout=None,
        scheduled_at=None,
    ):
        """These records, so that a method called on the result runs later; the options are those of job_worker.

        :param int priority: lower ones run first
        :param eta: when to run at the earliest, for `queue_job`; datetime in UTC
        :param scheduled_at: the same, as job_worker calls it
        :param str identity_key: while a job with it waits or runs there is no second one
        """
        if self.env.context.get("queue_job__no_delay"):
            return self
        return _Delayable(
            self,
            priority=priority or 10,
            scheduled_at=scheduled_at or eta,
            max_retries=5 if max_retries is None else max_retries,
            description=description,
            channel=channel or "root",
            identity_key=identity_key,
            timeout=timeout or 0,
        )

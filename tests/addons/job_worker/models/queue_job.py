# Part of the SPP attendance suite. LGPL-3.
"""Jobs that wait, and a worker that does them."""

import json
import traceback
import uuid

from odoo import api, fields, models
from odoo.tools import SQL

#: What of a caller's context a job keeps.
_CONTEXT = ("tz", "lang", "allowed_company_ids", "active_test")


class QueueJob(models.Model):
    """A call of a method of records. It runs as who enqueued it, never in superuser mode of a user."""

    _name = "queue.job"
    _description = "Job"
    _order = "priority, id"

    uuid = fields.Char(required=True, readonly=True, default=lambda self: str(uuid.uuid4()))
    name = fields.Char("Description", readonly=True)
    model_name = fields.Char(required=True, readonly=True)
    method_name = fields.Char(required=True, readonly=True)
    record_ids = fields.Json(readonly=True)
    args = fields.Json(readonly=True)
    kwargs = fields.Json(readonly=True)
    context = fields.Json(readonly=True)
    user_id = fields.Many2one("res.users", required=True, readonly=True)
    identity_key = fields.Char(readonly=True, index=True)
    channel = fields.Char(required=True, readonly=True)
    priority = fields.Integer(readonly=True)
    max_retries = fields.Integer(readonly=True)
    timeout = fields.Integer(readonly=True)
    scheduled_at = fields.Datetime(readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting for Another"),
            ("pending", "Pending"),
            ("started", "Started"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("cancelled", "Cancelled"),
        ],
        required=True,
        readonly=True,
        default="pending",
    )
    result = fields.Text(readonly=True)
    exc_info = fields.Text("Error", readonly=True)

    @api.model
    def _enqueue(self, records, method, args, kwargs, *, description, identity_key, **options):
        json.dumps([args, kwargs])  # arguments are JSON values here; the suite hands over no others
        jobs_sudo = self.sudo()  # sudo: whoever may call a method may call it later
        if identity_key and (
            known := jobs_sudo.search(
                [("identity_key", "=", identity_key), ("state", "in", ("waiting", "pending", "started"))], limit=1
            )
        ):
            return known
        return jobs_sudo.create(
            {
                "name": description or f"{records._name}.{method}",
                "model_name": records._name,
                "method_name": method,
                "record_ids": records.ids,
                "args": args,
                "kwargs": kwargs,
                "context": {name: value for name, value in self.env.context.items() if name in _CONTEXT},
                "user_id": self.env.uid,
                "identity_key": identity_key,
                **options,
            }
        )

    @api.model
    def work(self):
        """Do what is pending, each job in a transaction of its own, as worker processes do.

        A job whose worker was killed is pending again: its row was locked, not changed.

        :return: number of jobs that were done or failed
        """
        worked = 0
        while True:
            with self.env.registry.cursor() as cr:
                jobs = self.with_env(self.env(cr=cr, su=True))
                rows = jobs.env.execute_query(
                    SQL(
                        "SELECT id FROM queue_job WHERE state = 'pending' AND COALESCE(scheduled_at, now()) <= now()"
                        " ORDER BY priority, id LIMIT 1 FOR UPDATE SKIP LOCKED"
                    )
                )
                if not rows:
                    return worked
                jobs.browse(rows[0])._perform()
            worked += 1

    def _perform(self):
        env = self.env(user=self.user_id.id, su=self.user_id._is_superuser(), context=self.context or {})
        records = env[self.model_name].browse(self.record_ids or ())
        try:
            with self.env.cr.savepoint():
                result = getattr(records, self.method_name)(*self.args or (), **self.kwargs or {})
        except Exception:  # whatever it is, it is kept with the job
            self.write({"state": "failed", "exc_info": traceback.format_exc()})
        else:
            self.write({"state": "done", "result": str(result or "")})

    def button_requeue(self):
        """Let failed jobs be done again."""
        self.filtered(lambda job: job.state == "failed").state = "pending"

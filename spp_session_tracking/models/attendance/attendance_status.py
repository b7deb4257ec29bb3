# Part of the SPP attendance suite. LGPL-3.
"""What a mark can say about a person: the catalogue of statuses and their weights."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import ormcache

#: What a status means to the system. Several statuses may be of one kind; nothing relies on those of the last one.
KINDS = [
    ("present", "Present"),
    ("late", "Late"),
    ("partial", "Partial"),
    ("absent", "Absent"),
    ("excused", "Excused"),
    ("medical", "Medical Leave"),
    ("on_hold", "On Hold"),
    ("other", "Other"),
]
#: Kinds of statuses of somebody who arrived at a time.
ARRIVAL_KINDS = ("late", "partial")
#: What of a status decides how marks count.
COUNTING = frozenset({"kind", "weight", "is_in_denominator", "is_attended", "is_excused"})


class AttendanceStatus(models.Model):
    """The catalogue of what a mark can say about a person in a session.

    Rates are ``sum(weight) / count`` over the marks whose status is in the denominator; the programme may change
    weights and add statuses. The code only relies on their ``kind``: of several statuses of a kind, the first active one of
    the catalogue is the one that the system sets.
    """

    _name = "spp.attendance.status"
    _description = "Attendance Status"
    _inherit = ["mail.thread", "spp.session.in.use"]
    _traced = True
    _order = "sequence, id"
    _of_all_companies = True

    _USED_IN = (
        ("spp.session.attendance", "status_id"),
        ("spp.session.attendance", "requested_status_id"),
        ("spp.attendance.reason", "status_id"),
        ("spp.session.attendance.change", "old_status_id"),
        ("spp.session.attendance.change", "new_status_id"),
    )

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Stable technical key, for example present or absent.", tracking=True)
    kind = fields.Selection(
        KINDS,
        required=True,
        default="other",
        index=True,
        help="What the system takes the status for: lateness is counted of every status that is Late, a certificate is "
        "due for Medical Leave. Of several statuses of a kind it sets the first one by itself.",
        tracking=True,
    )
    abbreviation = fields.Char(size=3, help="What stands in registers on paper and in narrow columns.")
    keyboard_key = fields.Char(size=2, help="Letter that sets this status in rosters.")
    sequence = fields.Integer(default=10)
    weight = fields.Float(
        digits=(4, 2),
        help="How much of an attendance this status counts: 1 is a whole one, 0.5 a half one.",
        tracking=True,
    )
    is_in_denominator = fields.Boolean(
        "In the Denominator",
        default=True,
        help="Off: a mark with this status neither helps nor harms the rate.",
        tracking=True,
    )
    is_attended = fields.Boolean("Counts as Attended", tracking=True)
    is_excused = fields.Boolean("Counts as Excused", tracking=True)
    color = fields.Integer()
    active = fields.Boolean(default=True, tracking=True)

    _code_unique = models.UniqueIndex("(code)", "Another attendance status already uses this code.")
    _weight_range = models.Constraint(
        "CHECK (weight >= 0 AND weight <= 1)", "The weight of an attendance status lies between 0 and 1."
    )

    @api.model
    @ormcache("code")
    def _id_by_code(self, code):
        # sudo: statuses are a catalogue; archived ones keep their code
        return self.sudo().with_context(active_test=False).search([("code", "=", code)], limit=1).id

    @api.model
    def _by_code(self, code):
        """Return the status record with this code.

        :raise UserError: when the catalogue has no such status.
        """
        status_id = self._id_by_code(code)
        if not status_id:
            raise UserError(
                self.env._('The attendance status "%s" is missing: restore it under Configuration, Statuses.', code)
            )
        return self.browse(status_id)

    @api.model
    @ormcache("kind")
    def _of_kind(self, kind):
        """Id and code of the status that stands for a kind; (False, False) without one."""
        # sudo: statuses are a catalogue; archived ones keep what they stand for
        status = (
            self.sudo()
            .with_context(active_test=False)
            .search([("kind", "=", kind)], order="active desc, sequence, id", limit=1)
        )
        return status.id, status.code

    @api.model
    def _by_kind(self, kind):
        """Return the status record that the system sets for this kind.

        :raise UserError: when the catalogue has no status of the kind.
        """
        status_id, _code = self._of_kind(kind)
        if not status_id:
            raise UserError(
                self.env._(
                    "No attendance status is of the kind %s: add one under Configuration, Statuses.",
                    dict(self._fields["kind"]._description_selection(self.env))[kind],
                )
            )
        return self.browse(status_id)

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if not {"code", "kind", "active", "sequence"}.isdisjoint(vals):
            self.env.registry.clear_cache()
        result = super().write(vals)
        if not COUNTING.isdisjoint(vals):
            # sudo: marks that the user may not see count too
            marks_sudo = self.env["spp.session.attendance"].sudo()
            in_registers = [("status_id", "in", self.ids), ("session_id.submitted_at", "!=", False)]
            marks_sudo.search(in_registers)._call_hook_of_marks()
        return result

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

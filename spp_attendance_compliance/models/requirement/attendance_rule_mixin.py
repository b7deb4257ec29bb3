# Part of the SPP attendance suite. LGPL-3.
"""What a requirement consists of: measure, threshold, excuses, types, places, sources, and how households pass."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

#: What makes up a requirement; it is copied from one cycle to the next.
REQUIREMENT_FIELDS = (
    "attendance_required",
    "attendance_measure",
    "attendance_threshold",
    "attendance_excused",
    "attendance_prorate",
    "attendance_combination",
    "attendance_group_rule",
    "attendance_group_count",
    "attendance_group_percentage",
    "attendance_age_from",
    "attendance_age_to",
    "attendance_days_before",
    "attendance_filter_at_end",
    "attendance_type_ids",
    "attendance_location_ids",
    "attendance_source_ids",
    "attendance_role_ids",
)


class AttendanceRuleMixin(models.AbstractModel):
    """How much attendance is asked for, of whom, and how it goes together with other criteria.

    A program names the usual requirement; each cycle has its own, copied from the cycle before it, else from the program.
    """

    _name = "spp.attendance.rule.mixin"
    _description = "Attendance Requirement"

    attendance_required = fields.Boolean("Attendance Requirement", tracking=True)
    attendance_measure = fields.Selection(
        [
            ("percentage", "Percentage of the sessions expected of the person"),
            ("sessions", "Number of sessions"),
            ("days", "Number of different days"),
        ],
        "Measured By",
        default="percentage",
        tracking=True,
    )
    attendance_threshold = fields.Float(
        "At Least", digits=(8, 2), default=80.0, tracking=True, help="A number of sessions or days, or a percentage."
    )
    attendance_excused = fields.Selection(
        [
            ("register", "As the register weighs them"),
            ("attended", "As attended"),
            ("absent", "As absent"),
        ],
        "Excused Absences Count",
        required=True,
        default="register",
        tracking=True,
    )
    attendance_prorate = fields.Boolean(
        "Pro Rata for Late Enrolment",
        tracking=True,
        help="What lies before the enrolment in the cycle does not count, and a number of sessions or days is asked for in "
        "proportion to the rest of the window, rounded up.",
    )
    attendance_combination = fields.Selection(
        [("all", "All of them"), ("any", "Any of them")],
        "With Other Compliance Criteria",
        required=True,
        default="all",
        tracking=True,
        help="Whether attendance and the program's other compliance criteria must all be met, or one of them is enough.",
    )

    attendance_type_ids = fields.Many2many("spp.event.attendance.type", string="Attendance Types", help="Empty: all.")
    attendance_location_ids = fields.Many2many(
        "spp.event.attendance.location", string="Attendance Locations", help="Empty: all."
    )
    attendance_source_ids = fields.Many2many("spp.attendance.source", string="Attendance Sources", help="Empty: all.")

    # groups
    attendance_group_rule = fields.Selection(
        [
            ("all", "All members"),
            ("any", "Any member"),
            ("count", "A number of members"),
            ("percentage", "A percentage of the members"),
            ("roles", "All members in these roles"),
        ],
        "A Group Passes With",
        required=True,
        default="all",
        tracking=True,
    )
    attendance_group_count = fields.Integer("Members Needed", default=1, tracking=True)
    attendance_group_percentage = fields.Float("Members Needed (%)", digits=(5, 2), default=60.0, tracking=True)
    attendance_role_ids = fields.Many2many(
        "spp.vocabulary.code",
        string="Members in These Roles",
        domain=[("namespace_uri", "=", "urn:openspp:vocab:group-membership-type")],
        help="Only current members of a group in one of these roles are assessed. Empty: members in every role.",
    )
    attendance_age_from = fields.Integer("Age From", help="In whole years on the last day that counts. 0: any age.")
    attendance_age_to = fields.Integer("Age To", help="Included. 0: any age. Members without birth date are left out.")

    # by itself
    attendance_days_before = fields.Integer(
        "Dry Run Before the End (Days)", help="So many days before the window ends a dry run is made. 0: none."
    )
    attendance_filter_at_end = fields.Boolean(
        "Filter by Itself at the End",
        tracking=True,
        help="Once the window is over and every register in it is submitted, a run is made and applied; where a second "
        "person approves runs, it waits for that.",
    )

    _attendance_threshold_range = models.Constraint(
        "CHECK (attendance_threshold >= 0 AND (attendance_measure != 'percentage' OR attendance_threshold <= 100))",
        "The required attendance cannot be negative, and a percentage is at most 100.",
    )
    _attendance_group_range = models.Constraint(
        "CHECK (attendance_group_count >= 1 AND attendance_group_percentage > 0 AND attendance_group_percentage <= 100)",
        "At least one member of a group must attend, and at most 100 % of them.",
    )
    _attendance_age_range = models.Constraint(
        "CHECK (attendance_age_from >= 0 AND attendance_age_to >= 0 AND attendance_days_before >= 0"
        " AND (attendance_age_to = 0 OR attendance_age_from <= attendance_age_to))",
        "Ages and days cannot be negative, and the age from lies below the age to.",
    )

    @api.constrains("attendance_required", "attendance_group_rule", "attendance_role_ids")
    def _check_attendance_roles(self):
        for record in self:
            if (
                record.attendance_required
                and record.attendance_group_rule == "roles"
                and not record.attendance_role_ids
            ):
                raise ValidationError(self.env._("Say which roles of a group must attend: choose at least one."))

    @api.constrains("attendance_required", "attendance_measure", "attendance_source_ids")
    def _check_attendance_sources(self):
        for record in self.filtered("attendance_required"):
            try:
                record.attendance_source_ids._check_knows(record.attendance_measure)
            except UserError as error:
                raise ValidationError(str(error)) from None

    def _attendance_requirement_values(self):
        """The requirement as values for `create` or `write`."""
        self.ensure_one()
        return {name: self._fields[name].convert_to_write(self[name], self) for name in REQUIREMENT_FIELDS}

# Part of the SPP attendance suite. LGPL-3.
"""Who belongs to which group, from when until when; nobody is a live member of one twice."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class GroupMembership(models.Model):
    _name = "spp.group.membership"
    _description = "Group Membership"
    _order = "id desc"
    _rec_name = "group"

    group = fields.Many2one(
        "res.partner",
        required=True,
        index=True,
        ondelete="cascade",
        domain=[("is_registrant", "=", True), ("is_group", "=", True)],
    )
    individual = fields.Many2one(
        "res.partner",
        required=True,
        index=True,
        ondelete="cascade",
        domain=[("is_registrant", "=", True), ("is_group", "=", False)],
    )
    membership_type_ids = fields.Many2many(
        "spp.vocabulary.code",
        string="Roles",
        domain=[("namespace_uri", "=", "urn:openspp:vocab:group-membership-type")],
    )
    start_date = fields.Datetime(default=fields.Datetime.now)
    ended_date = fields.Datetime("End Date")
    is_ended = fields.Boolean("Ended", compute="_compute_is_ended", store=True, precompute=True)

    _unique_live_member = models.UniqueIndex(
        '("group", individual) WHERE is_ended IS NOT TRUE',
        "This person is already a member of this group.",
    )

    @api.depends("ended_date")
    def _compute_is_ended(self):
        now = fields.Datetime.now()
        for membership in self:
            membership.is_ended = bool(membership.ended_date) and membership.ended_date <= now

    @api.constrains("start_date", "ended_date")
    def _check_dates(self):
        for membership in self:
            if membership.start_date and membership.ended_date and membership.ended_date < membership.start_date:
                raise ValidationError(
                    self.env._(
                        "The membership of %(individual)s in %(group)s cannot end before it starts;"
                        " please correct its dates.",
                        individual=membership.individual.display_name,
                        group=membership.group.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        # A membership ended in the same save has to leave the unique index before its successor enters.
        self.flush_model(["group", "individual", "is_ended"])
        return super().create(vals_list)

    @api.autovacuum
    def _mark_ended(self):
        """End the memberships whose end date has passed since they were last written."""
        due = self.search([("is_ended", "=", False), ("ended_date", "<=", fields.Datetime.now())])
        self.env.add_to_compute(self._fields["is_ended"], due)

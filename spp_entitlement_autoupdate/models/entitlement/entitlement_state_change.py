# Part of the SPP attendance suite. LGPL-3.
"""Entitlements change state at the end of a cycle together with their audit rows, in one statement."""

from odoo import api, fields, models
from odoo.tools import SQL

# Kind of entitlement -> field of audit rows and exceptions that points at such an entitlement
REFERENCES = {"spp.entitlement": "entitlement_id", "spp.entitlement.inkind": "inkind_entitlement_id"}


class EntitlementStateChange(models.Model):
    """The trace of what the end of a cycle did to an entitlement. Written once, never changed."""

    _name = "spp.entitlement.state.change"
    _inherit = ["spp.append.only.mixin"]
    _description = "Entitlement State Change"
    _order = "id desc"
    _rec_name = "new_state"
    # `user_id` and `date` say it: a row that never changes needs no more, and there are many of them
    _log_access = False
    _company_path = "cycle_id.program_id.company_id"
    _area_path = "entitlement_id.partner_id.area_id"
    _area_open = ("('inkind_entitlement_id.partner_id.area_id', 'child_of', user.center_area_ids.ids)",)

    cycle_id = fields.Many2one("spp.cycle", required=True, readonly=True, ondelete="restrict")
    closing_id = fields.Many2one(
        "spp.cycle.closing", string="Run", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    reopening_id = fields.Many2one("spp.cycle.reopening", readonly=True, index="btree_not_null", ondelete="restrict")
    cause = fields.Selection(
        [
            ("end", "End of Cycle"),
            ("correction", "Correction"),
            ("reopening", "Reopening"),
            ("calendar", "Validity Over"),
        ],
        required=True,
        readonly=True,
        default="end",
    )
    entitlement_id = fields.Many2one("spp.entitlement", readonly=True, index="btree_not_null", ondelete="restrict")
    inkind_entitlement_id = fields.Many2one(
        "spp.entitlement.inkind",
        string="In-Kind Entitlement",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    old_state = fields.Selection("_selection_state", required=True, readonly=True)
    new_state = fields.Selection("_selection_state", required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", string="Beneficiary", compute="_compute_partner_id")
    balance = fields.Float(digits=(16, 3), readonly=True)
    expired_value = fields.Float(string="Expired", digits=(16, 3), readonly=True)
    carried_value = fields.Float(string="Carried Over", digits=(16, 3), readonly=True)
    user_id = fields.Many2one("res.users", string="Changed By", required=True, readonly=True)
    date = fields.Datetime(string="Changed On", required=True, readonly=True)

    _one_entitlement = models.Constraint(
        "CHECK (num_nonnulls(entitlement_id, inkind_entitlement_id) = 1)",
        "A state change belongs to one entitlement, cash or in-kind.",
    )
    _cause_is_known = models.Constraint(
        "CHECK (CASE cause WHEN 'reopening' THEN reopening_id IS NOT NULL WHEN 'calendar' THEN TRUE"
        " ELSE closing_id IS NOT NULL END)",
        "A state change names the run or the reopening that made it.",
    )

    @api.depends("entitlement_id", "inkind_entitlement_id")
    def _compute_partner_id(self):
        for row in self:
            row.partner_id = row.entitlement_id.partner_id or row.inkind_entitlement_id.partner_id

    @api.model
    def _selection_state(self):
        return self.env["spp.entitlement"]._fields["state"]._description_selection(self.env)

    @api.model
    def _apply_and_log(self, model, target, cause, user, closing=None, reopening=None):
        """Write what `target` asks for to entitlements, and one audit row for each that gets something new.

        One statement, whatever the number of entitlements.

        :param str model: kind of entitlement
        :param target: SQL query with the columns id, old_state, old_expired, old_carried, old_balance, new_state,
            new_expired, new_carried, carried_to_id and balance; rows that ask for nothing new cost nothing
        :param str cause: of the audit rows
        :param user: res.users that decided on it
        :return: the entitlements with an audit row
        """
        self.env.flush_all()
        changed = self.env.execute_query(
            SQL(
                """
                WITH target AS (%(target)s),
                     changed AS (
                         UPDATE %(table)s e
                            SET state = target.new_state,
                                expired_value = target.new_expired,
                                carried_value = target.new_carried,
                                carried_to_id = target.carried_to_id,
                                entitlement_balance = target.balance,
                                write_uid = %(uid)s,
                                write_date = %(now)s
                           FROM target
                          WHERE e.id = target.id
                            AND (target.new_state, target.new_expired, target.new_carried, target.balance)
                                IS DISTINCT FROM
                                (target.old_state, target.old_expired, target.old_carried, target.old_balance)
                      RETURNING target.*, e.cycle_id)
                INSERT INTO spp_entitlement_state_change
                            (cycle_id, closing_id, reopening_id, cause, %(reference)s, old_state, new_state,
                             balance, expired_value, carried_value, user_id, date)
                     SELECT cycle_id, %(closing)s, %(reopening)s, %(cause)s, id, old_state, new_state,
                            balance, new_expired, new_carried, %(user)s, %(now)s
                       FROM changed
                      WHERE (new_state, new_expired, new_carried) IS DISTINCT FROM (old_state, old_expired, old_carried)
                   ORDER BY id
                  RETURNING %(reference)s
                """,
                target=target,
                table=SQL.identifier(self.env[model]._table),
                reference=SQL.identifier(REFERENCES[model]),
                closing=closing.id if closing else None,
                reopening=reopening.id if reopening else None,
                cause=cause,
                user=user.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        entitlements = self.env[model].browse(row[0] for row in changed)
        entitlements.invalidate_recordset(
            [
                "state",
                "expired_value",
                "carried_value",
                "carried_to_id",
                "entitlement_balance",
                "state_change_ids",
                "write_uid",
                "write_date",
            ]
        )
        entitlements.modified(["state"])
        return entitlements

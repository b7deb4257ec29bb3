# Part of the SPP attendance suite. LGPL-3.
"""What of an entitlement nobody writes by hand: its code, its approval, who gets how much once that is decided."""

from odoo import api, models
from odoo.exceptions import AccessError, UserError

_REJECTED = frozenset({"rejected1", "rejected2", "rejected3"})


class EntitlementGuardMixin(models.AbstractModel):
    """States move one way, each by what leads to it; whom an entitlement is for and how much it is follow the state."""

    _name = "spp.entitlement.guard.mixin"
    _inherit = ["spp.guarded.fields.mixin"]
    _description = "Guarded Fields of Entitlements"

    _system_fields = ("code", "date_approved", "date_rejected")
    _fixed_fields = ("company_id", "valid_from", "valid_until")
    _frozen_fields = ("partner_id", "cycle_id")

    #: State -> what may follow it by hand; the roles of the host say by whom. All else follows from time and bookings.
    _MOVES = {
        "draft": {"pending_validation", "approved", "cancelled", *_REJECTED},
        "pending_validation": {"draft", "approved", "cancelled", *_REJECTED},
        "approved": {"trans2FSP", "cancelled", *_REJECTED},
        "trans2FSP": {"rdpd2ben", "cancelled", *_REJECTED},
    }
    _UNDECIDED = frozenset({"draft", "pending_validation"})

    def _settled(self):
        undecided = self.filtered(lambda rec: rec.state in self._UNDECIDED and not rec.cycle_id._is_closed())
        return self - undecided

    @api.model_create_multi
    def create(self, vals_list):
        model = self._without_guarded_defaults()
        entitlements = super(EntitlementGuardMixin, model).create(vals_list).with_env(self.env)
        # administrators may load the past, see the cycles of the host
        if not (self.env.su or self.env["spp.cycle"]._is_historical_import()):
            entitlements.cycle_id._check_not_closed()
            if entitlements.filtered(lambda rec: rec.state not in self._UNDECIDED):
                raise UserError(self.env._("An entitlement begins as a draft: prepare it, then approve it."))
        return entitlements

    def write(self, vals):
        if vals.get("state") and not self.env.su:
            self._check_move(vals["state"])
        return super().write(vals)

    def _check_move(self, state):
        """Refuse a state that does not follow from the present one by hand.

        :param str state: the state asked for
        :raise AccessError: it does not follow, or it is an approval without its checks
        :raise UserError: its cycle is closed
        """
        moving = self.filtered(lambda rec: rec.state != state)
        moving.cycle_id._check_not_closed()
        states = dict(self._fields["state"]._description_selection(self.env))
        for entitlement in moving:
            if state not in self._MOVES.get(entitlement.state, ()):
                raise AccessError(
                    self.env._(
                        "%(entitlement)s is %(present)s and does not become %(wanted)s by hand.",
                        entitlement=entitlement.display_name,
                        present=states[entitlement.state],
                        wanted=states.get(state, state),
                    )
                )
        if moving and state == "approved" and not self._is_open("date_approved"):
            raise AccessError(self.env._("Use Approve: it checks the cycle and the funds first."))

    def approve_entitlement(self):
        """Approve drafts and pending entitlements; the host notes when."""
        entitlements = self._open_fields("date_approved")
        return super(EntitlementGuardMixin, entitlements).approve_entitlement()

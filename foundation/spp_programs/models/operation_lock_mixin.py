# Part of the SPP attendance suite. LGPL-3.
"""While a long operation works on a record, nobody starts another; one that died is freed by an administrator."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError

from .roles import is_spp_admin


class OperationLockMixin(models.AbstractModel):
    _name = "spp.operation.lock.mixin"
    _description = "One long operation at a time"

    _LOCK_FIELDS = frozenset({"is_locked", "locked_reason"})

    is_locked = fields.Boolean(readonly=True, copy=False)
    locked_reason = fields.Char(readonly=True, copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get(name) for vals in vals_list for name in self._LOCK_FIELDS):
            self._check_may_set_lock()
        return super().create(vals_list)

    def write(self, vals):
        if not self._LOCK_FIELDS.isdisjoint(vals):
            self._check_may_set_lock()
        return super().write(vals)

    def _check_may_set_lock(self):
        if not is_spp_admin(self.env):
            raise AccessError(self.env._("Only an administrator can set or clear the lock of an operation by hand."))

    def _acquire_operation_lock(self, reason):
        """Mark the record as busy.

        :param str reason: what is going on, shown to whoever comes next
        :raise UserError: another operation holds the record
        """
        self.ensure_one()
        try:
            self.lock_for_update(allow_referencing=True)
        except LockError as error:
            raise UserError(
                self.env._("%s is being changed by someone else. Wait a moment and try again.", self.display_name)
            ) from error
        self.invalidate_recordset(list(self._LOCK_FIELDS))
        if self.is_locked:
            raise UserError(
                self.env._(
                    "%(name)s is busy: %(reason)s Wait until it has finished and try again.",
                    name=self.display_name,
                    reason=self.locked_reason or "",
                )
            )
        # sudo: the lock is nobody's to write
        self.sudo().write({"is_locked": True, "locked_reason": reason})

    def _release_operation_lock(self):
        """Mark the records as free again."""
        # sudo: the lock is nobody's to write
        self.sudo().write({"is_locked": False, "locked_reason": False})

    def action_force_unlock(self):
        """Free records whose operation died. Administrators only.

        :raise AccessError: the user is no administrator
        """
        self._check_may_set_lock()
        self.check_access("write")
        self._release_operation_lock()

# Part of the SPP attendance suite. LGPL-3.
from odoo import api, models
from odoo.exceptions import AccessError


class SessionProtected(models.AbstractModel):
    """Fields that not everybody who may change a record may change.

    Neither values nor defaults that a remote caller sends along reach them; superuser mode passes.
    """

    _name = "spp.session.protected"
    _description = "Protected Fields of Sessions"

    #: Written by the system alone, in superuser mode.
    _SYSTEM_FIELDS = frozenset()
    #: Written by session managers.
    _MANAGER_FIELDS = frozenset()

    @api.model
    def _may_write_field(self, name):
        if self.env.su:
            return True
        if name in self._SYSTEM_FIELDS:
            return False
        return name not in self._MANAGER_FIELDS or self.env.user.has_group("spp_session_tracking.group_session_manager")

    def _has_field_access(self, field, operation):
        return super()._has_field_access(field, operation) and (
            operation != "write" or self._may_write_field(field.name)
        )

    @api.model
    def _check_field_access(self, field, operation):
        if operation == "write" and not self._may_write_field(field.name):
            label = field._description_string(self.env)
            raise AccessError(
                self.env._("%s is kept by itself: nobody writes it.", label)
                if field.name in self._SYSTEM_FIELDS
                else self.env._("%s is changed by session managers: ask one to do it.", label)
            )
        super()._check_field_access(field, operation)

    @api.model
    def default_get(self, fields):
        """Values of a new record.

        Those of protected fields come from the model alone, not from the context or from defaults that users keep.

        :param fields: names of fields
        :return: dict name -> value
        """
        protected = {name for name in fields if name in self._SYSTEM_FIELDS or not self._may_write_field(name)}
        defaults = super().default_get([name for name in fields if name not in protected])
        for name in protected:
            if default := self._fields[name].default:
                defaults[name] = default(self)
        return defaults

    # ------------------------------------------------------------------ the form shows what one may change

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        is_manager = self.env.user.has_group("spp_session_tracking.group_session_manager")
        return (*super()._get_view_cache_key(view_id, view_type, **options), is_manager)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form":
            for node in arch.xpath("//field[not(ancestor::field)]"):
                if not self._may_write_field(node.get("name")):
                    node.set("readonly", "1")
        return arch, view

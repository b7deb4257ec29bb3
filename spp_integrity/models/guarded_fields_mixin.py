# Part of the SPP attendance suite. LGPL-3.
"""Fields that not everybody who may change a record may change: written by the system, by a group, or until settled."""

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..declared import declared
from ..guarded_context import guarded_value, with_guarded

_OPENED = "opened_fields"


def open_fields(records, model, *names):
    """The same records, for code that writes guarded fields on behalf of a user whose right it has checked.

    A remote caller cannot ask for it. Prefer `as_system` where no code of others has to run as the user.

    :param records: recordset that the code is called on
    :param str model: model of the fields
    :param names: names of fields
    """
    opened = guarded_value(records.env, _OPENED, frozenset())
    return with_guarded(records, **{_OPENED: opened | {(model, name) for name in names}})


class GuardedFieldsMixin(models.AbstractModel):
    """Guards fields against remote callers of every role: values, defaults, imports and copies alike.

    Each class of a model, also an extension of somebody else's model, may declare its own; declarations add up.
    Superuser mode passes, and so does code that opens a field for a call, see `_open_fields`.
    """

    _name = "spp.guarded.fields.mixin"
    _description = "Guarded Fields"

    _traced = True
    #: Written by the system alone.
    _system_fields = ()
    #: External id of a group -> fields that only its members write.
    _group_fields = {}
    #: Given when the record is created, and never changed after that.
    _fixed_fields = ()
    #: No longer changed once the record is settled, see `_settled`.
    _frozen_fields = ()

    # --- declarations

    @api.model
    def _guarded_fields(self):
        """All that is declared for this model.

        :return: dict name of field -> "system", or external id of the group that may write it
        """
        groups = {name: group for group, names in self._declared("_group_fields") for name in names}
        return groups | dict.fromkeys(self._declared("_system_fields"), "system")

    @api.model
    def _declared(self, attribute):
        """What all classes of this model declare together, those of the addons below first.

        :param str attribute: name of a tuple or dict on the classes
        :return: tuple of its elements, or of the pairs of a dict
        """
        return declared(self.env.registry[self._name], attribute)

    def _settled(self):
        """Those of the records whose `_frozen_fields` no longer change.

        :rtype: recordset of this model
        """
        return self.browse()

    def _open_fields(self, *names):
        """The same records, with some guarded fields of theirs opened, see `open_fields`.

        :param names: names of fields
        """
        return open_fields(self, self._name, *names)

    @api.model
    def _is_open(self, name):
        """Whether everything may be written now: by the system, or because code opened the field."""
        return self.env.su or (self._name, name) in guarded_value(self.env, _OPENED, ())

    # --- guard

    @api.model
    def _may_write_field(self, name):
        """Whether the user may write the field, as far as it is guarded.

        :param str name: name of a field
        """
        guard = self._guarded_fields().get(name)
        if guard is None or self._is_open(name):
            return True
        return guard != "system" and self.env.user.has_group(guard)

    @api.model
    def _guarded_message(self, name):
        """What a person reads who writes a field that is not his to write.

        :param str name: name of the field
        """
        label = self._fields[name]._description_string(self.env)
        guard = self._guarded_fields()[name]
        if guard == "system":
            return self.env._("%s is kept by itself: nobody writes it.", label)
        group_sudo = self.env.ref(guard).sudo()  # sudo: the name of a group, for the sentence
        return self.env._(
            "%(field)s is changed by %(group)s only: ask one to do it.", field=label, group=group_sudo.name
        )

    def _has_field_access(self, field, operation):
        return super()._has_field_access(field, operation) and (
            operation != "write" or self._may_write_field(field.name)
        )

    @api.model
    def _check_field_access(self, field, operation):
        if operation == "write" and not self._may_write_field(field.name):
            raise AccessError(self._guarded_message(field.name))
        super()._check_field_access(field, operation)

    @api.model
    def default_get(self, fields):
        """Values of a new record.

        Those of guarded fields come from the model alone, not from the context or from defaults that users keep.

        :param fields: names of fields
        :return: dict name -> value
        """
        guarded = self._guarded_fields()
        closed = {
            name for name in fields if guarded.get(name) == "system" or not self._may_write_field(name)
        } & self._fields.keys()
        defaults = super().default_get([name for name in fields if name not in closed])
        for name in closed:
            if default := self._fields[name].default:
                defaults[name] = default(self)
        return defaults

    def copy_data(self, default=None):
        """Values of a copy: nobody copies what the system writes, nor what he may not write."""
        copies = super().copy_data(default)
        closed = {
            name
            for name, guard in self._guarded_fields().items()
            if guard == "system" or not self._may_write_field(name)
        } - (default or {}).keys()
        return [copy and {name: value for name, value in copy.items() if name not in closed} for copy in copies]

    @api.model
    def _without_guarded_defaults(self):
        """The model without what a caller's context has as defaults of fields that he may not write.

        Odoo refuses to create anything with such a default; on the model that this returns it is ignored.
        """
        forged = {f"default_{name}" for name in self._guarded_fields() if not self._may_write_field(name)}
        if forged.isdisjoint(self.env.context):
            return self
        context = {key: value for key, value in self.env.context.items() if key not in forged}
        return self.with_env(self.env(context=context))

    def write(self, vals):
        if not self.env.su:
            self._check_settled(vals, self._declared("_fixed_fields"), AccessError)
            self._check_settled(vals, self._declared("_frozen_fields"), UserError, self._settled)
        return super().write(vals)

    def _check_settled(self, vals, names, error, settled=None):
        """Refuse to change some fields.

        :param dict vals: what is about to be written
        :param names: names of the fields
        :param error: class of the refusal
        :param settled: method that says which of the records it is about; all of them without
        """
        names = [name for name in names if name in vals and not self._is_open(name)]
        if not names:
            return
        self.check_access("write")  # who may not write at all is told that first
        for record in settled() if settled else self:
            if record._is_changed_by(vals, names):
                raise error(record._settled_message(names))

    def _is_changed_by(self, vals, names):
        """Whether one of the fields would get another value than it has."""
        for name in names:
            field = self._fields[name]
            now = field.convert_to_write(self[name], self)
            if field.type in ("one2many", "many2many") or field.convert_to_cache(
                vals[name], self
            ) != field.convert_to_cache(now, self):
                return True
        return False

    def _settled_message(self, names):
        """What a person reads who changes fields that are fixed or settled.

        :param names: names of the fields
        """
        self.ensure_one()
        return self.env._(
            "%(record)s: %(fields)s can no longer be changed.",
            record=self.display_name,
            fields=", ".join(self._fields[name]._description_string(self.env) for name in names),
        )

    # --- the form shows what one may change

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        groups = sorted(set(self._guarded_fields().values()) - {"system"})
        mine = tuple(group for group in groups if self.env.user.has_group(group))
        return (*super()._get_view_cache_key(view_id, view_type, **options), mine)

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form":
            for node in arch.xpath("//field[not(ancestor::field)]"):
                if not self._may_write_field(node.get("name")):
                    node.set("readonly", "1")
        return arch, view

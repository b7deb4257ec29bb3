# Part of the SPP attendance suite. LGPL-3.
"""Record rules of companies, areas and dialogs, from the declarations of the models."""

from odoo import api, models
from odoo.exceptions import AccessError

_CHANGE = {"perm_read": False, "perm_write": True, "perm_create": True, "perm_unlink": True}
_ALL = {"perm_read": True, "perm_write": True, "perm_create": True, "perm_unlink": True}
_ATTRIBUTES = ("_company_path", "_of_all_companies", "_area_path", "_own_dialog")


class IrRule(models.Model):
    _inherit = "ir.rule"

    # --- rules from declarations

    @api.model
    def _declare_access(self, modules):
        """Make the rules of the models of installed or updated modules as they are declared.

        A rule has an external id of the declaring addon and goes with it. What an administrator changed in its domain
        is set back: the declaration holds. A rule that was archived stays archived.

        :param modules: names of the modules
        """
        wanted = self._declared_access(modules)
        data = self.env["ir.model.data"]
        known = {
            f"{module}.{name}": (self.browse(rule_id), noupdate)
            for _id, module, name, _model, _res_id, noupdate, rule_id in data._lookup_xmlids(list(wanted), self)
            if rule_id
        }
        changed = []
        for xml_id, values in wanted.items():
            rule, noupdate = known.get(xml_id, (self.browse(), False))
            if (
                rule
                and not noupdate
                and all(rule[name] == value for name, value in values.items() if name != "model_id")
            ):
                self.pool.loaded_xmlids.add(xml_id)
            else:
                changed.append({"xml_id": xml_id, "values": values, "noupdate": False})
        self._load_records(changed)

    @api.model
    def _declared_access(self, modules=None):
        """The rules that follow from the declarations.

        :param modules: names of modules: only rules which they, or their models, declare
        :return: dict external id -> values of the rule
        """
        wanted = {}
        for model_name, model_class in self.env.registry.items():
            if model_class._abstract:
                continue
            for declaring in _declaring_classes(model_class):
                if modules is not None and modules.isdisjoint({declaring._module, model_class._original_module}):
                    continue
                if declaring._name != model_name and not self._has_paths(model_class, declaring):
                    continue  # a mixin declares for those of its models that have the fields
                short = model_name.removeprefix("spp.").replace(".", "_")
                for suffix, title, domain, operations in self._access_terms(declaring):
                    wanted[f"{declaring._module}.rule_{short}_{suffix}"] = {
                        "name": f"{model_class._description}: {title}",
                        "model_id": self.env["ir.model"]._get_id(model_name),
                        "domain_force": domain,
                    } | operations
        return wanted

    @api.model
    def _has_paths(self, model_class, declaring):
        """:return: whether a model has the fields with which the paths of a class begin"""
        paths = [path for name in ("_company_path", "_area_path") for path in _as_tuple(vars(declaring).get(name))]
        return all(path.split(".")[0] in model_class._fields for path in paths)

    @api.model
    def _access_terms(self, declaring):
        """What one class declares.

        :param declaring: class that declares something
        :return: list of (end of the external id, end of the name, domain as text, dict of operations)
        """
        own = vars(declaring)
        terms = []
        if paths := _as_tuple(own.get("_company_path")):
            shared = own.get("_company_shared", True)
            allowed = "company_ids + [False]" if shared else "company_ids"
            terms.append(("company", "own companies", _every(paths, "in", allowed), _ALL))
            if shared:
                domain = f"[] if user.is_in_all_companies() else {_every(paths, 'in', 'company_ids')}"
                terms.append(("company_change", "shared ones are changed by users of all companies", domain, _CHANGE))
        if own.get("_of_all_companies"):
            domain = "[] if user.is_in_all_companies() else [(0, '=', 1)]"
            terms.append(("company_change", "changed by users of all companies", domain, _CHANGE))
        if paths := _as_tuple(own.get("_area_path")):
            opened = _as_tuple(own.get("_area_open"))
            within = _every(paths, "child_of", "user.center_area_ids.ids")
            if opened:
                terms_of_or = ["'|'"] * len(opened) + list(opened) + ["'&'"] * (len(paths) - 1)
                within = f"[{', '.join(terms_of_or)}, {within[1:]}"
            terms.append(("area", "own areas", f"{within} if user.center_area_ids else []", _ALL))
        if own.get("_own_dialog"):
            terms.append(("own", "own dialogs", "[('create_uid', '=', user.id)]", _ALL))
        return terms

    # --- refusals

    def _make_access_error(self, operation, records):
        """Refusals name no record of a guarded model: its name may be the name of a person."""
        error = super()._make_access_error(operation, records)
        if not any(_declaring_classes(type(records))):
            return error
        plain = AccessError(
            self.env._(
                "You may not %(operation)s %(model)s number %(ids)s: it lies outside your companies, areas or roles."
                " Ask an administrator if you need it.",
                operation=self._operation_word(operation),
                model=self.env["ir.model"]._get(records._name).name or records._name,
                ids=", ".join(str(id_) for id_ in records.ids[:6]),
            )
        )
        if hasattr(error, "context"):
            plain.context = error.context  # the company to switch to, one of the user's own
        return plain

    @api.model
    def _operation_word(self, operation):
        """:return: the operation as a word of the user's language"""
        return {
            "read": self.env._("read"),
            "write": self.env._("change"),
            "create": self.env._("create"),
            "unlink": self.env._("delete"),
        }[operation]


def _as_tuple(value):
    return (value,) if isinstance(value, str) else tuple(value or ())


def _every(paths, operator, value):
    return f"[{', '.join(f'({path!r}, {operator!r}, {value})' for path in paths)}]"


def _declaring_classes(model_class):
    """Those of the classes of a model that declare whose its records are, the ones of the addons below first."""
    return [
        base
        for base in reversed(model_class.__mro__)
        if vars(base).get("_module") and any(vars(base).get(name) for name in _ATTRIBUTES)
    ]

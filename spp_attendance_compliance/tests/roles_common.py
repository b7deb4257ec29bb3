# Part of the SPP attendance suite. LGPL-3.
"""A user of each role, and what remote calls of each come to, so that tables of rights can be checked whole."""

import inspect

from odoo.exceptions import AccessError, UserError
from odoo.service.model import get_public_method

from odoo.addons.spp_integrity.tests.common import SuiteCase

from .common import AttendanceComplianceMixin

#: Every kind of user, with the groups that make it one.
ROLES = {
    "employee": (),
    "registry_viewer": ("spp_registry.group_registry_viewer",),
    "registry_officer": ("spp_registry.group_registry_officer",),
    "registry_manager": ("spp_registry.group_registry_manager",),
    "facilitator": ("spp_session_tracking.group_session_user",),
    "session_manager": ("spp_session_tracking.group_session_manager",),
    "validator": ("spp_programs.group_programs_validator",),
    "rejector": ("spp_programs.group_programs_rejector",),
    "cycle_approver": ("spp_programs.group_programs_cycle_approver",),
    "viewer": ("spp_programs.group_programs_viewer",),
    "officer": ("spp_programs.group_programs_officer",),
    "manager": ("spp_programs.group_programs_manager",),
    "administrator": ("base.group_system",),
}
NOBODY = frozenset()
ANYBODY = frozenset(ROLES)
MANAGERS = frozenset({"manager", "administrator"})
OFFICERS = MANAGERS | {"officer"}
PROGRAMS = OFFICERS | {"viewer", "validator", "rejector", "cycle_approver"}
REGISTRY = frozenset({"registry_viewer", "registry_officer", "registry_manager"})
READERS = PROGRAMS | REGISTRY


class _Undone(Exception):
    """Takes back what a call did."""


def models_of(env, module):
    """Names of the models with records that a module brings."""
    return {
        name for name, model in env.registry.models.items() if model._original_module == module and not model._abstract
    }


def remote_methods_of(env, module):
    """What a remote caller can call of a module's own, besides reading and writing: pairs of model and method."""
    plain = {"create", "write", "unlink", "copy", "default_get"}
    found = set()
    for name, model in env.registry.models.items():
        if model._abstract:
            continue
        for part in model.mro():
            if not part.__module__.startswith(f"odoo.addons.{module}."):
                continue
            for method, value in vars(part).items():
                if method.startswith("_") or method in plain or not inspect.isfunction(value):
                    continue
                try:
                    get_public_method(env[name], method)
                except AccessError:
                    continue
                found.add((name, method))
    return found


class RolesCase(AttendanceComplianceMixin, SuiteCase):
    """One user of each role, and a cycle of which a run is applied."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_compliance()
        cls.users = {
            role: cls.make_user(f"role_{role}", "base.group_allow_export", *groups) for role, groups in ROLES.items()
        }
        cls.attend_and_submit(5, 4, 3, 0, 0)
        cls.cycle.attendance_source_ids = cls.env.ref("spp_attendance_compliance.attendance_source_session")
        cls.run_record = cls.cycle._start_attendance_run()
        cls.run_record.action_apply()

    def outcome(self, user, records, method, *args, **context):
        """What a remote call comes to; what it did is undone.

        :return: "refused" for want of rights, else "allowed", whether or not anything else stood in the way
        """
        try:
            with self.env.cr.savepoint():
                self.rpc(user, records, method, *args, context=context)
                raise _Undone
        except AccessError:
            return "refused"
        except (UserError, _Undone):
            return "allowed"

    def roles_with(self, records, method, *args):
        """The roles whose users may do this."""
        return {role for role, user in self.users.items() if self.outcome(user, records, method, *args) == "allowed"}

# Part of the SPP attendance suite. LGPL-3.
"""Opens everything in an updated database the way the web client does; run in an `odoo shell`: `look(env, login)`."""

import inspect

from lxml import etree

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.service.model import call_kw, get_public_method


def _fields_of(shown):
    """Names of the fields that the views show of the model itself."""
    return {
        name
        for mode, view in shown["views"].items()
        if mode in ("form", "list", "kanban")
        for name in etree.fromstring(view["arch"]).xpath("//field[not(ancestor::field)]/@name")
    }


def look(env, login):
    """Open each window action of ours as a user: load its views, read the first record.

    :return: list of problems, one line each, and the number of records read
    """
    user = env["res.users"].search([("login", "=", login)])
    actions = env["ir.actions.act_window"].browse(
        env["ir.model.data"]
        .search([("module", "=like", "spp\\_%"), ("model", "=", "ir.actions.act_window")])
        .mapped("res_id")
    )
    problems, read = [], 0
    for action in actions.sorted("id"):
        model = env[action.res_model].with_user(user)
        if not model.has_access("read"):
            continue
        try:
            with env.cr.savepoint():
                views = [[view.view_id.id, view.view_mode] for view in action.view_ids] or [
                    [False, mode] for mode in action.view_mode.split(",")
                ]
                shown = call_kw(model, "get_views", [], {"views": [*views, [False, "search"]]})
                if model._transient:
                    continue
                specification = {
                    name: {"fields": {"display_name": {}}} if model._fields[name].relational else {}
                    for name in _fields_of(shown)
                }
                found = call_kw(model, "web_search_read", [[]], {"specification": specification, "limit": 1})
                read += len(found["records"])
        except AccessError as error:
            problems.append(f"{login} {action.xml_id}: refused: {error}")
        except Exception as error:  # whatever it is, it is a problem of the database
            problems.append(f"{login} {action.xml_id}: {type(error).__name__}: {error}")
    return problems, read


def decisions(env):
    """Read each run and decision; whether its evidence still comes to the same hash.

    :return: dict of evidence check and number of decisions
    """
    for run in env["spp.attendance.compliance.run"].search([]):
        assert run.criteria_text and "sources" in run.criteria, run.criteria
    found = {}
    for decision in env["spp.attendance.decision"].search([]):
        assert decision.explanation and decision.evidence_html is not None
        found[decision.evidence_check] = found.get(decision.evidence_check, 0) + 1
    return found


def kept(env):
    """What people set up before the update, as it reads now."""
    source = env["spp.attendance.source"].search([("kind", "=", "server")])
    run = env["spp.attendance.compliance.run"].search([("state", "=", "failed")])
    policy = env.ref("spp_session_tracking.session_policy_default")
    program = env["spp.program"].search([("graduation_expression_id", "!=", False)])
    expression = program.graduation_expression_id
    people = env["res.partner"].search([("name", "=like", "Person %")])
    return {
        "secret": source._open_secret(),
        "page_size": source.page_size,
        "cron_active": env.ref("spp_attendance_follow_up.ir_cron_refresh_follow_ups").active,
        "cron_interval": env.ref("spp_attendance_server.ir_cron_fetch_attendance").interval_number,
        "activity": env.ref("spp_attendance_follow_up.mail_activity_follow_up").name,
        "flags": [policy.flag_in_row, policy.flag_count, policy.flag_window, policy.flag_same_weekday],
        "matching": len(expression._matching(people)),
        "numbers": env["spp.session.sheet"].search([]).line_ids.sorted("number").mapped("number"),
        "criteria": [
            program.eligibility_manager_ids.manager_ref_id.expression_id.name,
            program.compliance_manager_ids.manager_ref_id.expression_id.name,
            expression.name,
        ],
        "run": [run.state, run.fetch_error, run.fetch_total, run.fetch_done],
    }


def reach_across(env):
    """Call each public method on records of another company, as somebody who has every role of ours in a company of his own.

    :return: dict: number of methods called, methods that wrote something, methods that named a record
    """
    group_ids = {
        data.res_id
        for data in env["ir.model.data"].search([("module", "=like", "spp\\_%"), ("model", "=", "res.groups")])
    } - {env.ref("spp_registry.group_registry_restrict_self").id}
    company = env["res.company"].create({"name": "Elsewhere"})
    stranger = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            {
                "name": "Stranger",
                "login": "stranger",
                "company_id": company.id,
                "company_ids": [Command.set(company.ids)],
                "group_ids": [Command.set([*group_ids, env.ref("base.group_user").id])],
            }
        )
    )
    env.flush_all()
    found = {"called": 0, "wrote": [], "named": []}
    dialogs = {model._table for model in env.values() if model._transient}
    for name in sorted(
        name for name in env if name.startswith("spp.") and env[name]._auto and not env[name]._transient
    ):
        record = env[name].sudo().with_context(active_test=False).search([], limit=1)
        mine = env[name].with_user(stranger).with_context(allowed_company_ids=company.ids)
        if not record or record.with_env(mine.env).has_access("read"):
            continue
        record_name = record.display_name or ""
        for method in _record_methods(env[name]):
            parameters = list(inspect.signature(getattr(type(env[name]), method)).parameters.values())[1:]
            given = ["x" for one in parameters if one.default is one.empty and one.kind == one.POSITIONAL_OR_KEYWORD]
            env.invalidate_all()
            before = _written(env, dialogs)
            found["called"] += 1
            try:
                with env.cr.savepoint():
                    call_kw(mine.with_context({}), method, [record.ids, *given], {"context": dict(mine.env.context)})
            except Exception as error:  # a refusal, or what a text instead of a record leads to
                if len(record_name) > 3 and record_name in str(error) and env[name]._description not in record_name:
                    found["named"].append(f"{name}.{method}: {error}")
            else:
                if changed := _written(env, dialogs) - before:
                    found["wrote"].append(f"{name}.{method}: {sorted(table for table, _rows in changed)}")
    return found


def _record_methods(model):
    """Names of the methods of ours that a remote caller can call on records."""
    general = {"create", "write", "unlink", "copy", "copy_data", "default_get"}
    for method, function in inspect.getmembers(type(model), callable):
        owner = next((base for base in type(model).__mro__ if method in vars(base)), None)
        ours = (getattr(owner, "_module", None) or "").startswith("spp_")
        if method.startswith("_") or method in general or not ours or getattr(function, "_api_model", False):
            continue
        try:
            get_public_method(model, method)
        except (AccessError, AttributeError):
            continue
        yield method


def _written(env, dialogs):
    """Tables with the number of rows written in this transaction, but for those of dialogs."""
    env.cr.execute(
        "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
        " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
    )
    return {(table, rows) for table, rows in env.cr.fetchall() if table not in dialogs}

# Part of the SPP attendance suite. LGPL-3.
"""Opens everything in an updated database the way the web client does; run in an `odoo shell`: `look(env, login)`."""

import inspect

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw, get_public_method
from odoo.tools import SQL

from odoo.addons.spp_integrity.declared import declared


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


def _with_every_role(env, login, companies, areas=()):
    """A user with every role of ours, in companies and, if there are any, bound to areas."""
    group_ids = {
        data.res_id
        for data in env["ir.model.data"].search([("module", "=like", "spp\\_%"), ("model", "=", "res.groups")])
    } - {env.ref("spp_registry.group_registry_restrict_self").id}
    user = (
        env["res.users"]
        .with_context(no_reset_password=True)
        .create(
            {
                "name": login.capitalize(),
                "login": login,
                "company_id": companies[0].id,
                "company_ids": [Command.set(companies.ids)],
                "group_ids": [
                    Command.set([*group_ids, env.ref("base.group_user").id, env.ref("base.group_allow_export").id])
                ],
            }
        )
    )
    if areas:
        user.center_area_ids = areas
    return user


def hidden(env):
    """Meet a record of each model as somebody of another company, and as somebody of another area, with every role.

    :return: dict: "checked" (list of model and what binds it), "nothing" (those without any record to meet, with the
        reason), "unseen" (those whose record nobody at all sees), "reached" (what a stranger reached or learnt)
    """
    companies = env.company
    north, south = env["spp.area"].create([{"draft_name": "North of Here"}, {"draft_name": "South of Here"}])
    foreign = env["res.company"].create({"name": "Elsewhere"})
    known = _with_every_role(env, "known", companies)
    strangers = {
        "_company_path": _with_every_role(env, "foreigner", foreign),
        "_area_path": _with_every_role(env, "southerner", companies, south),
    }
    names = [name for name in sorted(env) if name.startswith("spp.")] + ["res.partner"]
    bound = [
        (name, attribute, paths)
        for name in names
        for attribute in strangers
        if not (env[name]._abstract or env[name]._transient) and (paths := declared(env.registry[name], attribute))
    ]
    _settle(env, bound, {"_company_path": env.company, "_area_path": north})
    problems = _make_the_missing(env, bound)
    _settle(env, bound, {"_company_path": env.company, "_area_path": north})
    found = {"checked": [], "nothing": [], "unseen": [], "reached": []}
    for name, attribute, paths in bound:
        record = _all(env, name).search([(path, "!=", False) for path in paths], limit=1)
        if not record:
            found["nothing"].append([name, attribute, problems.get(name)])
        elif not _call(record, known, "search", [("id", "=", record.id)]):
            found["unseen"].append([name, attribute])
        else:
            found["checked"].append([name, attribute])
            stranger = strangers[attribute]
            found["reached"] += [f"{stranger.login} {name}.{what}" for what in _reached(record, stranger)]
    return found


def _all(env, name):
    return env[name].sudo().with_context(active_test=False, attendance_period="all")


def _settle(env, bound, places):
    """Let everything that hangs on a company or an area hang on one of these."""
    env.flush_all()
    for name, attribute, paths in bound:
        for path in paths:
            *way, last = path.split(".")
            model = env[name]
            for step in way:
                model = env[model._fields[step].comodel_name]
            if model._auto and model._fields[last].store:
                env.cr.execute(
                    SQL(
                        "UPDATE %(table)s SET %(column)s = %(place)s WHERE %(column)s IS NULL",
                        table=SQL.identifier(model._table),
                        column=SQL.identifier(last),
                        place=places[attribute].id,
                    )
                )
    env.invalidate_all()


def _make_the_missing(env, bound):
    """Records of the models of which the database has none, with as little as they need.

    :return: dict model -> why there is none
    """
    problems = {}
    for name, _attribute, paths in bound:
        if not env[name]._auto or _all(env, name).search([(path, "!=", False) for path in paths], limit=1):
            continue
        try:
            with env.cr.savepoint():
                _make_one(env, name, {path.split(".")[0] for path in paths})
        except Exception as error:  # whatever it is, there is nothing to meet
            problems[name] = f"{type(error).__name__}: {error}"
    env.flush_all()
    env.cr.execute("UPDATE spp_session_type SET track_topics = TRUE")
    env.cr.execute(
        "UPDATE spp_session_topic SET session_type_id = (SELECT MIN(session_type_id) FROM spp_session_attendance)"
    )
    return problems


def _make_one(env, name, needed):
    values = {
        field.name: _value(env, field)
        for field in env[name]._fields.values()
        if field.name in needed or (field.required and field.store and not field.default and not field.compute)
    }
    return _all(env, name).create(values)


def _value(env, field):
    if field.type == "many2one":
        found = (
            env.company if field.comodel_name == "res.company" else _all(env, field.comodel_name).search([], limit=1)
        )
        return (found or _make_one(env, field.comodel_name, ())).id
    if field.type == "selection":
        return field.get_values(env)[0]
    return {"date": "2027-10-01", "datetime": "2027-10-01 08:00:00", "char": "x", "text": "x"}.get(field.type, 1)


def _call(record, user, method, *args):
    """What a remote client of a user gets."""
    env = record.env(user=user, su=False, context={})
    model = env[record._name]
    of_the_model = getattr(getattr(type(model), method), "_api_model", False)
    context = {"allowed_company_ids": user.company_ids.ids, "active_test": False, "attendance_period": "all"}
    record.env.invalidate_all()
    with record.env.cr.savepoint():
        return call_kw(model, method, list(args) if of_the_model else [record.ids, *args], {"context": context})


def _reached(record, user):
    """What a user who is not to see a record finds of it, reads of it or does to it; yields words."""
    this = [("id", "=", record.id)]
    finding = {
        "search": [this],
        "search_count": [this],
        "search_read": [this, ["display_name"]],
        "name_search": [record.display_name or "", this],
        "formatted_read_group": [this, ["id"], ["__count"]],
    }
    for method, args in finding.items():
        try:
            if _call(record, user, method, *args):
                yield method
        except AccessError:
            continue
        except Exception as error:  # whatever it is, nobody finds a record of the model
            yield f"{method}: {type(error).__name__}: {error}"
    text = next(
        (
            name
            for name, field in record._fields.items()
            if field.store and field.type in ("char", "text") and not field.readonly and not field.groups
        ),
        None,
    )
    doing = {
        "read": [["display_name"]],
        "web_read": [{"display_name": {}}],
        "export_data": [["display_name"]],
        "copy": [],
        "write": [{text: "Mine"} if text else {}],
        "unlink": [],
    }
    for method, args in doing.items():
        try:
            if (
                _call(record, user, method, *args) != []
            ):  # some views hold nothing of other companies in the first place
                yield method
        except (AccessError, UserError) as error:
            name = record.sudo().display_name or ""
            if len(name) > 3 and name in str(error) and record._description not in name:
                yield f"{method}: {error}"


def reach_across(env):
    """Call each public method on records of another company, as somebody who has every role of ours in a company of his own.

    :return: dict: number of methods called, methods that wrote something, methods that named a record
    """
    company = env["res.company"].create({"name": "Elsewhere"})
    stranger = _with_every_role(env, "stranger", company)
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

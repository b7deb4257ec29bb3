# Part of the SPP attendance suite. LGPL-3.
"""Opens everything in an updated database the way the web client does; run in an `odoo shell`: `look(env, login)`."""

from lxml import etree

from odoo.exceptions import AccessError
from odoo.service.model import call_kw


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

# Part of the SPP attendance suite. LGPL-3.
"""Hands what an addon held to another addon during an update, so that Odoo neither drops nor doubles it.

What an update no longer finds in an addon's files, Odoo deletes, models with their tables included. A part that moves
into an addon of its own therefore takes its external ids along before Odoo looks, and the new addon is installed in the
same update. Texts, intervals and other data that an administrator may change (`noupdate`) stay as they are.
"""

from odoo.tools import SQL

#: Rows of noupdate records as they were: installing an addon writes its data over them, `restore` undoes that.
_KEPT = "spp_rehomed_record"

#: What belongs to a model, besides its name and fields: kind of record, its table, the column that says which model.
_BY_MODEL_NAME = (
    ("ir.ui.view", "ir_ui_view", "model"),
    ("ir.actions.act_window", "ir_act_window", "res_model"),
    ("ir.actions.report", "ir_act_report_xml", "model"),
    ("mail.template", "mail_template", "model"),
    ("mail.activity.type", "mail_activity_type", "res_model"),
)
_BY_MODEL_ID = (
    ("ir.model.access", "ir_model_access", "model_id"),
    ("ir.rule", "ir_rule", "model_id"),
    ("ir.actions.server", "ir_act_server", "model_id"),
    ("ir.model.constraint", "ir_model_constraint", "model"),
    ("ir.model.relation", "ir_model_relation", "model"),
    ("ir.model.inherit", "ir_model_inherit", "model_id"),
)


def move(cr, old, new, models=(), fields=(), records=(), kept=None, install=True):
    """Give parts of an addon to another one and have that installed; called by a `pre` script of the old addon.

    :param str old, new: technical names of the addons
    :param models: names of models that move with all that is about them only: fields, selections, constraints, views,
        actions, access rights, rules, scheduled actions
    :param fields: fields of models that stay, as "model.field"
    :param records: names (without the addon) of all other records: menus, views of models that stay, and so on
    :param kept: dict of records that stay with the old addon, and the fields of them that the new one brings values for
    :param bool install: False: the new addon is installed only where it is already, or later, and then finds its own
    """
    if install:
        cr.execute("UPDATE ir_module_module SET state = 'to install' WHERE name = %s AND state = 'uninstalled'", [new])
    models, fields, records = list(models), list(fields), list(records)
    moved = SQL(" UNION ALL ").join(
        [
            SQL("SELECT 'ir.model' AS model, id FROM ir_model WHERE model = ANY(%s)", models),
            SQL(
                "SELECT 'ir.model.fields', id FROM ir_model_fields WHERE model = ANY(%s) OR model || '.' || name = ANY(%s)",
                *(models, fields),
            ),
            SQL(
                """SELECT 'ir.model.fields.selection', s.id
                     FROM ir_model_fields_selection s JOIN ir_model_fields f ON f.id = s.field_id
                    WHERE f.model = ANY(%s) OR f.model || '.' || f.name = ANY(%s)""",
                *(models, fields),
            ),
            SQL(
                """SELECT 'ir.cron', c.id
                     FROM ir_cron c
                     JOIN ir_act_server a ON a.id = c.ir_actions_server_id
                     JOIN ir_model m ON m.id = a.model_id
                    WHERE m.model = ANY(%s)""",
                models,
            ),
            *(
                SQL(
                    "SELECT %s, id FROM %s WHERE %s = ANY(%s)",
                    kind,
                    SQL.identifier(table),
                    SQL.identifier(name),
                    models,
                )
                for kind, table, name in _BY_MODEL_NAME
            ),
            *(
                SQL(
                    "SELECT %s, r.id FROM %s r JOIN ir_model m ON m.id = r.%s WHERE m.model = ANY(%s)",
                    *(kind, SQL.identifier(table), SQL.identifier(name), models),
                )
                for kind, table, name in _BY_MODEL_ID
            ),
        ]
    )
    cr.execute(
        SQL(
            """UPDATE ir_model_data d SET module = %(new)s
                WHERE d.module = %(old)s
                  AND (d.name = ANY(%(records)s) OR (d.model, d.res_id) IN (%(moved)s))
                  AND NOT EXISTS (SELECT FROM ir_model_data t WHERE t.module = %(new)s AND t.name = d.name)
            RETURNING d.model, d.res_id, d.noupdate""",
            new=new,
            old=old,
            records=records,
            moved=moved,
        )
    )
    noupdate = [(model, res_id, None) for model, res_id, noupdate in cr.fetchall() if noupdate]
    cr.execute(
        "SELECT model, res_id, name FROM ir_model_data WHERE module = %s AND name = ANY(%s)", [old, list(kept or ())]
    )
    _keep(cr, noupdate + [(model, res_id, kept[name]) for model, res_id, name in cr.fetchall()])
    for table in ("ir_model_constraint", "ir_model_relation"):
        cr.execute(
            SQL(
                """UPDATE %s r SET module = new.id
                     FROM ir_module_module new, ir_module_module old, ir_model m
                    WHERE new.name = %s AND old.name = %s AND r.module = old.id AND m.id = r.model
                      AND (m.model = ANY(%s) OR 'constraint_' || r.name = ANY(%s))""",
                *(SQL.identifier(table), new, old, models, records),
            )
        )


def _table(model):
    tables = {kind: table for kind, table, _column in _BY_MODEL_NAME + _BY_MODEL_ID}
    return tables.get(model, model.replace(".", "_"))


def _keep(cr, records):
    cr.execute(SQL("CREATE TABLE IF NOT EXISTS %s (model varchar, res_id integer, said jsonb)", SQL.identifier(_KEPT)))
    for model, res_id, names in records:
        cr.execute(
            SQL(
                """INSERT INTO %s
                   SELECT %s, t.id, jsonb_object_agg(said.key, said.value)
                     FROM %s t, jsonb_each(to_jsonb(t)) said
                    WHERE t.id = %s AND (%s::varchar[] IS NULL OR said.key = ANY(%s::varchar[]))
                 GROUP BY t.id""",
                *(SQL.identifier(_KEPT), model, SQL.identifier(_table(model)), res_id, names, names),
            )
        )


def restore(cr):
    """Give noupdate records what they said before their addon was installed; called by an `end` script."""
    cr.execute("SELECT to_regclass(%s)", [_KEPT])
    if not cr.fetchone()[0]:
        return
    cr.execute(SQL("SELECT model, res_id, said FROM %s", SQL.identifier(_KEPT)))
    for model, res_id, said in cr.fetchall():
        table = _table(model)
        cr.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = current_schema",
            [table],
        )
        names = [SQL.identifier(name) for (name,) in cr.fetchall() if name in said and name != "id"]
        cr.execute(
            SQL(
                """UPDATE %(table)s t SET (%(names)s) = ROW(%(values)s)
                     FROM %(kept)s k, jsonb_populate_record(NULL::%(table)s, k.said) s
                    WHERE k.model = %(model)s AND k.res_id = %(id)s AND t.id = k.res_id""",
                table=SQL.identifier(table),
                names=SQL(", ").join(names),
                values=SQL(", ").join(SQL("s.%s", name) for name in names),
                kept=SQL.identifier(_KEPT),
                model=model,
                id=res_id,
            )
        )
    cr.execute(SQL("DROP TABLE %s", SQL.identifier(_KEPT)))

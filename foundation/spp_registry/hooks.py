# Part of the SPP attendance suite. LGPL-3.
"""Every contact has a company while the registry is installed, and may be without one again afterwards."""

from odoo.tools import SQL, sql


def pre_init_hook(env):
    """Give contacts without a company the one they stand for or work in; the field's default fills the rest."""
    env.execute_query(
        SQL(
            """
            UPDATE res_partner p SET company_id = c.id FROM res_company c
             WHERE c.partner_id = p.id AND p.company_id IS NULL
            """
        )
    )
    env.execute_query(
        SQL(
            """
            UPDATE res_partner p SET company_id = u.company_id FROM res_users u
             WHERE u.partner_id = p.id AND p.company_id IS NULL
            """
        )
    )
    env.invalidate_all()


def uninstall_hook(env):
    """Let contacts live without a company again."""
    sql.drop_not_null(env.cr, "res_partner", "company_id")

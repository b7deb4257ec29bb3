# Part of the SPP attendance suite. LGPL-3.
"""Rules of companies and areas follow from declarations and are called like their model."""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE ir_model_data SET name = replace(name, 'rule_session_change_', 'rule_session_attendance_change_')
         WHERE module = 'spp_session_tracking' AND model = 'ir.rule'
           AND name IN ('rule_session_change_company', 'rule_session_change_area')
        """
    )

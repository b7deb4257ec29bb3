# Part of the SPP attendance suite. LGPL-3.
"""Rules of companies and areas follow from declarations: they keep their rows, and follow the models from now on."""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE ir_model_data SET name = regexp_replace(name, '^rule_spp_', 'rule_'), noupdate = FALSE
         WHERE module = %s AND model = 'ir.rule' AND name ~ '^rule_spp_.*_(company|area)$'
        """,
        ["spp_beneficiary_status"],
    )

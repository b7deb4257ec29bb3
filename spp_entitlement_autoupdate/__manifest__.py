# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Entitlement Redemption",
    "summary": "Redemption transactions, exact balances and the end-of-cycle update of entitlements",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_programs"],
    "data": [
        "security/spp_entitlement_groups.xml",
        "security/ir.model.access.csv",
        "security/spp_entitlement_rules.xml",
        "data/ir_cron_data.xml",
        "views/spp_entitlement_transactions_views.xml",
        "views/spp_inkind_entitlement_transactions_views.xml",
        "views/spp_cycle_closing_views.xml",
        "views/spp_entitlement_state_change_views.xml",
        "views/spp_entitlement_views.xml",
        "views/spp_entitlement_inkind_views.xml",
        "views/spp_cycle_views.xml",
        "views/spp_entitlement_menus.xml",
    ],
}

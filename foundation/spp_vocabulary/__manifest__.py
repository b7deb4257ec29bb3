# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Vocabulary",
    "summary": "Code lists with globally unique addresses: identifier types, roles, genders",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["base", "spp_security"],
    "data": [
        "security/groups.xml",
        "security/ir.model.access.csv",
        "data/vocabulary_gender.xml",
        "data/vocabulary_group_membership_type.xml",
        "data/vocabulary_group_type.xml",
        "data/vocabulary_id_type.xml",
        "views/vocabulary_views.xml",
        "views/vocabulary_code_views.xml",
        "views/menus.xml",
    ],
}

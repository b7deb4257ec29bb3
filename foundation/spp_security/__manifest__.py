# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Security",
    "summary": "Categories, administrator group and base rules of the social protection apps",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["base"],
    "data": [
        "security/categories.xml",
        "security/groups.xml",
        "security/rules.xml",
    ],
    "post_init_hook": "post_init_hook",
}

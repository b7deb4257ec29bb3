# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Test Assets",
    "summary": "Lets browser tests run on Debian's Odoo; for test databases only",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["mail"],
    "assets": {
        # Debian's package leaves this file out; naming it logs a console error, and that fails every tour.
        "web.assets_backend": [("remove", "mail/static/lib/selfie_segmentation/selfie_segmentation.js")],
    },
}

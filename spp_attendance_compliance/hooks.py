# Part of the SPP attendance suite. LGPL-3.
"""Requirements can name the session types and places that are there when the addon comes."""


def post_init_hook(env):
    """Offer the session types and locations that exist already."""
    locations = {
        location
        for model in ("spp.session", "spp.session.roster")
        for (location,) in env[model]
        .with_context(active_test=False)
        ._read_group([("location", "!=", False)], ["location"])
    }
    session_types = env["spp.session.type"].with_context(active_test=False).search([])
    env["spp.attendance.source"]._refresh_session_catalogues(session_types, sorted(locations))

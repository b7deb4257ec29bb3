# Part of the SPP attendance suite. LGPL-3.
"""Who holds which role of the programs domain."""


def has_role(env, *roles):
    """Tell whether the current user acts in one of the roles.

    :param env: environment; superuser mode counts as every role
    :param roles: names such as ``"manager"``, for the group ``spp_programs.group_programs_manager``
    :rtype: bool
    """
    return env.su or any(env.user.has_group(f"spp_programs.group_programs_{role}") for role in roles)


def is_spp_admin(env):
    """Tell whether the current user administers the whole system (superuser mode included).

    :rtype: bool
    """
    return env.su or env.user.has_group("spp_security.group_spp_admin")

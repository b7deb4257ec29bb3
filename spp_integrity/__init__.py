# Part of the SPP attendance suite. LGPL-3.
"""What all addons share to keep facts, decisions and money beyond doubt."""

from . import models, secret_box, wizards
from .clock import (
    company_today,
    company_zone,
    database_now,
    hours_to_utc,
    local_day,
    utc_to_wall,
    wall_to_utc,
    zone_of,
)
from .guarded_context import guarded_value, with_guarded
from .models.guarded_fields_mixin import open_fields
from .hooks import uninstall_hook
from .naming import named
from .system import as_system

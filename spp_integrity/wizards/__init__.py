# Part of the SPP attendance suite. LGPL-3.
from . import base_module_uninstall, base_partner_merge

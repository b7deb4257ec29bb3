# Part of the SPP attendance suite. LGPL-3.
from . import models
from .hooks import post_init_hook, uninstall_hook

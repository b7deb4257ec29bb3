# Part of the SPP attendance suite. LGPL-3.
from . import models, report, wizards
from .hooks import post_init_hook

# Part of the SPP attendance suite. LGPL-3.
"""What all devices have in common: approval, being heard, secrets, raw requests and limits."""

from . import models

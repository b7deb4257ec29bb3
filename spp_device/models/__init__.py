# Part of the SPP attendance suite. LGPL-3.
"""Mixins for models of devices, and the list of attempts by strangers."""

from . import device_attempt, device_mixin, device_secret_mixin, device_signature, device_token

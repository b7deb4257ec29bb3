# Part of the SPP attendance suite. LGPL-3.
"""What terminals send and expect: one class per protocol, which registers itself."""

from . import zkteco_push
from .protocol import Call, Protocol, Reply
from .punch import Punch

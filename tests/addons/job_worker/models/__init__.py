# Part of the SPP attendance suite. LGPL-3.
"""Jobs, and how records enqueue them."""

from . import base, queue_job

# Part of the SPP attendance suite. LGPL-3.
"""A double of OpenSPP's job runner, for databases without OCA's: both bring the model `queue.job`."""

from . import models

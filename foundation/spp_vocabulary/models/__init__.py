# Part of the SPP attendance suite. LGPL-3.
from . import vocabulary
from . import vocabulary_code

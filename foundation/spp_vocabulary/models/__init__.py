# Part of the SPP attendance suite. LGPL-3.
from . import spp_vocabulary
from . import spp_vocabulary_code

# Part of the SPP attendance suite. LGPL-3.
from . import test_follow_up
from . import test_follow_up_requirement

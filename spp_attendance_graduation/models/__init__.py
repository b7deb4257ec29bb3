# Part of the SPP attendance suite. LGPL-3.
from . import attendance_expression
from . import spp_program
from . import spp_program_membership

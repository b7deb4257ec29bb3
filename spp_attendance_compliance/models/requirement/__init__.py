# Part of the SPP attendance suite. LGPL-3.
from . import attendance_exclusion
from . import attendance_exemption
from . import attendance_rule_mixin
from . import group_membership
from . import program

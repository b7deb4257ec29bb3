# Part of the SPP attendance suite. LGPL-3.
from . import attendance_expression
from . import attendance_expression_manager_mixin
from . import compliance_manager_attendance_expression
from . import program_membership_manager_attendance_expression

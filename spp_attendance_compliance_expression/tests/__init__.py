# Part of the SPP attendance suite. LGPL-3.
from . import test_attendance_expression_managers
from . import test_attendance_expression_roles
from . import test_one_counting_core

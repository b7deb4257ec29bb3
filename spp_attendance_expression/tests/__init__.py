# Part of the SPP attendance suite. LGPL-3.
from . import test_attendance_expression
from . import test_attendance_expression_access
from . import test_attendance_expression_evaluation

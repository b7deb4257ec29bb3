# Part of the SPP attendance suite. LGPL-3.
from . import redemption_statement
from . import redemption_reconciliation
from . import redemption_report

# Part of the SPP attendance suite. LGPL-3.
from . import session_sheet_report

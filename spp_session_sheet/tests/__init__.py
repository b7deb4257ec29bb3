# Part of the SPP attendance suite. LGPL-3.
from . import test_paper_roster
from . import test_roster_sheet_screen

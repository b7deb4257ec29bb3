# Part of the SPP attendance suite. LGPL-3.
from . import cycle_closing_waive_wizard
from . import cycle_end_wizard
from . import cycle_reopen_wizard
from . import entitlement_transaction_book
from . import entitlement_transaction_dismiss
from . import entitlement_transaction_import
from . import entitlement_transaction_import_line

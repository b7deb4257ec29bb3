# Part of the SPP attendance suite. LGPL-3.
from . import program
from . import entitlement
from . import transaction
from . import closing
from . import report

# Part of the SPP attendance suite. LGPL-3.
from . import append_only_mixin
from . import program
from . import entitlement
from . import transaction
from . import closing
from . import report

# Part of the SPP attendance suite. LGPL-3.
from . import test_access
from . import test_booking
from . import test_booking_form
from . import test_closing
from . import test_import
from . import test_inkind
from . import test_peer_weaknesses_transactions
from . import test_properties
from . import test_review
from . import test_scheduled_end

# Part of the SPP attendance suite. LGPL-3.
from . import entitlement_transaction_mixin
from . import entitlement_transaction_mixin_reading
from . import entitlement_transaction_mixin_checking
from . import entitlement_transaction_mixin_booking
from . import entitlement_transactions
from . import inkind_entitlement_transactions
from . import service_point_device
from . import entitlement_transaction_review
from . import entitlement_transaction_review_keeping

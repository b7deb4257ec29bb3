# Part of the SPP attendance suite. LGPL-3.
from . import append_only_mixin
from . import base
from . import guarded_fields_mixin
from . import history_maintenance
from . import ir_model_data
from . import ir_rule
from . import mail_message
from . import mail_thread
from . import mail_tracking_value
from . import res_users
from . import run_later

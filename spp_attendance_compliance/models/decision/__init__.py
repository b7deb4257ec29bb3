# Part of the SPP attendance suite. LGPL-3.
from . import attendance_explanation_mixin
from . import attendance_assessment
from . import attendance_decision
from . import attendance_explanation_mixin_evidence
from . import attendance_dispute
from . import attendance_dispute_made_good
from . import attendance_notice
from . import ir_actions_report

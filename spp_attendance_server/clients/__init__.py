# Part of the SPP attendance suite. LGPL-3.
"""Clients of other systems. Nothing in here imports Odoo."""

from .answers import ABSENT, PRESENT, AttendanceRecord
from .attendance_server import AttendanceServerClient, StepResult
from .chunk import Chunk
from .errors import AttendanceServerError, BadAnswer, BadSettings, Interrupted, Refused, TimedOut, Unreachable

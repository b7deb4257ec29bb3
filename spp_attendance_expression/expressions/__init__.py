# Part of the SPP attendance suite. LGPL-3.
"""Attendance expressions: a part of CEL, read and checked with the place of every error, evaluated for sets of people."""

# Part of the SPP attendance suite. LGPL-3.
"""Doubles of what talks to the suite from outside, shared by tests, benches and the demo: terminals, attendance servers."""

# Part of the SPP attendance suite. LGPL-3.
"""What terminals send and expect, as pure functions without a database."""

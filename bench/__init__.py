# Part of the SPP attendance suite. LGPL-3.
"""Workloads of `./spp bench`, a module each, measured against plain SQL, a bare client or one record after the other."""

# Part of the SPP attendance suite. LGPL-3.
"""The main job of the suite, played on a real terminal log by `./spp demo` and by tests: a scenario, its log, its steps."""

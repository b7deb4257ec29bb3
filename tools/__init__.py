# Part of the SPP attendance suite. LGPL-3.
"""What `./spp` runs, in plain modules.

Set-up (standard library only): `setup` with `apt`, `odoo_source`, `python_env`.
Services: `postgres`, `odoo` (databases and processes), `server` (a running web server).
Commands: `serve`, `shell`, `test`, `lint`; the packages `demo` and `bench` beside this one are commands too.
"""

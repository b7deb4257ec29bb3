# Part of the SPP attendance suite. LGPL-3.
"""`./spp serve`: the web UI on the demo database."""

import argparse
import signal
import sys

from tools import console, odoo, postgres, server


def main() -> None:
    parser = argparse.ArgumentParser(prog="./spp serve", description=__doc__, allow_abbrev=False)
    parser.add_argument("--port", type=int, default=server.USUAL_PORT, help="TCP port (default: 8069)")
    parser.add_argument("--stop", action="store_true", help="stop the web UI, here or in another terminal")
    options = parser.parse_args()
    if options.stop:
        console.say("Stopped." if server.stop_web_ui() else "No server was running.")
        postgres.stop_if_idle()
        return
    database = odoo.demo_database()
    server.ensure_database(database)
    server.stop_web_ui()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with console.step("Starting the web server"):
        running = server.Server(database, port=options.port).start()
    try:
        server.note_web_ui(running)
        print(f"The web UI is at {running.url} (Ctrl-C stops it, its log is {console.shown(running.log)}).", flush=True)
        running.wait()
        if server.is_noted(running):
            raise console.Failure(f"the server ended by itself: look at {console.shown(running.log)}.")
        console.say("Stopped by another ./spp.")
    finally:
        running.stop()


if __name__ == "__main__":
    console.main(main)

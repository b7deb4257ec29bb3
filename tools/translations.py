# Part of the SPP attendance suite. LGPL-3.
"""Translation templates: `python -m tools.translations` writes i18n/MODULE.pot of every module, `./spp lint` compares them."""

import re
import tempfile
from pathlib import Path

from tools import console, odoo, paths, postgres

_EXPORT = """
from odoo.tools.translate import trans_export
for module in {modules!r}:
    with open("{folder}/" + module + ".pot", "wb") as file:
        trans_export(None, [module], file, "po", env)
"""


def _template_path(module: str) -> Path:
    return paths.addon_dir(module) / "i18n" / f"{module}.pot"


def export() -> dict[str, bytes]:
    """The translation template of every module as it should be: dict of module name and bytes."""
    modules = paths.FOUNDATION + paths.ADDONS
    paths.RUN.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=paths.RUN) as folder:
        script = Path(folder, "export.py")
        script.write_text(_EXPORT.format(modules=modules, folder=folder))
        with open(script, "rb") as stdin:
            odoo.run(
                ["--no-http", "--max-cron-threads", "0"],
                database=odoo.template_database(),
                log=paths.LOG / "translations.log",
                failure="the translation templates could not be exported",
                subcommand="shell",
                stdin=stdin,
            )
        return {module: _without_dates(Path(folder, f"{module}.pot").read_bytes()) for module in modules}


def _without_dates(text: bytes) -> bytes:
    """Dates would change the file with every export."""
    return re.sub(rb'"(POT-Creation|PO-Revision)-Date: [^"]*"\n', b"", text)


def problems() -> list[str]:
    """Modules whose template does not hold their present texts, one sentence each."""
    return [
        f"{module}: i18n/{module}.pot is not up to date, write it with: .spp/venv/bin/python -m tools.translations"
        for module, text in export().items()
        if not _template_path(module).is_file() or _template_path(module).read_bytes() != text
    ]


def main() -> None:
    postgres.start()
    for module, text in export().items():
        path = _template_path(module)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text)


if __name__ == "__main__":
    console.main(main)

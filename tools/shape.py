# Part of the SPP attendance suite. LGPL-3.
"""What of a module's sources goes into a database when it is installed, so that other changes need no new installation."""

import ast
import re
from pathlib import Path

from tools import paths
from tools.stamps import fingerprint

_NOT_INSTALLED = {"tests", "readme", "migrations", "__pycache__"}
_COMPILED_WHEN_USED = re.compile(r"static/(src|lib|tests)/")
#: Functions whose bodies make something in the database: tables, views, hooks of installation and what views are built from.
_MAKES_SOMETHING = re.compile(
    r"init|_auto_init|_register_hook|_table_query|_setup_\w+|\w*_hook|\w*_(select|from|where|join|columns|group_by|view|query)s?"
)


def files(module: str) -> list[Path]:
    """The files of a module that installing it reads, in a fixed order."""
    folder = paths.addon_dir(module)
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not _NOT_INSTALLED.intersection(path.relative_to(folder).parts)
        and not _COMPILED_WHEN_USED.match(str(path.relative_to(folder)))
    ]


def exact(modules: list[str]) -> str:
    """A hash of all that installing modules reads."""
    parts = [part for module in modules for path in files(module) for part in (path.relative_to(paths.ROOT), path)]
    return fingerprint(*map(str, parts[::2]), *parts[1::2])


def rough(module: str) -> str:
    """A hash of a module that stays when only the inside of its functions changes, as far as that makes nothing in a database."""
    parts: list[str | Path] = []
    for path in files(module):
        parts.append(str(path.relative_to(paths.ROOT)))
        parts.append(_outline(path.read_text()) if path.suffix == ".py" else path)
    return fingerprint(*parts)


def _outline(source: str) -> str:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _MAKES_SOMETHING.fullmatch(node.name):
            node.body = []
        elif isinstance(node, ast.ClassDef | ast.Module) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)

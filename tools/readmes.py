# Part of the SPP attendance suite. LGPL-3.
"""README.rst of every addon, made of its manifest and its readme/ fragments: `python -m tools.readmes` writes them, `./spp lint` compares them."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

from tools import console, paths

#: The version of an addon that has no history yet.
FIRST_VERSION = "19.0.1.0.0"
#: Fragments in the order of the readme, and their headings; the first has none.
_FRAGMENTS = {
    "DESCRIPTION": None,
    "INSTALL": "Installation",
    "CONFIGURE": "Configuration",
    "USAGE": "Usage",
    "ROADMAP": "Known issues / Roadmap",
    "HISTORY": "Changelog",
}
_NOTE = (
    ".. This file is made of the fragments in readme/ and the manifest: change those and run python -m tools.readmes.\n"
)
_CODE_IN_LIST = " " * 6
_LITERAL = re.compile(r"(``?)(.+?)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"\[([^]]+)\]\(([^)]+)\)")
_ITALIC = re.compile(r"(?<![\w*])\*([^*\s](?:[^*]*[^*\s])?)\*(?![\w*])")


def render(module: str) -> str:
    """The readme of a module as it should be, as text."""
    folder = paths.addon_dir(module)
    manifest = ast.literal_eval((folder / "__manifest__.py").read_text())
    name = manifest["name"]
    bar = "=" * len(name)
    parts = [f"{bar}\n{name}\n{bar}\n", _NOTE, f"{manifest['summary']}\n"]
    for fragment, heading in _FRAGMENTS.items():
        path = folder / "readme" / f"{fragment}.md"
        if path.exists():
            parts += [_heading(heading, "=")] if heading else []
            parts.append(to_rst(path.read_text()))
    facts = [
        f"* Technical name: ``{module}``",
        f"* Version: {manifest['version']}",
        f"* License: {manifest['license']}",
        f"* Authors: {manifest['author']}",
        f"* Depends on: {', '.join(f'``{one}``' for one in manifest['depends'])}",
    ]
    return "\n".join([*parts, _heading("Facts", "="), "\n".join(facts) + "\n"])


def _heading(text: str, bar: str) -> str:
    return f"{text}\n{bar * len(text)}\n"


# --- Markdown, as far as the fragments use it


def to_rst(markdown: str) -> str:
    """The same text as reStructuredText: headings, paragraphs, lists, tables, code, emphasis, links.

    :param markdown: text
    """
    blocks = []
    lines = markdown.strip("\n").splitlines()
    while lines:
        line = lines[0]
        if line.startswith("```"):
            end = next(number for number, other in enumerate(lines[1:], 1) if other.startswith("```"))
            blocks.append("::\n\n" + "\n".join(f"    {code}".rstrip() for code in lines[1:end]) + "\n")
            del lines[: end + 1]
        elif line.startswith("    ") and (not blocks or not blocks[-1].startswith(("* ", "1. "))):
            code = _take(lines, lambda other: other.startswith("    ") or not other)
            blocks.append("::\n\n" + "\n".join(code).rstrip() + "\n")
        elif line.startswith("#"):
            blocks.append(_heading(_inline(line.lstrip("# ")), "-"))
            del lines[0]
        elif line.startswith("|"):
            blocks.append(_table(_take(lines, lambda other: other.startswith("|"))))
        elif re.match(r"[-*] |\d+\. ", line):
            blocks.append(_list(_take_list(lines)))
        elif line:
            blocks.append(
                _inline("\n".join(_take(lines, lambda other: other and not other.startswith(("|", "```"))))) + "\n"
            )
        else:
            del lines[0]
    return "\n".join(blocks)


def _take(lines: list[str], wanted: Callable[[str], object]) -> list[str]:
    """Cut the first lines that are wanted off a list."""
    number = next((number for number, line in enumerate(lines) if not wanted(line)), len(lines))
    taken = lines[:number]
    del lines[:number]
    return taken


def _take_list(lines: list[str]) -> list[str]:
    """Cut a list off, with what is indented between its items and the blank lines around that."""
    taken = _take(lines, bool)
    while len(lines) > 1 and not lines[0] and re.match(r"  +|[-*] |\d+\. ", lines[1]):
        del lines[0]
        taken += ["", *_take(lines, bool)]
    return taken


def _list(lines: list[str]) -> str:
    """A list with lists and code inside; reStructuredText wants a blank line where the depth changes."""
    text, depth = [], 0
    for before, line in zip([None, *lines], lines, strict=False):
        if before == "" and line.startswith(_CODE_IN_LIST):
            text += ["  ::", ""]
        item = re.match(r"( *)([-*]|\d+\.) (.*)", line)
        if item and len(item[1]) != depth:
            text.append("")
            depth = len(item[1])
        text.append(f"{item[1]}{'*' if item[2] in '-*' else item[2]} {item[3]}" if item else line)
    return _inline("\n".join(text)) + "\n"


def _table(lines: list[str]) -> str:
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] for line in lines]
    del rows[1]  # the line of dashes
    text = [".. list-table::", "   :header-rows: 1", ""]
    for row in rows:
        cells = [_inline(cell.replace("\\|", "|")) for cell in row]
        text += [f"   {'*' if number == 0 else ' '} - {cell}".rstrip() for number, cell in enumerate(cells)]
    return "\n".join(text) + "\n"


def _inline(text: str) -> str:
    """Code, links and emphasis within a text."""
    kept = []

    def keep(markup: str) -> str:
        kept.append(markup)
        return f"\0{len(kept) - 1}\0"

    text = _LITERAL.sub(lambda found: keep(f"``{found[2]}``"), text)
    text = _LINK.sub(lambda found: keep(f"`{found[1]} <{found[2]}>`__"), text)
    text = re.sub(r"(?<=\w)_(?=\W|$)", r"\\_", text)
    text = _ITALIC.sub(lambda found: f"*{found[1]}*", text)
    # markup ends where a word does: a letter right behind it is set apart
    return re.sub(r"\0(\d+)\0(?=(\w?))", lambda found: kept[int(found[1])] + ("\\ " if found[2] else ""), text)


def problems() -> list[str]:
    """Modules whose readme is not what their fragments say, one sentence each."""
    return [
        f"{module}: README.rst is not up to date, write it with: .spp/venv/bin/python -m tools.readmes"
        for module in paths.FOUNDATION + paths.ADDONS
        if not (path := paths.addon_dir(module) / "README.rst").is_file() or path.read_text() != render(module)
    ]


def history_problems(folder: Path) -> list[str]:
    """Versions of an addon, those of its migrations and the present one, of which its readme/HISTORY.md says nothing.

    :param folder: path of the addon
    """
    present = ast.literal_eval((folder / "__manifest__.py").read_text())["version"]
    versions = {path.name for path in folder.glob("migrations/*") if path.is_dir()} | {present} - {FIRST_VERSION}
    history = folder / "readme" / "HISTORY.md"
    told = set(re.findall(r"^## (\S+)", history.read_text(), re.MULTILINE)) if history.is_file() else set()
    return [
        f"{folder.name}: readme/HISTORY.md has no heading '## {version}': tell what it brings and what its migration does"
        for version in sorted(versions - told)
    ]


def main() -> None:
    for module in paths.FOUNDATION + paths.ADDONS:
        (paths.addon_dir(module) / "README.rst").write_text(render(module))


if __name__ == "__main__":
    console.main(main)

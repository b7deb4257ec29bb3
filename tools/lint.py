# Part of the SPP attendance suite. LGPL-3.
"""`./spp lint`: style, types, pylint-odoo, JavaScript, XML, docker-compose.yml, texts that must not be there, install and uninstall."""

import argparse
import ast
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tools import addon_check, console, dialect, javascript, paths, postgres, readmes, reasons, server, translations

COMPOSE = paths.ROOT / "docker-compose.yml"

# pylint-odoo's messages that do not fit, and why.
_PYLINT_DISABLED = [
    "missing-readme",  # `check_readmes` says it better
    "missing-return",  # computes, constraints and init() return nothing, super or not
]

#: Files that hold one idea of a model whose other files lie in the same addon, `path: reason` a line.
SPLIT_MODELS = paths.ROOT / "tools" / "split_models.txt"
#: Keys of the context that product code reads, `key: reason` a line.
CONTEXT_KEYS = paths.ROOT / "tools" / "context_keys.txt"
_SPLIT = re.compile(r"\(consider-merging-classes-inherited\)$")

_TEXT_SUFFIXES = {".cfg", ".csv", ".js", ".json", ".md", ".mjs", ".py", ".scss", ".toml", ".txt", ".xml", ".yml", ""}
_SKIPPED_FOLDERS = {".git", ".spp", "__pycache__", "node_modules", ".pytest_cache", ".ruff_cache", ".hypothesis"}
_UNWANTED = {
    "names the host of a mirror or package registry": (
        r"\b(?:deb|security|ftp|snapshot)\.(?:\w+\.)?debian\.org|\bpypi\.org|pythonhosted\.org|registry\.npmjs"
    ),
    "names a path of one machine": r"(?<![\w.])/(?:root|home)/\w|(?<![\w.])/tmp/(?!\$|\{)\w",
}
_PERSONAL = {"birthdate", "display_name", "email", "family_name", "given_name", "mobile", "name", "phone"}


def _files(suffixes: set[str]) -> Iterator[Path]:
    for folder, folders, names in os.walk(paths.ROOT):
        folders[:] = sorted(set(folders) - _SKIPPED_FOLDERS)
        for name in sorted(names):
            if Path(name).suffix in suffixes:
                yield Path(folder, name)


def _relative(path: Path) -> Path:
    return path.relative_to(paths.ROOT)


def _tool(*arguments: object) -> list[str]:
    done = subprocess.run(
        [paths.PYTHON, "-P", "-m", *map(str, arguments)], cwd=paths.ROOT, capture_output=True, text=True
    )
    return [] if done.returncode == 0 else (done.stdout + done.stderr).strip().splitlines()


def check_style() -> list[str]:
    """ruff: errors, import order, formatting."""
    brief = "--output-format=concise"
    return _tool("ruff", "check", brief, ".") + _tool("ruff", "format", "--check", brief, ".")


def check_odoo_style() -> list[str]:
    """pylint-odoo on every module; a model lies in one file of an addon, apart from what tools/split_models.txt names."""
    modules = [_relative(paths.addon_dir(name)) for name in paths.FOUNDATION + paths.ADDONS + paths.TEST_ADDONS]
    messages = ["--disable=all", "--enable=odoolint,syntax-error", f"--disable={','.join(_PYLINT_DISABLED)}"]
    listed, problems = _read_split_models(SPLIT_MODELS.read_text())
    return problems + _without_listed(_tool("pylint", "--rcfile=.pylintrc", *messages, *modules), listed)


def _read_split_models(text: str) -> tuple[set[str], list[str]]:
    """The paths that the list names, and what is wrong with it."""
    listed, problems = set(), []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        path, _colon, reason = line.partition(": ")
        if not reason.strip():
            problems.append(f"{_relative(SPLIT_MODELS)}:{number}: a line is 'path: reason'")
        if not (paths.ROOT / path).is_file():
            problems.append(f"{_relative(SPLIT_MODELS)}:{number}: {path} is not there any more: take the line out")
        if path in listed:
            problems.append(f"{_relative(SPLIT_MODELS)}:{number}: {path} is named twice")
        listed.add(path)
    return listed, problems


def _without_listed(lines: list[str], listed: set[str]) -> list[str]:
    """What pylint says, less the models of which all files but one are listed."""
    kept = []
    for line in lines:
        if _SPLIT.search(line):
            files = set(re.findall(r"[\w./]+\.py(?=:\d+:\d+)", line))
            others = sorted(files - listed)
            if len(others) < 2:
                continue
            line += (
                f": merge them, or name all but one with the reason in {_relative(SPLIT_MODELS)}: {', '.join(others)}"
            )
        kept.append(line)
    said_something = [line for line in kept if line and not line.startswith("*" * 13)]
    return kept if said_something else []


def check_types() -> list[str]:
    """mypy on plain Python."""
    return _tool("mypy", "--no-error-summary")


def check_javascript() -> list[str]:
    """ESLint and Prettier on JavaScript and SCSS."""
    try:
        return javascript.problems(javascript.sources())
    except console.Failure as failure:
        return [str(failure)]


def check_xml() -> list[str]:
    """Every XML file can be read."""

    def problem(path: Path) -> str | None:
        try:
            ET.parse(path)
        except ET.ParseError as error:
            return f"{_relative(path)}: {error}"
        return None

    return list(filter(None, map(problem, _files({".xml"}))))


def check_compose() -> list[str]:
    """docker-compose.yml: sound, health checks, no secret with a default, every volume declared."""
    try:
        compose = yaml.safe_load(COMPOSE.read_text())
        services, volumes = compose["services"], compose.get("volumes") or {}
    except (yaml.YAMLError, KeyError, TypeError) as error:
        return [f"{COMPOSE.name}: {error}"]
    problems = [problem for name in services for problem in _service_problems(name, services, volumes)]
    return [f"{COMPOSE.name}: service {problem}" for problem in problems] + _ask_docker()


def _service_problems(name: str, services: dict[str, Any], volumes: dict[str, Any]) -> Iterator[str]:
    service = services[name]
    if ":" not in service.get("image", ""):
        yield f"{name} names no image with a version"
    if "restart" in service and "test" not in service.get("healthcheck", {}):
        yield f"{name} stays up without a health check"
    for other in service.get("depends_on", {}):
        if other not in services:
            yield f"{name} depends on {other}, which is not there"
    for key, value in service.get("environment", {}).items():
        if re.search("PASS|SECRET", key) and not re.fullmatch(r"\$\{\w+:\?[^}]+\}", str(value)):
            yield f"{name}: {key} must come from the environment, without a default"
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith(".") and not (paths.ROOT / source).exists():
            yield f"{name} mounts {source}, which is not there"
        if not source.startswith((".", "/")) and source not in volumes:
            yield f"{name} mounts the volume {source}, which is not declared"


def _ask_docker() -> list[str]:
    """What `docker compose` says of the file, where there is one."""
    if not shutil.which("docker") or console.capture(["docker", "compose", "version"]) is None:
        return []
    secrets = dict.fromkeys(re.findall(r"\$\{(\w+):\?", COMPOSE.read_text()), "x")
    done = subprocess.run(
        ["docker", "compose", "-f", COMPOSE, "config", "--quiet"],
        env={**os.environ, **secrets},
        capture_output=True,
        text=True,
    )
    return done.stderr.splitlines() if done.returncode else []


def check_texts() -> list[str]:
    """No host names of mirrors, no paths of one machine, no personal data in log calls."""
    problems = []
    for path in _files(_TEXT_SUFFIXES):
        text = path.read_text(encoding="utf-8", errors="replace")
        problems += [
            f"{_relative(path)}:{text.count(chr(10), 0, found.start()) + 1}: {why}: {found[0]}"
            for why, pattern in _UNWANTED.items()
            for found in re.finditer(pattern, text)
        ]
        if path.suffix == ".py":
            problems += [f"{_relative(path)}:{line}: logs .{name}: log ids" for line, name in _personal_logs(text)]
    return problems


def _personal_logs(source: str) -> Iterator[tuple[int, str]]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return  # ruff says so
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        if not (isinstance(call.func.value, ast.Name) and call.func.value.id in ("_logger", "logger", "logging")):
            continue
        for argument in call.args:
            for part in ast.walk(argument):
                if isinstance(part, ast.Attribute) and part.attr in _PERSONAL:
                    yield part.lineno, part.attr


def _product_files() -> Iterator[Path]:
    """Python of our own modules without its tests."""
    for name in paths.FOUNDATION + paths.ADDONS:
        folder = paths.addon_dir(name)
        yield from (path for path in sorted(folder.rglob("*.py")) if "tests" not in path.relative_to(folder).parts)


def check_reasons() -> list[str]:
    """Acting as the superuser and going by the clock of the process have a reason; keys of the context are listed with theirs."""
    problems, read = [], set()
    for path in _product_files():
        source = path.read_text()
        problems += [
            f"{_relative(path)}:{line}: {what} without its reason: write '# {word}: ...' beside it"
            for line, what, word in reasons.missing(source)
            if word != "clock" or paths.FOUNDATION_DIR not in path.parents  # those go by the process as OpenSPP does
        ]
        read |= reasons.context_keys(source)
    return problems + _context_key_problems(CONTEXT_KEYS.read_text(), read)


def _context_key_problems(text: str, read: set[str]) -> list[str]:
    """What is wrong with the list of context keys, given those that are read."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    listed = {key: reason.strip() for key, _colon, reason in (line.partition(": ") for line in lines)}
    return [
        *(f"{key} is read from the context: use an argument or a guarded value" for key in sorted(read - set(listed))),
        *(f"tools/context_keys.txt: {key} is read nowhere: take the line out" for key in sorted(set(listed) - read)),
        *(f"tools/context_keys.txt: {key} has no reason" for key in sorted(listed) if not listed[key]),
    ]


def check_dialect() -> list[str]:
    """Files open with the licence line and a sentence; sections and what is raised are written the same way everywhere."""
    problems = []
    for path in _files({".js", ".py"}):
        source = path.read_text()
        if path.suffix == ".js":
            found = dialect.of_javascript(source)
        else:
            found = [] if path.name == "__manifest__.py" else dialect.of_python(source, path.name == "__init__.py")
        problems += [f"{_relative(path)}:{line}: {what}" for line, what in found]
    return problems


def check_addons() -> list[str]:
    """Every addon installs alone and uninstalls without a trace."""
    return addon_check.check_all(paths.ADDONS)


def check_translations() -> list[str]:
    """The translation templates hold the present texts."""
    return translations.problems()


def check_readmes() -> list[str]:
    """README.rst of every addon is made of its present fragments."""
    return readmes.problems()


def check_histories() -> list[str]:
    """Every version of an addon after its first one, and every one with a migration, is told in its readme/HISTORY.md."""
    modules = paths.FOUNDATION + paths.ADDONS
    return [problem for name in modules for problem in readmes.history_problems(paths.addon_dir(name))]


QUICK = [
    *(check_style, check_types, check_odoo_style, check_javascript, check_xml, check_compose),
    *(check_texts, check_reasons, check_histories, check_dialect),
]


def main() -> int:
    parser = argparse.ArgumentParser(prog="./spp lint", description=__doc__)
    parser.add_argument(
        "--fast",
        action="store_true",
        help="without what is brought up to date before a release (readmes, translations) or needs databases (installing each addon)",
    )
    options = parser.parse_args()
    found = 0
    for check in QUICK if options.fast else [*QUICK, check_readmes, check_translations, check_addons]:
        problems = check()
        print(f"{'ok    ' if not problems else 'FAILED'}  {check.__doc__}", flush=True)
        for problem in problems:
            print(f"  {problem}", flush=True)
        found += bool(problems)
    if not server.running_web_ui():
        postgres.stop_if_idle()
    if found:
        print(f"lint: {found} of the checks failed.")
    return 1 if found else 0


if __name__ == "__main__":
    console.main(main)

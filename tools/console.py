# Part of the SPP attendance suite. LGPL-3.
"""What a person sees: progress on standard error, results on standard output, failures in one sentence."""

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tools import paths

_SIGN_OF_LIFE_SECONDS = 15


class Failure(Exception):
    """Something a person must know. The text is one sentence: what went wrong and what to do."""


def say(text: str) -> None:
    """Print a line of progress."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(title: str, detail: Callable[[], str] | None = None) -> Iterator[None]:
    """Show one long piece of work: its title, elapsed time while it runs, and when it ended.

    :param title: what is being done, e.g. "Installing Python packages"
    :param detail: function without arguments that returns a short text on how far it is, or ""
    """
    terminal = sys.stderr.isatty()
    started = time.monotonic()
    ended = threading.Event()

    def line(state: str | None) -> str:
        more = detail() if detail and state is None else state
        seconds = f"{time.monotonic() - started:.0f} s"
        return f"{title} ... " + ", ".join(part for part in (more, seconds) if part)

    def show() -> None:
        while not ended.wait(1 if terminal else _SIGN_OF_LIFE_SECONDS):
            if terminal:
                sys.stderr.write(f"\r\033[K{line(None)[:120]}")
                sys.stderr.flush()
            else:
                say(f"  {line(None)}")

    if not terminal:
        say(f"{title} ...")
    ticker = threading.Thread(target=show, daemon=True)
    ticker.start()
    outcome = "failed"
    try:
        yield
        outcome = "done"
    finally:
        ended.set()
        ticker.join()
        say(("\r\033[K" if terminal else "") + line(outcome))


def run(
    command: Sequence[object],
    *,
    log: Path,
    failure: str,
    env: dict[str, str] | None = None,
    cwd: Path | str | None = None,
    stdin: IO[bytes] | None = None,
    append: bool = True,
) -> None:
    """Run a command with its output in a log file.

    :param command: list of arguments
    :param log: path of the log file
    :param failure: first part of the sentence when it ends with an error, without full stop
    :raise Failure: when the command is missing or ends with an error
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "ab" if append else "wb") as out:
        out.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        out.flush()
        try:
            code = subprocess.call(
                [str(part) for part in command],
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=stdin or subprocess.DEVNULL,
                env=env,
                cwd=cwd,
            )
        except FileNotFoundError as error:
            raise Failure(f"{failure}: the program {error.filename} is missing, install it and start again.") from error
    if code:
        raise Failure(f"{failure}: look at the end of {shown(log)} for the reason, then start again.")


def capture(command: Sequence[object], **options: Any) -> str | None:
    """The output of a command as text; None when it is missing or fails."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
            **options,
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def last_match(log: Path, pattern: str, tail: int = 65536) -> re.Match[str] | None:
    """The last match of a pattern near the end of a log file, or None."""
    try:
        with open(log, "rb") as lines:
            lines.seek(0, os.SEEK_END)
            lines.seek(max(0, lines.tell() - tail))
            text = lines.read().decode("utf-8", "replace")
    except OSError:
        return None
    found = None
    for found in re.finditer(pattern, text, re.MULTILINE):  # noqa: B007 - the last one is wanted
        pass
    return found


def shown(path: Path | str) -> str:
    """A path as a person would type it."""
    path = str(path)
    here = os.getcwd() + os.sep
    return path[len(here) :] if path.startswith(here) else path


def main(function: Callable[[], int | None]) -> int:
    """Run a command's main function and turn what can happen into a sentence and an exit code."""
    try:
        code = function()
    except Failure as failure:
        say(f"spp: {failure}")
        code = 1
    except PermissionError as error:
        say(f"spp: {error.filename} may not be written or read by you: give it back to your user or delete it.")
        code = 1
    except OSError as error:
        if error.filename is None or not str(error.filename).startswith(str(paths.STATE)):
            raise
        say(f"spp: {error.filename}: {error.strerror}; free some space or delete .spp/ and start again.")
        code = 1
    except KeyboardInterrupt:
        say("\nspp: stopped.")
        code = 130
    sys.exit(code or 0)

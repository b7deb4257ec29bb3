# Part of the SPP attendance suite. LGPL-3.
"""One dialect for all files: a sentence under the licence line, section lines, and how docstrings name what is raised."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

LICENCE = "Part of the SPP attendance suite. LGPL-3."
_RULER = re.compile(r"(?:#|//)\s*[-=]{2,}")
_SECTION = re.compile(r"(?:#|//) --- [^\s=-](?:.*[^\s=-])?")
_OPENING_OF_SCRIPT = re.compile(r"/\*\* \S[^\n]*\. \*/")


def of_python(source: str, is_index: bool = False) -> list[tuple[int, str]]:
    """What in a Python file is said in another dialect.

    :param str source: the file
    :param bool is_index: it is an `__init__.py`, which needs no sentence as long as it only imports
    :return: list of (line, what is wrong)
    :raise SyntaxError: it is no Python
    """
    tree = ast.parse(source)
    problems = [] if is_index and _only_imports(tree) else list(_opening(source, tree))
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    problems += _rulers((token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for number, line in enumerate((ast.get_docstring(node, clean=False) or "").splitlines()):
                if ":raises" in line:
                    problems.append((node.body[0].lineno + number, "write ':raise SomeError:'"))
    return sorted(problems)


def of_javascript(source: str) -> list[tuple[int, str]]:
    """The same of a JavaScript file, which opens with a sentence only if it has a licence line."""
    lines = source.splitlines()
    problems = _rulers((number, line.strip()) for number, line in enumerate(lines, 1))
    if LICENCE in source.partition("\n")[0] and not _OPENING_OF_SCRIPT.fullmatch("".join(lines[1:2])):
        problems.append((2, "say in one sentence what the file is about: /** ... */"))
    return sorted(problems)


def _only_imports(tree: ast.Module) -> bool:
    return all(isinstance(node, ast.Import | ast.ImportFrom) for node in tree.body)


def _opening(source: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    if source.partition("\n")[0] != f"# {LICENCE}":
        yield 1, f"the first line is '# {LICENCE}'"
    sentence = (ast.get_docstring(tree, clean=False) or "").partition("\n\n")[0]
    if not sentence or tree.body[0].lineno != 2:
        yield 2, "say in a docstring of one sentence what the file is about"
    elif not sentence.partition("\n")[0].strip() or not sentence.rstrip().endswith("."):
        yield 2, "the docstring begins with a sentence, on its first line and with a full stop"


def _rulers(comments: Iterable[tuple[int, str]]) -> list[tuple[int, str]]:
    return [
        (line, "a section begins with '--- what follows'")
        for line, text in comments
        if _RULER.match(text) and not _SECTION.fullmatch(text)
    ]

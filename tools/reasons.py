# Part of the SPP attendance suite. LGPL-3.
"""What needs a reason: acting as the superuser or going by the clock of the process (`# sudo: ...` or `# clock: ...` on a
line of the call, or right above its statement), and reading the context (a line in tools/context_keys.txt)."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

#: The clock of the process, where that of the database decides.
_CLOCKS = {
    *("fields.Datetime.now", "fields.Date.today", "fields.Date.context_today", "fields.Datetime.today", "date.today"),
    *("datetime.now", "datetime.utcnow", "datetime.today", "time.time"),
}
_REASON = re.compile(r"#\s*(\w+):\s*(\S+\s+\S.*)")


def missing(source: str) -> list[tuple[int, str, str]]:
    """What calls in a file give no reason.

    :param str source: Python
    :return: list of (line, what the call is, the word with which its reason begins)
    :raise SyntaxError: it is no Python
    """
    tree = ast.parse(source)
    comments, alone = _comments(source)
    found = []
    for first, node in _with_statements(tree):
        kind = _kind(node)
        if not kind:
            continue
        what, word = kind
        lines = set(range(first, (node.end_lineno or first) + 1))
        above = first - 1
        while above in alone:
            lines.add(above)
            above -= 1
        if not any(word == said for line in lines for said in comments.get(line, ())):
            found.append((node.lineno, what, word))
    return found


def context_keys(source: str) -> set[str]:
    """Which keys of the context a file reads: what any client can send.

    :param str source: Python
    :return: set of names
    """
    tree, found = ast.parse(source), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_context(node.func.value):
            found.update(_texts(node.args[:1] if node.func.attr in ("get", "pop") else []))
        elif isinstance(node, ast.Subscript) and _is_context(node.value):
            found.update(_texts([node.slice]))
        elif isinstance(node, ast.Compare) and any(map(_is_context, node.comparators)):
            found.update(_texts([node.left]))
    return found


def _is_context(node: ast.AST) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None
    return name == "context"


def _texts(nodes: Iterable[ast.AST]) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _comments(source: str) -> tuple[dict[int, list[str]], set[int]]:
    """(line -> words with which reasons begin there, lines that hold a comment only)"""
    comments, alone = {}, set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            line = token.start[0]
            comments[line] = [said[1] for said in [_REASON.match(token.string)] if said]
            if not token.line[: token.start[1]].strip():
                alone.add(line)
    return comments, alone


def _with_statements(tree: ast.Module) -> Iterator[tuple[int, ast.expr]]:
    """Each expression with the first line of the innermost statement it belongs to."""
    stack: list[tuple[ast.AST, int]] = [(tree, 1)]
    while stack:
        node, first = stack.pop()
        if isinstance(node, ast.stmt):
            first = node.lineno
        elif isinstance(node, ast.expr):
            yield first, node
        stack += [(child, first) for child in ast.iter_child_nodes(node)]


def _kind(node: ast.AST) -> tuple[str, str] | None:
    """What an expression does that needs a reason, and the word for it; None for all others."""
    if isinstance(node, ast.Name) and node.id == "SUPERUSER_ID":
        return "SUPERUSER_ID", "sudo"
    if not isinstance(node, ast.Call):
        return None
    if (said := ast.unparse(node.func).removeprefix("odoo.")) in _CLOCKS:
        return f"{said}()", "clock"
    if any(word.arg == "su" and _is_true(word.value) for word in node.keywords):
        return "su=True", "sudo"
    if isinstance(node.func, ast.Attribute) and node.func.attr == "sudo" and all(map(_is_true, node.args)):
        return "sudo()", "sudo"
    return None


def _is_true(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is True

# Part of the SPP attendance suite. LGPL-3.
"""Which tests there are, read from their sources, and which of them an expression such as `TestRoster or not hold` means."""

import ast
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from tools import paths
from tools.console import Failure

_BROWSER_CALL = re.compile(r"\b(?:start_tour|browser_js)\(")
_PARTS_OF_EXPRESSIONS = (ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.Name, ast.Load)
_END_TO_END = paths.ROOT / "tests"


@dataclass(frozen=True)
class OdooTest:
    """A test method of one of our modules, as Odoo runs it."""

    module: str
    file: str
    class_name: str
    method: str

    @property
    def names(self) -> tuple[str, ...]:
        """What a person may call it by."""
        return (self.module, f"{self.module}/tests/{self.file}.py", self.class_name, self.method, self.dotted)

    @property
    def dotted(self) -> str:
        """As the log of Odoo names it within its module."""
        return f"{self.class_name}.{self.method}"


@dataclass(frozen=True)
class EndToEndTest:
    """A test function in tests/."""

    file: str
    function: str

    @property
    def names(self) -> tuple[str, ...]:
        """What a person may call it by."""
        return (f"tests/{self.file}.py", self.function)


AnyTest = TypeVar("AnyTest", OdooTest, EndToEndTest)


@dataclass
class _Class:
    module: str
    file: str
    bases: list[str]
    methods: list[str]
    inherits_tests: bool


def _read_classes() -> dict[str, list[_Class]]:
    """The classes in the tests of every module: dict of name and list of `_Class`."""
    found = defaultdict(list)
    for module in paths.FOUNDATION + paths.ADDONS:
        for path in sorted(paths.addon_dir(module).glob("tests/**/*.py")):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef):
                    methods = [part.name for part in node.body if isinstance(part, ast.FunctionDef)]
                    bases = [ast.unparse(base).rpartition(".")[2] for base in node.bases]
                    tests = [name for name in methods if name.startswith("test")]
                    flag = any(_sets_flag(part) for part in node.body)
                    found[node.name].append(_Class(module, path.stem, bases, tests, flag))
    return found


def _sets_flag(node: ast.AST) -> bool:
    """Whether a line of a class says that tests of its bases are its own too; Odoo passes them over otherwise."""
    return isinstance(node, ast.Assign) and ast.unparse(node) == "allow_inherited_tests_method = True"


def _ancestors(found: _Class, classes: dict[str, list[_Class]]) -> tuple[list[_Class], bool]:
    """A class and all it is made of, and whether something in it comes from outside, as Odoo's own test cases do."""
    seen, outside, waiting = [], False, [found]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.append(current)
        for base in current.bases:
            known = classes.get(base, ())
            near = [one for one in known if one.module == current.module] or known
            outside = outside or not known
            waiting += near
    return seen, outside


def odoo_tests() -> list[OdooTest]:
    """Every test of our modules.

    Tests of a mixin belong to every class it is mixed into, tests of a test case only to those that say so.

    :return: list of `OdooTest`
    """
    classes = _read_classes()
    tests = []
    for name, same_name in classes.items():
        for one in same_name:
            parts, is_test_case = _ancestors(one, classes)
            if one.file.startswith("test_") and is_test_case:
                inherits = any(part.inherits_tests for part in parts)
                own = [part for part in parts if part is one or inherits or not _ancestors(part, classes)[1]]
                methods = dict.fromkeys(method for part in own for method in part.methods)
                tests += [OdooTest(one.module, one.file, name, method) for method in methods]
    return tests


def test_files() -> list[tuple[str, str]]:
    """The files that must hold tests: list of pairs of module and name."""
    return [
        (module, path.stem)
        for module in paths.FOUNDATION + paths.ADDONS
        for path in sorted(paths.addon_dir(module).glob("tests/test_*.py"))
    ]


def drives_a_browser(module: str, file: str) -> bool:
    """Whether a test file of a module starts a browser."""
    return bool(_BROWSER_CALL.search((paths.addon_dir(module) / "tests" / f"{file}.py").read_text()))


def end_to_end_tests() -> list[EndToEndTest]:
    """Every test in tests/.

    :return: list of `EndToEndTest`
    """
    return [
        EndToEndTest(path.stem, node.name)
        for path in sorted(_END_TO_END.glob("test_*.py"))
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def select(tests: Sequence[AnyTest], expression: str) -> list[AnyTest]:
    """The tests that an expression means: names, or parts of names, joined by `and`, `or`, `not` and brackets.

    Where a name is exactly the module, file, class or method of some test, other tests whose names only contain it are not meant.

    :raise Failure: when the expression cannot be read
    """
    wanted: dict[str, str] = {}  # a plain identifier for each name, which may hold dots and slashes

    def identifier(found: re.Match[str]) -> str:
        return found[0] if found[0] in ("and", "or", "not") else wanted.setdefault(found[0].lower(), f"n{len(wanted)}")

    refusal = Failure(f"-k {expression!r} is no expression: write names joined by and, or, not and brackets.")
    try:
        tree = ast.parse(re.sub(r"[\w./-]+", identifier, expression), mode="eval").body
    except SyntaxError:
        raise refusal from None
    if not all(isinstance(node, _PARTS_OF_EXPRESSIONS) for node in ast.walk(tree)):
        raise refusal
    exact = {name for test in tests for name in _exact_names(test)}
    names = {short: name for name, short in wanted.items()}

    def holds(node: ast.expr, test: AnyTest) -> bool:
        if isinstance(node, ast.BoolOp):
            parts = (holds(part, test) for part in node.values)
            return all(parts) if isinstance(node.op, ast.And) else any(parts)
        if isinstance(node, ast.UnaryOp):
            return not holds(node.operand, test)
        assert isinstance(node, ast.Name)  # no other part is let in above
        name = names[node.id]
        return name in _exact_names(test) if name in exact else any(name in one.lower() for one in test.names)

    return [test for test in tests if holds(tree, test)]


def _exact_names(test: AnyTest) -> set[str]:
    """The names of a test in full, those of files also without their folder and ending, in lower case."""
    names = {name.lower() for name in test.names}
    files = {name.rpartition("/")[2] for name in names if name.endswith(".py")}
    return names | files | {name.removesuffix(".py") for name in files}

# Part of the SPP attendance suite. LGPL-3.
"""What `./spp lint` lets pass and what it does not, where it adds to the tools it runs."""

import tempfile
from pathlib import Path

import pytest

from tools import console, dialect, javascript, lint, paths, readmes, reasons

_LINE = (
    'x/models/b.py:3:4: R8180: Consider merging classes inherited to "x.y" from x/models/a.py:7:4, x/models/c.py:1:4. '
    "(consider-merging-classes-inherited)"
)
_OTHER = "x/models/b.py:3:4: W8113: Redundant string. (attribute-string-redundant)"


def test_a_model_in_several_files_is_refused_unless_all_but_one_are_listed():
    assert lint._without_listed([_LINE], {"x/models/b.py", "x/models/c.py"}) == []
    assert lint._without_listed([_LINE], {"x/models/a.py", "x/models/b.py", "x/models/c.py"}) == []
    (refused,) = lint._without_listed([_LINE], {"x/models/c.py"})
    assert refused.endswith("tools/split_models.txt: x/models/a.py, x/models/b.py")


def test_other_messages_stay():
    assert (
        lint._without_listed(["*" * 13 + " Module x", _LINE, _OTHER], {"x/models/b.py", "x/models/c.py"})[-1] == _OTHER
    )


def test_a_listed_file_must_be_there_with_a_reason_and_once():
    listed, problems = lint._read_split_models("# why\n\nspp: the command\nspp:\nREADME.md:  \nno/such.py: an idea\n")
    assert listed == {"spp", "spp:", "README.md", "no/such.py"}
    assert [problem.split(": ", 1)[1] for problem in problems] == [
        "a line is 'path: reason'",
        "spp: is not there any more: take the line out",
        "a line is 'path: reason'",
        "no/such.py is not there any more: take the line out",
    ]
    assert lint._read_split_models("spp: one\nspp: two\n")[1] == ["tools/split_models.txt:2: spp is named twice"]


def test_the_list_itself_is_sound():
    listed, problems = lint._read_split_models((paths.ROOT / "tools" / "split_models.txt").read_text())
    assert listed
    assert problems == []


def _without_reason(code):
    return [(line, what) for line, what, _word in reasons.missing(code)]


@pytest.mark.parametrize(
    "code",
    [
        "found = self.sudo().search([])  # sudo: who is told depends on nobody",
        "# sudo: who is told\n# depends on nobody\nfound = (\n    self\n    .sudo()\n)",
        "found = (\n    self\n    .sudo()  # sudo: who is told\n)",
        "for one in self.sudo():  # sudo: all of them\n    pass",
        "self.sudo(False)",
        "now = fields.Datetime.now()  # clock: a proposal in a form",
        "day = fields.Date(default=fields.Date.context_today)",
        "now = database_now(self.env)",
        "self.sudo(self.env.su)",
        "self.env(su=False)",
    ],
)
def test_what_has_its_reason_passes(code):
    assert not _without_reason(code)


@pytest.mark.parametrize(
    ("code", "line", "what"),
    [
        ("found = self.sudo().search([])", 1, "sudo()"),
        ("found = self.sudo(True)  # as the system", 1, "sudo()"),
        ("found = self.sudo()  # sudo: because", 1, "sudo()"),
        ("# sudo: who is told\n\nfound = self.sudo()", 3, "sudo()"),
        ("# sudo: who is told\nfirst = self.sudo()\nsecond = self.sudo()", 3, "sudo()"),
        ("# sudo: a loop over all\nfor one in self:\n    one.sudo().write({})", 3, "sudo()"),
        ("now = fields.Datetime.now()", 1, "fields.Datetime.now()"),
        ("now = datetime.now(UTC)  # sudo: another reason", 1, "datetime.now()"),
        ("env = self.env(su=True)", 1, "su=True"),
        ("env = self.with_user(SUPERUSER_ID)", 1, "SUPERUSER_ID"),
    ],
)
def test_what_lacks_its_reason_is_refused(code, line, what):
    assert _without_reason(code) == [(line, what)]


def test_keys_of_the_context_are_found_however_they_are_read():
    code = """
one = self.env.context.get("one")
two = context["two"]
if "three" in self.env.context:
    self.with_context(four=1)
five = self.env.context.get(name)
"""
    assert reasons.context_keys(code) == {"one", "two", "three"}


def test_each_key_of_the_context_is_listed_with_a_reason_and_read():
    said = lint._context_key_problems("# why\n\none: a choice of figures\ntwo: \nthree: gone\n", {"one", "two", "four"})
    assert said == [
        "four is read from the context: use an argument or a guarded value",
        "tools/context_keys.txt: three is read nowhere: take the line out",
        "tools/context_keys.txt: two has no reason",
    ]


@pytest.mark.parametrize(
    ("version", "migrations", "history", "untold"),
    [
        ("19.0.1.0.0", [], None, []),
        ("19.0.2.0.0", [], None, ["19.0.2.0.0"]),
        ("19.0.1.0.0", ["19.0.1.0.0"], None, ["19.0.1.0.0"]),
        ("19.0.2.0.0", ["19.0.1.1.0", "19.0.2.0.0"], "## 19.0.2.0.0\n\nBrings 19.0.1.1.0\n", ["19.0.1.1.0"]),
        ("19.0.2.0.0", ["19.0.2.0.0"], "## 19.0.2.0.0 (2026)\n\n- news\n\n## 19.0.1.0.0\n", []),
        ("19.0.2.0.0", ["19.0.2.0.0"], "### 19.0.2.0.0\n## 19.0.2.0.01\n", ["19.0.2.0.0"]),
    ],
)
def test_each_version_after_the_first_and_each_migration_is_told(tmp_path, version, migrations, history, untold):
    (tmp_path / "__manifest__.py").write_text(f'{{"version": "{version}"}}')
    for one in migrations:
        (tmp_path / "migrations" / one).mkdir(parents=True)
    if history is not None:
        (tmp_path / "readme").mkdir()
        (tmp_path / "readme" / "HISTORY.md").write_text(history)
    problems = readmes.history_problems(tmp_path)
    assert [problem.split("'")[1] for problem in problems] == [f"## {one}" for one in untold]


def test_the_histories_are_complete():
    assert lint.check_histories() == []


_LICENCE = "# Part of the SPP attendance suite. LGPL-3.\n"


@pytest.mark.parametrize(
    "code",
    [
        '"""What terminals post."""\n',
        '"""What terminals post:\nas it came."""\n',
        '"""What terminals post.\n\nAnd why, without end\n"""\nx = 1  # an aside --- on a line of code\n',
        '"""What terminals post."""\n\n# --- what follows\ntext = """\n# ======\n:raises\n"""\n',
        '"""What terminals post."""\n\n\ndef post():\n    """Post it.\n\n    :raise UserError: it is empty\n    """\n',
    ],
)
def test_files_in_the_dialect_pass(code):
    assert dialect.of_python(_LICENCE + code) == []


@pytest.mark.parametrize(
    ("code", "line", "what"),
    [
        ("x = 1\n", 2, "say in a docstring"),
        ("", 2, "say in a docstring"),
        ('\n"""What terminals post."""\n', 2, "say in a docstring"),
        ('"""\nWhat terminals post.\n"""\n', 2, "on its first line"),
        ('"""What terminals post"""\n', 2, "a full stop"),
        ('"""What terminals post:\n\nas it came."""\n', 2, "a full stop"),
        ('"""What terminals post."""\n# ------------- rules\n', 3, "a section begins"),
        ('"""What terminals post."""\n# --- rules ---\n', 3, "a section begins"),
        ('"""What terminals post."""\n# === rules\n', 3, "a section begins"),
        ('"""What terminals post."""\n# ------\n', 3, "a section begins"),
        (
            '"""What terminals post."""\n\n\ndef post():\n    """Post it.\n\n    :raises UserError: empty\n    """\n',
            8,
            ":raise SomeError:",
        ),
    ],
)
def test_another_dialect_is_refused(code, line, what):
    ((where, said),) = dialect.of_python(_LICENCE + code)
    assert where == line
    assert what in said


def test_the_licence_line_comes_first():
    assert [line for line, _what in dialect.of_python('"""What terminals post."""\n')] == [1, 2]


def test_an_index_that_only_imports_needs_no_sentence():
    assert dialect.of_python("from . import models\n", is_index=True) == []
    assert dialect.of_python(_LICENCE + "import os\n\nos.umask(0)\n", is_index=True) != []


def test_scripts_open_with_a_sentence_if_they_have_a_licence_line():
    licence = _LICENCE.replace("#", "//")
    assert dialect.of_javascript("import { x } from 'x';\n    // --- sending\n") == []
    assert dialect.of_javascript(licence + "/** The roster screen. */\n") == []
    assert dialect.of_javascript(licence + "import { x } from 'x';\n")[0][0] == 2
    assert dialect.of_javascript("\n    // ----------- sending\n")[0][0] == 2


@pytest.fixture
def script():
    """Writes a JavaScript or SCSS file where our configuration reaches it; gone after the test."""
    with tempfile.TemporaryDirectory(dir=paths.RUN) as folder:

        def write(text, name="some.js"):
            path = Path(folder, "static", name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            return path

        yield write


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("let kept = 1;\nexport default () => kept;\n", "prefer-const"),
        ("export default (a) => a == 1;\n", "eqeqeq"),
        ("export default () => name;\nexport const told = unknown;\n", "no-undef"),
        (
            'import { Component } from "@odoo/owl";\nexport class A extends Component {\n    static props = {};\n}\n',
            "A component declares its template",
        ),
        ("export  const a = 1\n", "some.js"),
    ],
)
def test_javascript_is_asked_about(script, text, said):
    path = script(text)
    assert any(said in line for line in javascript.problems([path]))


def test_sound_javascript_and_scss_pass_and_what_can_be_mended_is(script):
    component = 'import { Component } from "@odoo/owl";\n\nexport class A extends Component {\n    static props = {};\n'
    assert javascript.problems([script(component + '    static template = "a.A";\n}\n')]) == []
    sheet = script(".a{color:red}\n", "some.scss")
    assert javascript.problems([sheet])
    assert javascript.problems([sheet], mend=True) == []
    assert sheet.read_text() == ".a {\n    color: red;\n}\n"


def test_without_node_the_check_fails(monkeypatch):
    def missing():
        raise console.Failure("npm could not install")

    monkeypatch.setattr(javascript, "ensure", missing)
    assert lint.check_javascript() == ["npm could not install"]

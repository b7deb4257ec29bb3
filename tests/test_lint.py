# Part of the SPP attendance suite. LGPL-3.
"""What `./spp lint` lets pass and what it does not, where it adds to the tools it runs."""

from tools import lint, paths

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

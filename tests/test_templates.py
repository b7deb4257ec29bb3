# Part of the SPP attendance suite. LGPL-3.
"""What of a module's sources asks for a new installation, and what does not."""

import pytest

from tools import paths, shape

_MODEL = '''
from odoo import fields, models


class Area(models.Model):
    """An area."""

    _name = "x.area"
    name = fields.Char(required=True)

    def size(self):
        """How large it is."""
        return 1

    def init(self):
        self.env.cr.execute("CREATE VIEW x AS SELECT 1")
'''


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Folder of a module with a model, data, a script and a test."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    folder = tmp_path / "x_area"
    for name, text in {
        "models/area.py": _MODEL,
        "data/area.xml": "<odoo/>",
        "static/src/area.js": "one",
        "static/description/icon.png": "one",
        "tests/test_area.py": "one",
        "readme/DESCRIPTION.md": "one",
        "migrations/19.0.2.0.0/post-area.py": "one",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.setattr(paths, "addon_dir", lambda name: tmp_path / name)
    return folder


def hashes():
    return shape.exact(["x_area"]), shape.rough("x_area")


@pytest.mark.parametrize(
    ("file", "old", "new", "exact", "rough"),
    [
        ("models/area.py", "return 1", "return 2", True, False),
        ("models/area.py", "How large it is.", "How large.", True, False),
        ("models/area.py", "An area.", "A place.", True, False),
        ("models/area.py", "SELECT 1", "SELECT 2", True, True),
        ("models/area.py", "required=True", "required=False", True, True),
        ("models/area.py", "    name =", "    code = fields.Char()\n    name =", True, True),
        ("models/area.py", "def size(self)", "def size(self, of)", True, True),
        ("models/area.py", "from odoo", "from (odoo", True, True),
        ("data/area.xml", "<odoo/>", "<odoo></odoo>", True, True),
        ("static/description/icon.png", "one", "two", True, True),
        ("static/src/area.js", "one", "two", False, False),
        ("tests/test_area.py", "one", "two", False, False),
        ("readme/DESCRIPTION.md", "one", "two", False, False),
        ("migrations/19.0.2.0.0/post-area.py", "one", "two", False, False),
    ],
)
def test_a_change_asks_for_a_new_installation(module, file, old, new, exact, rough):
    """Of everything exactly, or only as far as it makes something in a database."""
    before = hashes()
    text = (module / file).read_text()
    assert old in text
    (module / file).write_text(text.replace(old, new))
    assert tuple(one != other for one, other in zip(before, hashes(), strict=True)) == (exact, rough)


def test_a_new_file_and_a_renamed_one(module):
    before = hashes()
    (module / "data" / "more.xml").write_text("<odoo/>")
    with_more = hashes()
    (module / "data" / "more.xml").rename(module / "data" / "other.xml")
    assert len({*before, *with_more, *hashes()}) == 6

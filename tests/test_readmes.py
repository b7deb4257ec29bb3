# Part of the SPP attendance suite. LGPL-3.
"""README.rst of the addons: the fragments' Markdown as reStructuredText that docutils reads without a complaint."""

import io

import docutils.core
import pytest

from tools import paths, readmes


@pytest.mark.parametrize("module", paths.FOUNDATION + paths.ADDONS)
def test_docutils_reads_it(module):
    complaints = io.StringIO()
    settings = {"warning_stream": complaints, "report_level": 1, "halt_level": 5}
    docutils.core.publish_doctree(readmes.render(module), settings_overrides=settings)
    assert complaints.getvalue() == ""


@pytest.mark.parametrize(
    ("markdown", "rst"),
    [
        ("One\ntwo.\n", "One\ntwo.\n"),
        ("## Roles", "Roles\n-----\n"),
        ("Use `name`s and **bold**, *said*.", "Use ``name``\\ s and **bold**, *said*.\n"),
        ("See [the page](https://example.org/a_b_).", "See `the page <https://example.org/a_b_>`__.\n"),
        ("- one\n  more\n- two\n  - inner\n- three", "* one\n  more\n* two\n\n  * inner\n\n* three\n"),
        ("1. one\n2. two", "1. one\n2. two\n"),
        ("- key:\n\n      a = 1\n\n  and so on", "* key:\n\n  ::\n\n      a = 1\n\n  and so on\n"),
        ("```\na *b*\n\nc\n```", "::\n\n    a *b*\n\n    c\n"),
        ("    a *b*", "::\n\n    a *b*\n"),
        (
            "| A | B |\n| --- | --- |\n| `x` | |",
            ".. list-table::\n   :header-rows: 1\n\n   * - A\n     - B\n   * - ``x``\n     -\n",
        ),
        ("spp_ and _after_", "spp\\_ and _after\\_\n"),
    ],
)
def test_markdown(markdown, rst):
    assert readmes.to_rst(markdown) == rst


def test_a_readme_that_is_not_current_is_named(tmp_path, monkeypatch):
    folder = tmp_path / "x_area"
    (folder / "readme").mkdir(parents=True)
    (folder / "readme" / "DESCRIPTION.md").write_text("Areas.\n")
    (folder / "__manifest__.py").write_text(
        "{'name': 'Areas', 'summary': 'Where', 'version': '19.0.1.0.0', 'license': 'LGPL-3', 'author': 'We', 'depends': ['base']}"
    )
    monkeypatch.setattr(paths, "addon_dir", lambda name: tmp_path / name)
    monkeypatch.setattr(paths, "FOUNDATION", [])
    monkeypatch.setattr(paths, "ADDONS", ["x_area"])
    assert len(readmes.problems()) == 1
    readmes.main()
    assert readmes.problems() == []
    assert (folder / "README.rst").read_text().startswith("=====\nAreas\n=====\n")
    (folder / "readme" / "DESCRIPTION.md").write_text("Areas and places.\n")
    assert readmes.problems()[0].startswith("x_area: README.rst is not up to date")

# Part of the SPP attendance suite. LGPL-3.
"""The picture of the house in docs/house.md shows the addons and arrows that the manifests have."""

import ast
import re

from tools import paths

HOUSE = paths.ROOT / "docs" / "house.md"


def _own_dependencies():
    found = {}
    for addon in paths.ADDONS:
        manifest = ast.literal_eval((paths.addon_dir(addon) / "__manifest__.py").read_text())
        found[addon] = (set(manifest["depends"]) & set(paths.ADDONS), bool(manifest.get("auto_install")))
    return found


def _picture():
    return re.search(r"```mermaid\n(.*?)```", HOUSE.read_text(), re.DOTALL)[1]


def test_the_arrows_are_those_of_the_manifests():
    drawn = set(re.findall(r"(\w+) --> (\w+)", _picture()))
    assert drawn == {(addon, other) for addon, (others, _auto) in _own_dependencies().items() for other in others}


def test_every_addon_has_a_room_and_glue_installs_itself():
    rooms = dict(re.findall(r"subgraph (\w+)\[.*?\]\n(.*?)\n    end", _picture(), re.DOTALL))
    placed = {room: set(text.split()) for room, text in rooms.items()}
    dependencies = _own_dependencies()
    assert set().union(*placed.values()) == set(dependencies)
    assert sum(map(len, placed.values())) == len(dependencies), "an addon lies in two rooms"
    assert placed["glue"] == {addon for addon, (_others, auto) in dependencies.items() if auto}


def test_arrows_never_go_in_a_circle():
    dependencies = {addon: others for addon, (others, _auto) in _own_dependencies().items()}
    while dependencies:
        free = {addon for addon, others in dependencies.items() if not others & set(dependencies)}
        assert free, f"a circle among {sorted(dependencies)}"
        dependencies = {addon: others for addon, others in dependencies.items() if addon not in free}


def test_every_page_is_reached():
    pages = {page.name for page in HOUSE.parent.glob("*.md")} - {HOUSE.name}
    assert pages == set(re.findall(r"\]\((\w[\w-]*\.md)\)", HOUSE.read_text()))


def _reach(addon, dependencies):
    """Addons that are installed wherever this one is, itself included."""
    reached, todo = set(), [addon]
    while todo:
        one = todo.pop()
        if one in dependencies and one not in reached:
            reached.add(one)
            todo += dependencies[one]
    return reached


def test_no_addon_names_what_it_does_not_depend_on():
    """Models and records of an addon that may be missing are named by a hook of that addon, not by name."""
    modules = {name: paths.addon_dir(name) for name in paths.ADDONS + paths.FOUNDATION}
    files = {
        name: [
            path
            for suffix in ("py", "xml", "js", "csv")
            for path in folder.rglob(f"*.{suffix}")
            if not {"tests", "migrations"} & set(path.relative_to(folder).parts)
        ]
        for name, folder in modules.items()
    }
    dependencies = {
        name: ast.literal_eval((folder / "__manifest__.py").read_text())["depends"] for name, folder in modules.items()
    }
    owners = {}
    for name, paths_of_addon in files.items():
        for path in paths_of_addon:
            for model in re.findall(r'_name = "(spp\.[\w.]+)"', path.read_text()):
                owners.setdefault(model, set()).add(name)
    assert len(owners) > 80
    wrong = []
    for name, paths_of_addon in files.items():
        reached = _reach(name, dependencies)
        for path in paths_of_addon:
            text = path.read_text()
            wrong += [
                f"{path.relative_to(paths.ROOT)}: {model}"
                for model in re.findall(r"""["'(](spp\.[\w.]+)["')]""", text)
                if model in owners and not owners[model] & reached
            ]
            wrong += [
                f"{path.relative_to(paths.ROOT)}: {module}.{record}"
                for module, record in re.findall(r"""["'(](spp_\w+)\.(\w+)["')]""", text)
                if module in modules and module not in reached
            ]
    assert not wrong

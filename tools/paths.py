# Part of the SPP attendance suite. LGPL-3.
"""Where everything is. All that set-up makes lies below `STATE`."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".spp"
LOG = STATE / "log"
RUN = STATE / "run"
STAMPS = STATE / "stamps"
VENV = STATE / "venv"
PYTHON = VENV / "bin" / "python"
ODOO = STATE / "odoo"
NODE = STATE / "node"
DATA_DIR = STATE / "data"
FILESTORE = DATA_DIR / "filestore"
POSTGRES = STATE / "postgres"

FOUNDATION_DIR = ROOT / "foundation"
TEST_ADDONS_DIR = ROOT / "tests" / "addons"

REQUIREMENTS = ROOT / "requirements.txt"
REQUIREMENTS_ADDONS = ROOT / "requirements-addons.txt"
REQUIREMENTS_DEV = ROOT / "requirements-dev.txt"


def _addons(folder: Path) -> list[str]:
    return sorted(manifest.parent.name for manifest in folder.glob("*/__manifest__.py"))


#: Technical names of the modules in foundation/ and of the addons at the root.
FOUNDATION = _addons(FOUNDATION_DIR)
ADDONS = _addons(ROOT)
TEST_ADDONS = _addons(TEST_ADDONS_DIR)


def addon_dir(name: str) -> Path:
    """The folder of one of our own modules."""
    return next(folder / name for folder in (FOUNDATION_DIR, ROOT, TEST_ADDONS_DIR) if (folder / name).is_dir())

"""The layers of docs/architecture.md hold, and the rules that hold them would see a fault."""

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")

# What sync/core may import beside itself: the two packages that a codec needs and the standard library
# without its doors to the outside. Time, randomness, disk and network are arguments there.
CORE_PACKAGES = {"msgspec", "zstandard"}
DOORS = {
    "asyncio", "concurrent", "ctypes", "http", "importlib", "multiprocessing", "os", "pathlib", "platform",
    "random", "secrets", "select", "selectors", "shutil", "signal", "socket", "socketserver", "sqlite3",
    "ssl", "subprocess", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the import contracts of the checkout in `folder`."""
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the program in which a fault may be planted."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "opsdesk", tmp_path / "opsdesk", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.parametrize(
    ("where", "line", "contract"),
    [
        ("models", "import opsdesk.services", "Nobody looks up"),
        ("models", "import opsdesk.sync.core", "Nobody looks up"),
        ("store", "import opsdesk.analysis", "Nobody looks up"),
        ("services", "import PySide6.QtCore", "Only ui and desktop import Qt"),
        ("cli.py", "import PySide6.QtCore", "The roots without a window do not import Qt themselves"),
        ("ui/tickets", "import opsdesk.store", "The ui imports of our own code only services"),
        ("ui/home", "import opsdesk.ui.tickets", "Features do not import each other's screens"),
        ("ui/widgets", "import opsdesk.ui.tickets", "widgets know no feature"),
    ],
)
def test_a_planted_forbidden_import_is_found(checkout: Path, where: str, line: str, contract: str) -> None:
    place = checkout / "opsdesk" / where
    with (place / "planted.py" if place.is_dir() else place).open("a") as module:
        module.write(f"\n{line}\n")
    result = lint(checkout)
    assert result.returncode == 1
    broken = [text for text in result.stdout.splitlines() if " BROKEN" in text]
    assert any(contract in text for text in broken), result.stdout


def test_the_sync_core_stands_on_plain_python() -> None:
    assert outside_of_core(ROOT) == set()


def test_a_door_to_the_outside_in_the_sync_core_is_found(checkout: Path) -> None:
    planted = checkout / "opsdesk/sync/core/planted.py"
    planted.write_text('"""A fault."""\n\nimport os.path\n\nfrom sqlalchemy import orm\nfrom opsdesk import models\n')
    assert outside_of_core(checkout) == {"os.path", "sqlalchemy", "opsdesk"}


def outside_of_core(folder: Path) -> set[str]:
    """The modules that opsdesk/sync/core of a checkout imports although it must not."""
    names: set[str] = set()
    for path in (folder / "opsdesk/sync/core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module if node.module and not node.level else "a relative import")
    return {name for name in names if not may_be_in_core(name)}


def may_be_in_core(name: str) -> bool:
    if f"{name}.".startswith("opsdesk.sync.core."):
        return True
    top = name.partition(".")[0]
    return top in CORE_PACKAGES or (top in sys.stdlib_module_names and top not in DOORS)


def test_each_feature_stands_in_the_contract_on_features() -> None:
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][-1]
    listed = {name.strip(" ()") for name in contract["layers"][0].split("|")}
    features = {path.parent.name for path in (ROOT / "opsdesk/ui").glob("*/__init__.py")}
    assert features - {"shell", "widgets", "theme", "map"} <= listed


def test_the_command_line_runs_where_qt_is_not_installed(tmp_path: Path) -> None:
    script = "import sys\nsys.modules['PySide6'] = None\nfrom opsdesk.cli import main\nsys.exit(main(sys.argv[1:]))\n"
    command = [sys.executable, "-c", script, "--data", str(tmp_path), "seed", "--tickets", "3", "--json"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert (result.returncode, result.stderr) == (0, "")

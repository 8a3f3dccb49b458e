"""The lists by which the program is built name all that the code uses: a build would find out only when it runs."""

import importlib.util
import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


@cache
def parts() -> ModuleType:
    spec = importlib.util.spec_from_file_location("program_parts", ROOT / "packaging/program_parts.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@cache
def imports() -> dict[str, set[str]]:
    """What each module of the desk imports, at its top or later."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "opsdesk").rglob("*.py"):
        if not path.is_relative_to(ROOT / "opsdesk/server"):
            found[str(path.relative_to(ROOT))] = set(parts().imported(path))
    return found


def built() -> set[Path]:
    return {Path(folder, Path(source).name) for source, folder in parts().data()}


def test_each_revision_of_the_local_database_is_in_the_program() -> None:
    versions = Path("opsdesk/store/migrations/versions")
    revisions = {versions / path.name for path in (ROOT / versions).glob("*.py")}
    assert revisions
    assert revisions | {versions.parent / "env.py"} <= built()


def test_each_resource_and_each_file_beside_the_code_is_in_the_program() -> None:
    resources = {path.relative_to(ROOT / "resources") for path in (ROOT / "resources").rglob("*") if path.is_file()}
    left_out = {path for path in resources if path.name in ("prepare.py", "made-from")}
    assert {Path("opsdesk/resources") / path for path in resources - left_out} <= built()
    beside = {
        path.relative_to(ROOT) for path in (ROOT / "opsdesk").rglob("*.*") if path.suffix in (".lark", ".json", ".mako")
    }
    assert {path for path in beside if path.parts[1] != "server"} <= built()


def test_each_module_of_the_desk_is_in_the_program_with_what_revisions_import() -> None:
    hidden = set(parts().hidden())
    assert {"opsdesk.bench.window", "opsdesk.ui.map.page", "opsdesk.store.queue", "opsdesk.models.tickets"} <= hidden
    for path, wanted in imports().items():
        ours = {
            name for name in wanted if name.partition(".")[0] == "opsdesk" and not name.startswith("opsdesk.server.")
        }
        assert ours <= hidden, path
        if "migrations" in path:
            assert wanted - {"__future__"} <= hidden | set(sys.stdlib_module_names), path


def test_the_desk_imports_nothing_that_is_left_out_of_the_program() -> None:
    # What measures the server or begins it needs the server; the command says so before.
    servers = re.compile(r"opsdesk/bench/syncing/")
    for path, wanted in imports().items():
        left_out = {name for name in wanted for one in parts().EXCLUDED if f"{name}.".startswith(f"{one}.")}
        assert not left_out or servers.match(path) or path == "opsdesk/ui/resources.py", path


def test_each_package_that_the_desk_declares_is_one_that_the_program_may_hold() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["desktop"]]
    names = {canonicalize_name(Requirement(text).name) for text in declared}
    modules = {
        module
        for module, packages in packages_distributions().items()
        if names & {canonicalize_name(package) for package in packages}
    }
    # Of QtAwesome only two files are read.
    assert modules & set(parts().EXCLUDED) == {"qtawesome"}
    icons = Path(str(importlib.util.find_spec("qtawesome").submodule_search_locations[0]))  # type: ignore[union-attr,index]
    assert all((icons / name).is_file() for name in parts().ICONS)
    assert {Path(name).name for name in parts().ICONS} <= set(
        re.findall(r'"(phosphor[^"]+)"', (ROOT / "opsdesk/ui/resources.py").read_text())
    )


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("PySide6/Qt/libexec/QtWebEngineProcess", True),
        ("PySide6/Qt/resources/qtwebengine_resources.pak", True),
        ("PySide6/Qt/resources/icudtl.dat", True),
        ("PySide6/Qt/translations/qtwebengine_locales/en-US.pak", True),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", True),
        ("PySide6/Qt/plugins/imageformats/libqjpeg.so", True),
        ("opsdesk/resources/assets/map/map.html", True),
        ("PySide6/Qt/translations/qtwebengine_locales/de.pak", False),
        ("PySide6/Qt/plugins/platformthemes/libqgtk3.so", False),
        ("PySide6/Qt/qml/QtQuick/qmldir", False),
        ("PySide6/Qt/resources/qtwebengine_devtools_resources.pak", False),
        ("PySide6/Qt/plugins/sqldrivers/libqsqlpsql.so", False),
    ],
)
def test_what_is_large_and_unused_is_left_out_and_what_the_map_needs_is_not(target: str, kept: bool) -> None:
    assert parts().is_kept(target) is kept

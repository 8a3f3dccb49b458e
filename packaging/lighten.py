"""Leaves out of the built folder what nothing in it needs: libraries of what was left out, symbols to debug by."""

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

Entry = tuple[str, str, str]
"""A file as PyInstaller lists it: its path in the built folder, where it comes from, and its kind."""

_LIBRARY: Final = re.compile(r"[^/]+\.so[^/]*$|(PySide6/Qt/lib|[^/]+\.libs)/[^/]+$")
"""What is there for others: libraries of the system, of Qt, and of Python packages."""

_BY_NAME: Final = re.compile(r"lib(python|freebl|softokn|nss|ssl|crypto)")
"""Libraries that a program opens by their name at run time: Python, and the parts of NSS and OpenSSL."""


def reachable(found: Sequence[Entry]) -> list[Entry]:
    """The entries without libraries that no other of them is linked to, and without links to such."""
    of_name: dict[str, list[Entry]] = {}
    waiting: list[Entry] = []
    for entry in found:
        if entry[2] not in ("BINARY", "EXTENSION"):
            continue
        name = Path(entry[0]).name
        if entry[2] == "BINARY" and _LIBRARY.fullmatch(entry[0]) and not _BY_NAME.match(name):
            of_name.setdefault(name, []).append(entry)
        else:
            waiting.append(entry)
    kept: set[str] = set()
    while waiting:
        kept |= {entry[0] for entry in waiting}
        needed = _needed(entry[1] for entry in waiting)
        waiting = [entry for name in needed for entry in of_name.get(name, ()) if entry[0] not in kept]
    files = kept | {entry[0] for entry in found if entry[2] == "DATA"}
    links = {entry[0] for entry in found if entry[2] == "SYMLINK" and _pointed_to(entry) in files}
    return [entry for entry in found if entry[0] in files | links]


def _pointed_to(link: Entry) -> str:
    return os.path.normpath(Path(link[0]).parent / link[1])


def _needed(files: Iterable[str]) -> set[str]:
    """The names of the libraries that files are linked to."""
    said = subprocess.run(["objdump", "-p", *files], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"^\s+NEEDED\s+(\S+)", said, re.MULTILINE))


def strip(built: Path) -> None:
    """Take symbols out of the modules of Python and Python itself; the wheels of some are half symbols.

    Libraries that a wheel brought along are left alone: they were edited for it, and strip would break them.
    """
    internal = built / "_internal"
    for path in internal.rglob("*.so*"):
        within = path.relative_to(internal)
        own = ".libs" not in within.parts[0] and "Qt" not in within.parts
        if own and path.is_file() and not path.is_symlink():
            subprocess.run(["strip", "--strip-unneeded", path], capture_output=True, check=True)

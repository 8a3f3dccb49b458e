"""The folders that a person's files go to by default.

Whether they are there is asked of the file system once, on a thread: on a share that does not answer this takes as long
as it likes. Until it is known, and where they are not, it is the home folder.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths

_PLACES = {
    "documents": QStandardPaths.StandardLocation.DocumentsLocation,
    "pictures": QStandardPaths.StandardLocation.PicturesLocation,
}
_known: dict[str, str] = {}


def look() -> None:
    """Find out which folders are there. For a thread other than the window's."""
    for name, location in _PLACES.items():
        place = QStandardPaths.writableLocation(location)
        if place and Path(place).is_dir():
            _known[name] = place


def documents() -> str:
    """The folder of documents."""
    return _known.get("documents") or str(Path.home())


def pictures() -> str:
    """The folder of pictures."""
    return _known.get("pictures") or str(Path.home())

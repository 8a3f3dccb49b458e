"""The program's addresses for the map, `opsdesk://assets/…` and `…://tiles/…`, and a door that lets nothing else out.

Imports the web engine, so it is imported only where a map is made.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QByteArray, QFile, QIODevice, QObject
from PySide6.QtWebEngineCore import (
    QWebEngineUrlRequestInfo,
    QWebEngineUrlRequestInterceptor,
    QWebEngineUrlRequestJob,
    QWebEngineUrlSchemeHandler,
)

from opsdesk import RESOURCES
from opsdesk.ui.widgets.map_view.tiles import Tiles

PAGE: Final = "opsdesk://assets/map/map.html"
_OWN: Final = frozenset({"opsdesk", "data", "blob", "qrc"})
_PLACES: Final = {"page": (RESOURCES / "map" / "page").resolve(), "": (RESOURCES / "assets").resolve()}
"""First folder of an address → where it lies; what has none of its own lies among the fetched assets."""
_KINDS: Final = {
    ".html": b"text/html", ".js": b"text/javascript", ".css": b"text/css", ".json": b"application/json",
    ".png": b"image/png", ".ttf": b"font/ttf",
}  # fmt: skip
"""What the page asks for; the lists of the system would be read for it from a dozen files."""


def file_of(address: str) -> Path | None:
    """The file behind the path of an address (`/leaflet/leaflet.js`); None for one that is not ours to give."""
    parts = [part for part in address.split("/") if part]
    if not parts:
        return None
    root, rest = (_PLACES[parts[0]], parts[1:]) if parts[0] in _PLACES else (_PLACES[""], parts)
    found = root.joinpath(*rest).resolve()
    return found if found.is_relative_to(root) and found.is_file() else None


class Handler(QWebEngineUrlSchemeHandler):
    """Answers what the page asks for. `missing` lists addresses that nothing stands behind."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.missing: list[str] = []
        self.tiles = Tiles(self)

    def requestStarted(self, job: QWebEngineUrlRequestJob) -> None:
        url = job.requestUrl()
        if url.host() == "tiles":
            self.tiles.answer(job)
            return
        path = file_of(url.path()) if url.host() == "assets" else None
        # The job owns the file and closes it. It always gets the whole one: the engine cuts a range out by itself, and
        # ends the program when it is given the range only.
        device = QFile(str(path), job) if path is not None else None
        if path is None or device is None or not device.open(QIODevice.OpenModeFlag.ReadOnly):
            self.missing.append(url.toString())
            job.fail(QWebEngineUrlRequestJob.Error.UrlNotFound)
            return
        job.reply(QByteArray(_KINDS.get(path.suffix, b"application/octet-stream")), device)


class Door(QWebEngineUrlRequestInterceptor):
    """Lets no request out of this machine. `blocked` lists those that were tried; a page of ours tries none."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.blocked: list[str] = []

    def interceptRequest(self, info: QWebEngineUrlRequestInfo) -> None:
        if info.requestUrl().scheme() not in _OWN:
            self.blocked.append(info.requestUrl().toString())
            info.block(True)

"""Tiles of a map file for the page: `opsdesk://tiles/ID/zoom/column/row`, read off the GUI's thread.

Imports the web engine, so it is imported only where a map is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

import shiboken6
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, Qt, Signal
from PySide6.QtWebEngineCore import QWebEngineUrlRequestJob

from opsdesk.services.base_maps import EMPTY

Give = Callable[[str, int, int, int], Future[tuple[str, bytes] | None]]
"""Reads a tile of a map: kind of picture and bytes, or None for none; `row` counts from the north."""

_ADDRESS: Final = re.compile(r"/([0-9a-f]{32})/(\d{1,2})/(\d{1,8})/(\d{1,8})")
_MIME: Final = {"png": b"image/png", "jpg": b"image/jpeg", "webp": b"image/webp"}


class Tiles(QObject):
    """Answers for tiles. A tile that is not there is an empty picture: a failure would be asked for again and again."""

    _read = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.give: Give | None = None
        # The answer comes on the thread that read the tile; a job belongs to this one.
        self._read.connect(self._reply, Qt.ConnectionType.QueuedConnection)

    def answer(self, job: QWebEngineUrlRequestJob) -> None:
        """Answer a request, now or when the tile is read."""
        asked = _ADDRESS.fullmatch(job.requestUrl().path())
        if asked is None or self.give is None:
            self._reply(job, None)
            return
        name, *place = asked.groups()
        future = self.give(name, *(int(part) for part in place))

        def done(read: Future[Any]) -> None:
            if shiboken6.isValid(self):
                self._read.emit(job, _result(read))

        future.add_done_callback(done)

    def _reply(self, job: QWebEngineUrlRequestJob, found: tuple[str, bytes] | None) -> None:
        if not shiboken6.isValid(job):
            return  # the map was moved on meanwhile
        kind, data = found or ("png", EMPTY)
        buffer = QBuffer(job)  # the job owns it; always the whole: see `Handler`
        buffer.setData(QByteArray(data))
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        job.reply(QByteArray(_MIME[kind]), buffer)


def _result(done: Future[Any]) -> Any:
    return None if done.cancelled() or done.exception() is not None else done.result()

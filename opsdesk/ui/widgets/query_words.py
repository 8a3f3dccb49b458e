"""What a query bar asks, answered by the query language: its fields, the parts of a text, words that may follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject

from opsdesk.services import query as language
from opsdesk.services.errors import QueryError
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.widgets.pick_list import Pick
from opsdesk.ui.widgets.query_bar import Chip, Completion

_ICONS = {
    "state": "path",
    "priority": "flag",
    "assignee": "user",
    "unit": "users-three",
    "group": "tray",
    "type": "stack",
    "category": "folders",
    "place": "map-pin",
    "near": "crosshair",
    "in": "polygon",
    "updated": "clock-clockwise",
    "created": "calendar-plus",
    "occurred": "calendar",
    "due": "timer",
    "requester": "user-circle",
    "watcher": "eye",
    "tag": "tag",
    "number": "hash",
}

FIELDS = tuple(
    Pick(f"{field.name}:", field.label, field.help, _ICONS.get(field.name, "funnel-simple"), " ".join(field.aliases))
    for field in language.FIELDS
)
"""The fields that a filter can begin with."""


class QueryWords(QObject):
    """The two ports of a query bar. The names of people, units and so on are read once, until `forget`."""

    def __init__(self, desk: Any, bridge: Bridge, channel: str, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._bridge, self._channel = desk, bridge, channel
        self._names: list[language.Directory] = []

    def chips(self, text: str, answer: Callable[[Sequence[Chip]], None]) -> None:
        """The conditions of a text; nothing for one that cannot be read, which the rows themselves tell."""

        def unreadable(error: Exception) -> None:
            if not isinstance(error, QueryError):
                self._bridge.unhandled.emit(error)

        future = self._desk.ask(lambda _reader: language.chips(text), channel=f"{self._channel}.chips")
        self._bridge.then(future, answer, unreadable, owner=self)

    def complete(self, text: str, cursor: int, answer: Callable[[Sequence[Completion]], None]) -> None:
        """Words that may stand at the cursor."""
        future = self._desk.ask(_complete, text, cursor, self._names, channel=f"{self._channel}.complete")
        self._bridge.then(future, answer, owner=self)

    def forget(self) -> None:
        """Something was renamed: read the names anew when they are next wanted."""
        self._names.clear()


def _complete(reader: Any, text: str, cursor: int, kept: list[language.Directory]) -> Sequence[Completion]:
    if not kept:
        kept.append(language.directory(reader))
    return language.complete(text, cursor, kept[0])

"""Preferences of a data folder: read from memory at once, written behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Settings:
    """Values under dotted names ("list.density"). A value is anything that JSON holds."""

    def __init__(self, connection: Any, write: Callable[[str, str], None]) -> None:
        self._values: dict[str, Any] = {
            name: json.loads(value) for name, value in connection.execute("SELECT name, value FROM setting").fetchall()
        }
        self._write = write

    def get(self, name: str, default: T) -> T:
        """The value, or `default` where none is set or it is of another kind than the default."""
        value = self._values.get(name, default)
        if default is not None and not isinstance(value, type(default)):
            return default
        return value  # type: ignore[no-any-return]

    def set(self, name: str, value: object) -> None:
        """Set a value now and write it behind; an equal value writes nothing."""
        if name in self._values and self._values[name] == value:
            return
        self._values[name] = value
        self._write(name, json.dumps(value))

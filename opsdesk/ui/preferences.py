"""What a person prefers: theme, density, scale, how times and positions read, where to start, which keys act."""

from __future__ import annotations

from typing import Protocol, TypeVar

from PySide6.QtCore import QObject, Signal

from opsdesk.services import notifications, positions, times

T = TypeVar("T")

SCALES = (100, 125, 150, 175, 200)


class Settings(Protocol):
    """What `Desk.settings` is: memory at hand, written behind."""

    def get(self, name: str, default: T, /) -> T:
        """The value under a name, or the default."""

    def set(self, name: str, value: object, /) -> None:
        """Remember a value."""


# Name of the setting, what it is at first, and what it may be (None: anything of that kind).
CHOICES: dict[str, tuple[str | int | bool, tuple[str | int | bool, ...] | None]] = {
    "look.theme": ("system", ("light", "dark", "red", "system")),
    "look.density": ("normal", ("normal", "dense")),
    "look.scale": (100, SCALES),
    "time.style": ("dtg", ("dtg", "local")),
    "position.style": ("mgrs", ("mgrs", "latlon")),
    "start.page": ("home", None),
    "keys.letters": (True, (True, False)),
    **{name: (first, (True, False)) for name, first in notifications.SWITCHES.items()},
    **{
        notifications.exception(switch, kind): (True, (True, False))
        for switch, kinds in notifications.EXCEPTIONS.items()
        for kind in kinds
    },
    "notify.tray": (True, (True, False)),
}


class Preferences(QObject):
    """The preferences of this data folder. Signals: `changed` with the name of the one that did."""

    changed = Signal(str)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings

    def get(self, name: str) -> str | int | bool:
        """Return the value under a name of `CHOICES`; its first value where what is stored makes no sense."""
        first, allowed = CHOICES[name]
        value = self._settings.get(name, first)
        return value if allowed is None or value in allowed else first

    def set(self, name: str, value: object) -> None:
        """Remember a value and tell everyone. Raises ValueError for one that is no choice."""
        _, allowed = CHOICES[name]
        if allowed is not None and value not in allowed:
            raise ValueError(f"{name} cannot be {value!r}")
        if value != self.get(name):
            self._settings.set(name, value)
            self.changed.emit(name)

    def show_time(self, ms: int) -> str:
        """Return a time (UTC milliseconds) the way this person reads times."""
        return times.dtg(ms) if self.get("time.style") == "dtg" else times.local(ms)

    def show_position(self, lat: float, lon: float) -> str:
        """Return a position the way this person reads positions."""
        return positions.show(lat, lon, str(self.get("position.style")))

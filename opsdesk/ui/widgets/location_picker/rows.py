"""What stands in the list of the picker: what was found, what is near, what was picked lately."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from opsdesk.services import positions, times
from opsdesk.services.maps import Found, Near
from opsdesk.services.positions import Position, Reading
from opsdesk.ui.widgets.location_picker.located import Located, from_kept
from opsdesk.ui.widgets.location_picker.place_list import Entry

_KEPT: Final = "positions.recent"
_MOST_KEPT: Final = 5


def found_rows(found: Sequence[Found]) -> list[Entry]:
    """Places by a name."""
    return [Entry(Located(one.at, one.place, one.name), one.label, one.detail, one.icon) for one in found]


def near_rows(found: Sequence[Near]) -> list[Entry]:
    """Places with how far they are."""
    return [Entry(Located(one.at, one.place, one.name), one.name, _far(one.distance_m), one.icon) for one in found]


def reading_rows(readings: Sequence[Reading]) -> list[Entry]:
    """What an ambiguous text may mean."""
    return [
        Entry(Located(one.at), positions.latlon(one.at.lat, one.at.lon, 4), one.label, "question") for one in readings
    ]


def recent_rows(settings: Any, now: int, written: Callable[[Position], str]) -> list[Entry]:
    """What was picked lately, the newest first; `now` in UTC milliseconds, `written` says how a position is shown."""
    entries = []
    for said in settings.get(_KEPT, []):
        with suppress(ValueError, TypeError, KeyError, IndexError):  # kept by another version of the program
            located, when = from_kept(said)
            label = located.name or (written(located.at) if located.at else "")
            entries.append(Entry(located, label, times.age(now - when), "clock"))
    return entries


def keep(settings: Any, said: Located, now: int) -> None:
    """Remember what was picked."""
    kept = said.kept(now)
    others = [one for one in settings.get(_KEPT, []) if {**one, "when": 0} != {**kept, "when": 0}]
    settings.set(_KEPT, [kept, *others][:_MOST_KEPT])


def _far(metres: float) -> str:
    return f"{metres:,.0f} m" if metres < 1000 else f"{metres / 1000:,.1f} km"

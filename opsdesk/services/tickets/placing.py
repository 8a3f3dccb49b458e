"""Where a ticket is: the columns of a position together, and the position that a place brings along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.services.positions import Position
from opsdesk.store.work import Reader

COLUMNS: Final = ("lat", "lon", "grid", "accuracy_m", "position_source")
FROM_PLACE: Final = "place"


def position_columns(at: Position | Mapping[str, Any] | None) -> dict[str, Any]:
    """The columns of a position, as a value or as forms keep it; all of them empty for None."""
    if at is None:
        return dict.fromkeys(COLUMNS)
    kept = asdict(at) if isinstance(at, Position) else at
    said = {name: kept.get(name) for name in Position.__slots__}
    said["position_source"] = said.pop("source")
    return said


def place_position(lat: float | None, lon: float | None, accuracy_m: float | None) -> Position | None:
    """The columns of a place as a position, known because the place is; None without one."""
    return None if lat is None or lon is None else Position(lat, lon, accuracy_m, source=FROM_PLACE)


def place_at(reader: Reader, place: Id) -> Position | None:
    """The position of one of our places; None without one."""
    found = reader.row("SELECT lat, lon, accuracy_m FROM place WHERE id = ?", (place,))
    return None if found is None else place_position(*found)


def from_place(reader: Reader, place: Id | None, lat: float | None = None, source: str | None = None) -> dict[str, Any]:
    """What a place that is set says of the position; nothing where one stands that is known otherwise.

    `lat` and `source` are the ticket's as they are. A position that came from the place before goes with it.
    """
    if lat is not None and source != FROM_PLACE:
        return {}
    at = place_at(reader, place) if place is not None else None
    return {} if at is None and lat is None else position_columns(at)

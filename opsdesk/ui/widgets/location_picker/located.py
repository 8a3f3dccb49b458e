"""What a person says of where something is: a place, a position, or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opsdesk.services.positions import Position


@dataclass(frozen=True, slots=True)
class Located:
    """Where something is. `place` is the id of one of our places and `name` its name, or that of a town, or empty."""

    at: Position | None = None
    place: bytes | None = None
    name: str = ""

    @property
    def known(self) -> bool:
        """Whether anything is said."""
        return self.at is not None or self.place is not None

    def kept(self, when: int) -> dict[str, Any]:
        """As the settings keep it among what was picked lately; `when` in UTC milliseconds."""
        at = self.at
        where = None if at is None else [at.lat, at.lon, at.accuracy_m, at.grid, at.source]
        return {"at": where, "place": self.place.hex() if self.place else None, "name": self.name, "when": when}


def from_kept(said: Mapping[str, Any]) -> tuple[Located, int]:
    """What `kept` gave, and when. Raises ValueError, TypeError, KeyError or IndexError for anything else."""
    where = said["at"]
    place = bytes.fromhex(said["place"]) if said["place"] else None
    at = None if where is None else Position(float(where[0]), float(where[1]), *where[2:5])
    return Located(at, place, str(said["name"])), int(said["when"])

"""Where a ticket stands in the list that it was opened from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ListPlace:
    """The name of the view and the place in it; `number` counts from 1, 0 is unknown."""

    view: str = "Tickets"
    number: int = 0
    count: int = 0

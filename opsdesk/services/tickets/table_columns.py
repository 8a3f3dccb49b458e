"""The columns of a list as they stand in table files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.services import times
from opsdesk.services.tickets.marks import Mark
from opsdesk.services.tickets.rows import Named, TicketRow

_MOST_WIDE: Final = 60


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a table file: its head, and what stands in a row. Times are datetimes in UTC."""

    head: str
    value: Callable[[TicketRow], object]
    width: int = 16
    more: str = ""
    """Where the list's row does not have it: its name among the further fields."""

    def of(self, row: TicketRow, more: Mapping[str, Any]) -> object:
        """What stands in the row."""
        return more[self.more] if self.more else self.value(row)


def _name(named: Named | None) -> str:
    return named.name if named else ""


def _time(ms: int | None) -> dt.datetime | None:
    return None if ms is None else times.to_datetime(ms)


def _sync(row: TicketRow) -> str:
    return "" if row.mark is Mark.IN_STEP else row.mark.words.partition(":")[0].lower()


FIELDS: Final[dict[str, tuple[Field, ...]]] = {
    "sync": (Field("Sync", _sync),),
    "priority": (Field("Priority", lambda row: row.priority.label, 10),),
    "number": (Field("Number", lambda row: row.number),),
    "title": (Field("Title", lambda row: row.title, _MOST_WIDE),),
    "state": (Field("State", lambda row: row.state.label, 12),),
    "assignee": (Field("Assignee", lambda row: _name(row.assignee), 20),),
    "unit": (Field("Unit", lambda row: _name(row.unit), 14),),
    # A place without its position would be of no use to a map.
    "place": (
        Field("Location", lambda row: row.place, 30),
        Field("Latitude", lambda row: row.lat, 12),
        Field("Longitude", lambda row: row.lon, 12),
    ),
    "due": (Field("Due", lambda row: _time(row.due_at), 20),),
    "updated": (Field("Updated", lambda row: _time(row.updated_at), 20),),
    "type": (Field("Type", lambda row: row.type, 20),),
    "category": (Field("Category", lambda row: row.category, 20),),
    "requester": (Field("Requester", lambda row: _name(row.requester), 20),),
    "group": (Field("Group", str, 14, more="group"),),
    "occurred": (Field("Occurred", lambda row: _time(row.occurred_at), 20),),
    "created": (Field("Created", lambda row: _time(row.created_at), 20),),
    "external": (Field("External number", lambda row: row.external or ""),),
    "tags": (Field("Tags", lambda row: ", ".join(row.tags), 24),),
}
# A list that shows the age shows when it happened: an age is wrong as soon as the file is closed.
FIELDS["age"] = FIELDS["occurred"]

USUAL: Final = (
    "number", "title", "state", "priority", "type", "category", "assignee", "unit", "place", "occurred", "created",
    "updated", "due", "requester", "external", "tags",
)  # fmt: skip

TIMES: Final = frozenset(FIELDS[name][0].value for name in ("due", "updated", "occurred", "created"))
"""What gives a time, so that its head says that it is one of UTC."""

"""The columns that a ticket list can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `width` is its usual width in pixels, `align` is `left` or `right`."""

    name: str
    label: str
    width: int
    align: str = "left"
    editable: bool = False
    sortable: bool = True


COLUMNS: Final[dict[str, Column]] = {
    column.name: column
    for column in (
        Column("sync", "Sync", 36),
        Column("priority", "Priority", 84, editable=True),
        Column("number", "Number", 112),
        Column("title", "Title", 320, editable=True),
        Column("state", "State", 100, editable=True),
        Column("assignee", "Assignee", 128, editable=True),
        Column("unit", "Unit", 96, editable=True),
        Column("place", "Location", 128, editable=True),
        Column("age", "Age", 64, "right"),
        Column("due", "Due", 112, editable=True),
        Column("updated", "Updated", 80, "right"),
        Column("type", "Type", 128),
        Column("category", "Category", 128, editable=True),
        Column("requester", "Requester", 128, editable=True),
        Column("group", "Group", 96, editable=True),
        Column("occurred", "Occurred", 128),
        Column("created", "Created", 128),
        Column("external", "External number", 112),
        Column("tags", "Tags", 128, editable=True),
    )
}

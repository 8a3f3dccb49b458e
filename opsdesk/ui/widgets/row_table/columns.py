"""What a column of a row table is, and the arrangement of columns that a person made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opsdesk.ui.widgets.row_table.cell import Cell

ROOM_FOR_STRETCH = 300
"""Pixels that the stretching column keeps, as long as other columns may give way."""


def _nothing(_row: Any) -> str:
    return ""


@dataclass(frozen=True)
class Column:
    """One column: `text` is what it says of a row (for copies, too), `paint` how it looks (by default the text).

    `words` says more than the cell shows, for a tooltip and screen readers. `gives_way` orders the columns that hide
    while the stretching one has too little room: 1 hides first, 0 never does. `value` is what an editor begins with.
    """

    name: str
    label: str
    text: Callable[[Any], str]
    paint: Callable[[Cell, Any], None] | None = None
    width: int = 96
    minimum: int = 36
    right: bool = False
    stretch: bool = False
    sortable: bool = True
    descending_first: bool = False
    editable: bool = False
    link: bool = False
    words: Callable[[Any], str] = _nothing
    value: Callable[[Any], Any] = _nothing
    icon: str = ""
    gives_way: int = 0
    shown: bool = True
    fixed: bool = False
    """True for a column that cannot be hidden."""


@dataclass
class Arrangement:
    """Order, widths and hidden columns, as the person left them; columns made later appear at their own place."""

    order: list[str] = field(default_factory=list)
    widths: dict[str, int] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, columns: Iterable[Column]) -> Arrangement:
        """Return the arrangement that nobody has touched yet."""
        columns = tuple(columns)
        return cls(
            [c.name for c in columns], {c.name: c.width for c in columns}, {c.name for c in columns if not c.shown}
        )

    @classmethod
    def from_saved(cls, columns: Sequence[Column], saved: object) -> Arrangement:
        """Return what `saved` (of `to_save`, from a file that may be old or wrong) says, the defaults for the rest."""
        result = cls.of(columns)
        if not isinstance(saved, Mapping):
            return result
        known = {column.name: column for column in columns}
        wanted = [name for name in _strings(saved.get("order")) if name in known]
        for place, column in enumerate(columns):
            if column.name not in wanted:
                wanted.insert(min(place, len(wanted)), column.name)
        result.order = list(dict.fromkeys(wanted))
        widths = saved.get("widths")
        if isinstance(widths, Mapping):
            result.widths |= {
                name: max(min(known[name].minimum, known[name].width), min(int(width), 2000))
                for name, width in widths.items()
                if name in known and isinstance(width, int | float)
            }
        if isinstance(saved.get("hidden"), list | tuple):
            result.hidden = {n for n in _strings(saved["hidden"]) if n in known and not known[n].fixed}
            mentioned = set(_strings(saved.get("order")))
            result.hidden |= {c.name for c in columns if not c.shown and c.name not in mentioned}
        return result

    def to_save(self) -> dict[str, object]:
        """Return plain values that JSON can carry."""
        return {"order": list(self.order), "widths": dict(self.widths), "hidden": sorted(self.hidden)}

    def fit(self, columns: Iterable[Column], room: int) -> dict[str, int]:
        """Return the columns to show in their order with their widths, for a table of `room` pixels.

        The stretching column takes what is left. While that is too little, columns that may give way stay out.
        """
        known = {column.name: column for column in columns}
        shown = {name: self.widths[name] for name in self.order if name not in self.hidden}
        stretch = next((name for name in shown if known[name].stretch), None)
        if stretch is None:
            return shown
        left = room - sum(width for name, width in shown.items() if name != stretch)
        for name in sorted((n for n in shown if known[n].gives_way), key=lambda n: known[n].gives_way):
            if left >= ROOM_FOR_STRETCH:
                break
            left += shown.pop(name)
        shown[stretch] = max(left, known[stretch].minimum)
        return shown


def _strings(value: object) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list | tuple) else []

"""Drawings as screens get them, and the questions that lead to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models import geometry
from opsdesk.models.base import Id
from opsdesk.models.drawings import DrawingKind, ThreatLevel
from opsdesk.models.geometry import BadGeometry, Extent
from opsdesk.models.tickets import State
from opsdesk.services import pasting, times
from opsdesk.services.drawings.tracing import Traced, trace
from opsdesk.services.drawings.words import shape_words
from opsdesk.services.query import within
from opsdesk.services.tickets.fetch import read_up_to
from opsdesk.services.tickets.rows import Base
from opsdesk.store.drawing_areas import overlap
from opsdesk.store.work import Reader

MOST_SHOWN: Final = 2_000
MOST_CHARACTERS_SHOWN: Final = 8_000_000
"""Of the geometries that are told to the map at once."""


@dataclass(frozen=True, slots=True)
class DrawingRow:
    """One drawing. `geometry` is GeoJSON as it is stored; times are UTC milliseconds. `expired` and `begun` are as of
    the question."""

    id: Id
    base: Base
    name: str
    note: str
    kind: DrawingKind
    geometry: str
    radius_m: float | None
    level: ThreatLevel | None
    valid_from: int | None
    valid_until: int | None
    unit: str
    exercise: bool
    updated_at: int
    now: int

    @property
    def expired(self) -> bool:
        """Whether its time is over. It is shown all the same, as what it is."""
        return self.valid_until is not None and self.valid_until <= self.now

    @property
    def begun(self) -> bool:
        """Whether it holds already."""
        return self.valid_from is None or self.valid_from <= self.now

    @property
    def validity(self) -> str:
        """Until when it holds, in words; empty for what holds without an end."""
        if self.expired and self.valid_until is not None:
            return f"expired {times.dtg(self.valid_until, short=True)}"
        if not self.begun and self.valid_from is not None:
            return f"from {times.dtg(self.valid_from, short=True)}"
        return "" if self.valid_until is None else f"until {times.dtg(self.valid_until, short=True)}"

    def told(self) -> dict[str, Any]:
        """As the map's page reads it; the geometry stays a text, which the page reads by itself."""
        return {
            "id": self.id.hex(), "n": self.name, "k": int(self.kind), "g": self.geometry, "r": self.radius_m,
            "l": 0 if self.level is None else int(self.level), "x": int(self.expired), "f": int(not self.begun),
            "w": "" if self.level is None else self.level.label.upper(), "u": self.validity,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shown:
    """What the map draws of one kind: its rows, how many there are in all, how many of them have expired, how many
    cannot be drawn, and when the newest changed."""

    kind: DrawingKind
    rows: tuple[DrawingRow, ...]
    total: int
    expired: int
    unreadable: int
    newest_at: int | None


_COLUMNS: Final = (
    "d.id, d.ver, d.name, coalesce(d.note, ''), d.kind, d.geometry, d.radius_m, d.level, d.valid_from, d.valid_until, "
    "coalesce(u.code, u.name, ''), d.exercise, d.updated_at"
)
_FROM: Final = "FROM drawing d LEFT JOIN unit u ON u.id = d.unit WHERE d.voided IS NULL"


def row(reader: Reader, drawing: Id) -> DrawingRow | None:
    """One drawing that counts; None when it is not here."""
    return next(iter(_rows(reader, "AND d.id = ?", (drawing,))), None)


def shown(reader: Reader, kinds: Sequence[DrawingKind], box: Extent) -> tuple[Shown, ...]:
    """What the map shows within a rectangle, for each kind. Counts are of all that there are anywhere."""
    found = []
    for kind in kinds:
        total, expired, newest, placed = reader.rows(
            "SELECT count(*), coalesce(sum(d.valid_until <= ?1), 0), max(d.updated_at), "
            "coalesce(sum(EXISTS (SELECT 1 FROM drawing_area a WHERE a.key = d.key)), 0) "
            "FROM drawing d WHERE d.voided IS NULL AND d.kind = ?2",
            (reader.now, int(kind)),
        )[0]
        inside = overlap(len(box.parts))
        corners = [value for south, north, west, east in box.parts for value in (south, north, west, east)]
        rows = _rows(
            reader,
            f"AND d.key IN ({inside}) AND d.kind = ?{len(corners) + 1} ORDER BY d.key DESC LIMIT {MOST_SHOWN}",
            (*corners, int(kind)),
        )
        found.append(Shown(kind, _fitting(rows), total, expired, total - placed, newest))
    return tuple(found)


def everything(reader: Reader) -> tuple[DrawingRow, ...]:
    """All drawings, by their names."""
    return _rows(reader, "ORDER BY lower(d.name), d.key", ())


def around(reader: Reader, lat: float, lon: float) -> tuple[DrawingRow, ...]:
    """The areas and circles that a position lies in, the severest first."""
    near = _rows(reader, f"AND d.key IN ({overlap(1)}) ORDER BY d.level DESC, d.key DESC", (lat, lat, lon, lon))
    return tuple(one for one in near if _holds(one, lat, lon))


def count_in(reader: Reader, drawing: Id) -> tuple[int, int]:
    """How many tickets lie in a drawing: the open ones, and all. None do in a point or a line."""
    found = reader.row("SELECT geometry, radius_m FROM drawing WHERE id = ?", (drawing,))
    if found is None:
        return 0, 0
    try:
        inside = within.condition(*found)
    except BadGeometry:
        return 0, 0
    if inside is None or inside.lead is None:
        return 0, 0
    where = f"t.key IN ({inside.lead.select}) AND {inside.sql} AND t.voided IS NULL"
    values = (*inside.lead.parameters, *inside.parameters)
    is_open = f"coalesce(sum(t.state < {State.RESOLVED:d}), 0)"
    return reader.row(f"SELECT {is_open}, count(*) FROM ticket t WHERE {where}", values) or (0, 0)


@dataclass(frozen=True, slots=True)
class Measured:
    """One drawing with its `shape` in words, the `extent` around it (None where it cannot be read), and what `count_in`
    says of it."""

    row: DrawingRow
    shape: str
    extent: Extent | None
    inside: tuple[int, int]


def measured(reader: Reader, drawing: Id) -> Measured | None:
    """One drawing as a card tells it; None when it is not here."""
    found = row(reader, drawing)
    if found is None:
        return None
    try:
        extent = box_of(found.geometry, found.radius_m)
    except BadGeometry:
        extent = None
    return Measured(found, shape_words(found.geometry, found.radius_m), extent, count_in(reader, drawing))


def traced(_reader: Reader, shape: str, points: str, radius: str) -> tuple[Traced, Extent]:
    """What was typed as a shape, and the rectangle around it; off the window's thread. Raises Refused."""
    found = trace(shape, points, radius)
    return found, box_of(found.geometry, found.radius_m)


def box_of(said: str, radius_m: float | None) -> Extent:
    """The rectangle around a stored geometry. Raises BadGeometry."""
    return geometry.extent(geometry.read(said), radius_m)


def _holds(one: DrawingRow, lat: float, lon: float) -> bool:
    return geometry.inside_of(one.geometry, one.radius_m)[1].holds(lat, lon)


def _fitting(rows: tuple[DrawingRow, ...]) -> tuple[DrawingRow, ...]:
    """The newest, as many as can be told at once."""
    left, kept = MOST_CHARACTERS_SHOWN, []
    for one in rows:
        left -= len(one.geometry)
        if left < 0:
            break
        kept.append(one)
    return tuple(kept)


def _rows(reader: Reader, more: str, parameters: Sequence[Any]) -> tuple[DrawingRow, ...]:
    seq, settled = read_up_to(reader)
    return tuple(
        DrawingRow(
            id=record[0], base=Base(record[1], seq, settled), name=pasting.clean(record[2]),
            note=pasting.clean(record[3]), kind=_kind(record[4]),
            geometry=record[5], radius_m=record[6], level=_level(record[7]), valid_from=record[8],
            valid_until=record[9], unit=record[10], exercise=bool(record[11]), updated_at=record[12], now=reader.now,
        )
        for record in reader.rows(f"SELECT {_COLUMNS} {_FROM} {more}", parameters)
    )  # fmt: skip


def _kind(said: int) -> DrawingKind:
    """The kind; one of a newer version of the program is a drawing like others."""
    return DrawingKind(said) if said in tuple(DrawingKind) else DrawingKind.DRAWING


def _level(said: int | None) -> ThreatLevel | None:
    return ThreatLevel(said) if said in tuple(ThreatLevel) else None

"""What a person does with drawings: make, edit, remove. Undo gives back what each wrote over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from opsdesk.models import geometry, rights
from opsdesk.models.base import Id
from opsdesk.models.drawings import Drawing, DrawingKind, ThreatLevel
from opsdesk.models.geometry import BadGeometry
from opsdesk.services import access, pasting
from opsdesk.services.changes import Changes
from opsdesk.services.errors import Invalid, NotFound, Problem, Refused
from opsdesk.services.tickets.commands import text
from opsdesk.services.times import bounded
from opsdesk.store.work import Work

NAME_LIMIT: Final = 80
NOTE_LIMIT: Final = 4_000
POLAR_LAT: Final = 85.0
"""Beyond this the map (web Mercator) ends, and lines that are straight in degrees are bent on the ground."""
POLAR_TURN: Final = 15.0
"""Degrees of longitude that an edge may turn there: it is then at most 5 km beside the straight line on the ground."""
FIELDS: Final = ("name", "note", "kind", "geometry", "radius_m", "level", "valid_from", "valid_until")
"""What may be set, by the names of the entity's fields."""


def create(work: Work, values: Mapping[str, Any], *, exercise: bool = False) -> Changes:
    """Make a drawing of the own unit from the fields of `FIELDS`. The outcome's value is its id.

    Raises Invalid with a problem for each field that is wrong.
    """
    access.require(work, rights.EDIT)
    row = checked({"kind": int(DrawingKind.DRAWING), **values})
    made = work.insert(Drawing, {**row, "exercise": int(exercise), "updated_at": work.now})
    work.value_out = made
    work.label = f"Draw “{row['name']}”"
    return Changes(drawings=frozenset({made}))


def edit(work: Work, drawing: Id, values: Mapping[str, Any], *, seen: tuple[int, ...] | None = None) -> Changes:
    """Set fields of a drawing; `seen` is the base of the row that was edited. Nothing is written for what is the same.

    Raises Invalid, NotFound when it is not here any more.
    """
    access.require(work, rights.EDIT)
    before = _stored(work, drawing)
    row = checked({**before, **values})
    changed = {name: row[name] for name in values if row[name] != before[name]}
    # What only an area of threat has goes when it is none any more.
    changed |= {name: row[name] for name in ("level", "radius_m") if row[name] is None and before[name] is not None}
    if changed:
        work.update(Drawing, drawing, {**changed, "updated_at": work.now}, seen=seen)
        work.label = _label(row["name"], changed)
    return Changes(drawings=frozenset({drawing}) if changed else frozenset())


def remove(work: Work, drawing: Id) -> Changes:
    """Take a drawing off the map; undo brings it back. Raises NotFound."""
    access.require(work, rights.EDIT)
    name = _stored(work, drawing)["name"]
    work.update(Drawing, drawing, {"voided": "removed", "updated_at": work.now})
    work.label = f"Remove “{name}” from the map"
    return Changes(drawings=frozenset({drawing}))


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they are stored. Raises Invalid with all that is wrong, in the order of a form."""
    problems: list[Problem] = []
    row: dict[str, Any] = {}
    for name, check in _CHECKS.items():
        try:
            row[name] = check(values.get(name))
        except Refused as refused:
            problems.append(Problem(name, refused.text))
    kind, threat = row.get("kind"), row.get("kind") == DrawingKind.THREAT
    shape = geometry.read(row["geometry"]) if "geometry" in row else None
    if shape is not None:
        row["radius_m"] = row.get("radius_m") if shape.type == "Point" else None
        if kind in (DrawingKind.AREA, DrawingKind.THREAT) and not (shape.is_area or row["radius_m"]):
            problems.append(Problem("kind", f"{DrawingKind(kind).label}: draw an area or a circle for it"))
    if not threat:
        row["level"] = None
    elif row.get("level") is None:
        problems.append(Problem("level", "Say how severe the threat is"))
    if threat and "valid_until" in row and row["valid_until"] is None:
        problems.append(Problem("valid_until", "A threat level holds until some time: say until when"))
    if threat and "note" in row and row["note"] is None:
        problems.append(Problem("note", "Say on what basis the level is given"))
    begins, ends = row.get("valid_from"), row.get("valid_until")
    if begins is not None and ends is not None and ends <= begins:
        problems.append(Problem("valid_until", "It must end after it begins"))
    if problems:
        raise Invalid(tuple(problems))
    return row


def _label(name: str, changed: Mapping[str, Any]) -> str:
    if changed.keys() <= {"geometry", "radius_m"}:
        return f"Redraw “{name}”"
    return f"Edit “{name}”"


def _stored(work: Work, drawing: Id) -> dict[str, Any]:
    row = work.row(f"SELECT {', '.join(FIELDS)} FROM drawing WHERE id = ? AND voided IS NULL", (drawing,))
    if row is None:
        raise NotFound("This drawing is not here any more")
    return dict(zip(FIELDS, row, strict=True))


def _name(value: Any) -> str:
    """A name as it is stored: on one line, without signs that turn the direction of what follows. Raises Refused."""
    said = " ".join(pasting.clean(text("name", value or "")).split())
    if not said:
        raise Refused("Give it a name")
    if len(said) > NAME_LIMIT:
        raise Refused(f"At most {NAME_LIMIT} characters, these are {len(said)}")
    return said


def _note(value: Any) -> str | None:
    said = pasting.clean(text("note", value or "")).strip()
    if len(said) > NOTE_LIMIT:
        raise Refused(f"At most {NOTE_LIMIT:,} characters, these are {len(said):,}")
    return said or None


def _kind(value: Any) -> int:
    if value not in tuple(DrawingKind):
        raise Refused("Choose what it is")
    return int(value)


def _level(value: Any) -> int | None:
    if value is not None and value not in tuple(ThreatLevel):
        raise Refused("Choose one of the levels")
    return None if value is None else int(value)


def _geometry(value: Any) -> str:
    try:
        shape = geometry.read(value)
    except BadGeometry as bad:
        raise Refused(str(bad)) from None
    if shape.is_area and (turn := geometry.widest_turn(shape, POLAR_LAT)) > POLAR_TURN:
        raise Refused(
            f"Nearer to a pole than {POLAR_LAT:g}° an edge follows its parallel, not the straight line on the ground. "
            f"This one turns {turn:.0f}°: put points between, at most {POLAR_TURN:g}° apart, or draw a circle"
        )
    return geometry.text(shape)


def _radius(value: Any) -> float | None:
    try:
        return geometry.read_radius(value)
    except BadGeometry as bad:
        raise Refused(str(bad)) from None


def _moment(value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is not int:
        raise Refused("This is no time")
    return bounded(value)


_CHECKS: Final = {
    "name": _name, "kind": _kind, "geometry": _geometry, "radius_m": _radius, "level": _level,
    "valid_from": _moment, "valid_until": _moment, "note": _note,
}  # fmt: skip

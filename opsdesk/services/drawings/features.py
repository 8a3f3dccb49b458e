"""One feature of a GeoJSON file as drawings: what of its properties is known, and of its geometry drawn."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from opsdesk.models import geometry
from opsdesk.models.base import Id
from opsdesk.models.drawings import DrawingKind, ThreatLevel
from opsdesk.models.geometry import BadGeometry
from opsdesk.services import pasting, times
from opsdesk.services.drawings.commands import NAME_LIMIT, NOTE_LIMIT
from opsdesk.services.drawings.simplifying import simplified
from opsdesk.services.drawings.words import length_words
from opsdesk.services.errors import Refused

MOST_READ: Final = 200_000
"""Points of one geometry of a file, before it is simplified."""
MOST_PIECES: Final = 200
"""Drawings that one feature may become."""
_DEEP: Final = 4
_NAMES: Final = ("name", "title", "label", "id")
_NOTES: Final = ("note", "description", "desc", "remarks")
_APART: Final = {"MultiPoint": "Point", "MultiLineString": "LineString"}


@dataclass(frozen=True, slots=True)
class Feature:
    """One drawing of a file: its fields as `create` takes them, and what was done to it, in words."""

    values: dict[str, Any]
    words: str = ""
    record: Id | None = None
    """The record that it was when this program wrote the file."""


def read(feature: Any, number: int, stop: Callable[[], None]) -> Iterator[Feature]:
    """The drawings of a feature; `number` is its place in the file, for one without a name. Raises BadGeometry."""
    if not isinstance(feature, dict):
        raise BadGeometry("It is no feature")
    said = feature.get("properties")
    said = said if isinstance(said, dict) else {}
    shapes = list(islice(_apart(feature.get("geometry"), 0), MOST_PIECES + 1))
    if not shapes:
        raise BadGeometry("It has no geometry")
    if len(shapes) > MOST_PIECES:
        raise BadGeometry(f"It has more than {MOST_PIECES} parts")
    name = _first(said, _NAMES, NAME_LIMIT - 5) or _first(feature, ("id",), NAME_LIMIT - 5) or f"Feature {number}"
    for at, one in enumerate(shapes, 1):
        shape = geometry.read(one, most=MOST_READ)
        count = shape.vertices
        try:
            shape, off = simplified(shape, geometry.MOST_VERTICES, stop)
        except ValueError:
            raise BadGeometry("It has more rings than a drawing can have points") from None
        told = geometry.text(shape)
        geometry.read(told)
        known = _known(said, shape)
        words = _said(name, known, said)
        if shape.vertices < count:
            few = f"from {count:,} to {shape.vertices:,} points, at most {length_words(off)} off"
            words = f"“{name}” was simplified {few}{'; ' if words else ''}{words}"
        called = name if len(shapes) == 1 else f"{name} {at}"
        yield Feature(
            {"name": called, "geometry": told, **known}, words, _record(feature) if len(shapes) == 1 else None
        )


def _apart(said: Any, depth: int) -> Iterator[Any]:
    """The geometries that can each be a drawing. Raises BadGeometry."""
    if said is None:
        return
    if not isinstance(said, dict) or depth > _DEEP:
        raise BadGeometry("It is no geometry" if depth <= _DEEP else "Its collections are nested too deep")
    kind = said.get("type")
    if isinstance(kind, str) and kind in (*_APART, "GeometryCollection"):
        parts = said.get("geometries" if kind == "GeometryCollection" else "coordinates")
        if not isinstance(parts, list) or len(parts) > MOST_PIECES:
            raise BadGeometry(f"It has more than {MOST_PIECES} parts, or none that can be read")
        for part in _joined(parts) if kind == "MultiLineString" else parts:
            yield from (
                _apart(part, depth + 1)
                if kind == "GeometryCollection"
                else [{"type": _APART[kind], "coordinates": part}]
            )
    else:
        yield said


def _joined(lines: list[Any]) -> list[Any]:
    """Lines with those in one that were cut at the date line, as the standard wants them."""
    found: list[Any] = []
    for line in lines:
        last = found[-1] if found else None
        if isinstance(line, list) and isinstance(last, list) and line and last and _meet(last[-1], line[0]):
            seam = [] if _straight(last, line) else [last[-1]]
            found[-1] = [*last[:-1], *seam, *line[1:]]
        else:
            found.append(line)
    return found


def _meet(one: Any, other: Any) -> bool:
    if not (isinstance(one, list) and isinstance(other, list) and len(one) > 1 and len(other) > 1):
        return False
    return one[0] in (180, -180) and other[0] == -one[0] and one[1] == other[1]


def _straight(one: list[Any], other: list[Any]) -> bool:
    """Whether the point at which two lines meet on the date line was only made by the cut."""
    try:
        (lon1, lat1), (lon2, lat2), (lon, lat) = one[-2][:2], other[1][:2], one[-1][:2]
        lon2 += 360 if lon > 0 else -360
        return bool(abs(lat1 + (lat2 - lat1) * (lon - lon1) / (lon2 - lon1) - lat) < 2e-6)
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return False  # what is wrong with them is found out when they are read


def _record(feature: Mapping[str, Any]) -> Id | None:
    said = feature.get("id")
    return bytes.fromhex(said) if isinstance(said, str) and re.fullmatch(r"[0-9a-f]{32}", said) else None


def _said(name: str, known: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    """What of the properties could not be taken, where it matters."""
    if "level" in said and "level" not in known:
        return f"“{name}” came without its threat level, which needs an area, a basis (note) and an end (valid_until)"
    return ""


def _known(said: Mapping[str, Any], shape: geometry.Geometry) -> dict[str, Any]:
    """What of the properties a drawing has a field for; what does not fit is left out, never guessed."""
    found: dict[str, Any] = {"note": _first(said, _NOTES, NOTE_LIMIT) or None}
    radius = said.get("radius_m", said.get("radius"))
    if shape.type == "Point" and type(radius) in (int, float) and 0 < radius <= geometry.MOST_RADIUS_M:
        found["radius_m"] = float(radius)
    begins, ends = _moment(said.get("valid_from")), _moment(said.get("valid_until"))
    if begins is None or ends is None or begins < ends:
        found |= {"valid_from": begins, "valid_until": ends}
    level = next((one for one in ThreatLevel if str(said.get("level", "")).casefold() == one.name.casefold()), None)
    area = shape.is_area or "radius_m" in found
    words = str(said.get("kind", "")).casefold()
    if area and words == "threat area" and level is not None and found.get("valid_until") and found["note"]:
        return {**found, "kind": int(DrawingKind.THREAT), "level": int(level)}
    kind = DrawingKind.AREA if area and words in ("area", "threat area") else DrawingKind.DRAWING
    return {**found, "kind": int(kind)}


def _first(said: Mapping[str, Any], names: tuple[str, ...], most: int) -> str:
    lower = {str(key).casefold(): value for key, value in list(said.items())[:200]}
    for name in names:
        value = lower.get(name)
        told = isinstance(value, str | int | float) and not isinstance(value, bool)
        if told and (text := pasting.clean(str(value)[: most + 1]).strip()):
            return text if len(text) <= most else f"{text[: most - 1]}…"
    return ""


def _moment(said: Any) -> int | None:
    if not isinstance(said, str) or len(said) > 40:
        return None
    try:
        moment = datetime.fromisoformat(said)
        return times.bounded(times.to_ms(moment)) if moment.tzinfo is not None else None
    except (ValueError, OverflowError, Refused):
        return None

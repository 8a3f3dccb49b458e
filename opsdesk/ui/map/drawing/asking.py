"""What is asked of a drawing: its name and kind, of an area of threat its level, basis and end; or its positions."""

from __future__ import annotations

from typing import Any

from opsdesk.services import drawings
from opsdesk.services.drawings import DrawingKind, DrawingRow, ThreatLevel
from opsdesk.services.drawings.tracing import SHAPES
from opsdesk.services.forms import FormField, Option, Rule

_KINDS = {str(int(kind)): kind.label for kind in DrawingKind}
_LEVELS = {str(int(level)): level.label for level in ThreatLevel}


def _options(words: dict[str, str]) -> tuple[Option, ...]:
    return tuple(Option(code, label) for code, label in words.items())


def fields(*, area: bool) -> tuple[FormField, ...]:
    """The questions; only an area or a circle can be meant as an area or a threat."""
    kinds = _KINDS if area else {key: _KINDS[key] for key in (str(int(DrawingKind.DRAWING)),)}
    return (
        FormField("name", "Name", "text", required=True, max_length=drawings.NAME_LIMIT, placeholder="Bria axis"),
        FormField("kind", "Meant as", "choice", required=True, options=_options(kinds)),
        FormField("level", "Threat level", "choice", options=_options(_LEVELS)),
        FormField("valid_from", "Holds from", "datetime", placeholder="now, 23 0600Z"),
        FormField("valid_until", "Holds until", "datetime", placeholder="+24h, 23 0600Z"),
        FormField("note", "Note", "longtext", placeholder="What it says; of a threat, on what basis"),
    )


RULES = (
    Rule("show", ("level",), {"==": [{"var": "kind"}, str(int(DrawingKind.THREAT))]}),
    Rule("require", ("level", "valid_until", "note"), {"==": [{"var": "kind"}, str(int(DrawingKind.THREAT))]}),
    Rule("relabel", ("note",), {"==": [{"var": "kind"}, str(int(DrawingKind.THREAT))]}, text="Basis"),
)

TYPED = (
    FormField("shape", "Shape", "choice", required=True, options=_options(dict(SHAPES))),
    FormField(
        "points", "Positions, one a line", "longtext", required=True,
        placeholder="34N FM 1234 5678\n6.54, 21.98\n6°32′N 22°01′E", help="MGRS or degrees, in any usual writing",
    ),
    FormField("radius", "Radius", "text", placeholder="2.5 km", half_width=True),
)  # fmt: skip
TYPED_RULES = (
    Rule("show", ("radius",), {"==": [{"var": "shape"}, "circle"]}),
    Rule("require", ("radius",), {"==": [{"var": "shape"}, "circle"]}),
)


def answers(row: DrawingRow) -> dict[str, Any]:
    """What the form holds for a drawing."""
    return {
        "name": row.name, "kind": str(int(row.kind)), "level": None if row.level is None else str(int(row.level)),
        "valid_from": row.valid_from, "valid_until": row.valid_until, "note": row.note,
    }  # fmt: skip


def values(said: dict[str, Any]) -> dict[str, Any]:
    """The answers as a command takes them."""
    level = said.get("level")
    return {
        "name": said.get("name") or "", "kind": int(said.get("kind") or 0), "note": said.get("note") or "",
        "level": int(level) if level else None, "valid_from": said.get("valid_from"),
        "valid_until": said.get("valid_until"),
    }  # fmt: skip


def positions_of(row: DrawingRow) -> dict[str, Any] | None:
    """The positions of a drawing for the same form; None for one that can only be redrawn on the map."""
    shape, lines = drawings.lines_of(row.geometry)
    if not shape:
        return None
    if shape == "point" and row.radius_m is not None:
        return {"shape": "circle", "points": lines, "radius": f"{row.radius_m:g} m"}
    return {"shape": shape, "points": lines}

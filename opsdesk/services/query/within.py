"""Tickets inside a drawing: `in:"Bria axis"`. The index of positions leads to those in its rectangle, `in_shape` then
tells exactly (`models.geometry.inside`)."""

from __future__ import annotations

from typing import Any

from opsdesk.models import geometry
from opsdesk.models.geometry import BadGeometry
from opsdesk.services.errors import QueryError
from opsdesk.services.query import names, nearby
from opsdesk.services.query.conditions import Condition, either
from opsdesk.services.query.fields import Field
from opsdesk.services.query.nodes import Term
from opsdesk.store.work import Reader


def within(reader: Reader, field: Field, term: Term) -> Condition:
    """True for tickets inside one of the drawings that a term names.

    Raises QueryError at a name that no drawing has, that only points and lines have, or that too many have.
    """
    found, named = [], 0
    for value in term.values:
        meant = names.resolve(reader, field, Term(term.name, term.operator, (value,)))
        named += len(meant.ids)
        if named > nearby.MOST:
            said = f"“{value.text}” makes it {named:,} drawings; at most {nearby.MOST} can be looked in"
            raise QueryError(f"{said}. Write more of the name", value.start, value.end)
        marks = ", ".join("?" * len(meant.ids))
        rows = reader.rows(f"SELECT geometry, radius_m FROM drawing WHERE id IN ({marks})", meant.ids)
        inside = [one for row in rows if (one := _readable(*row)) is not None]
        if not inside:
            words = f"“{value.text}” is no area: nothing lies inside a point or a line"
            raise QueryError(words, value.start, value.end)
        found += inside
    return either(found)


def condition(said: Any, radius_m: Any) -> Condition | None:
    """True for tickets inside a stored geometry; None where nothing can lie inside. Raises BadGeometry."""
    token, shape = geometry.inside_of(said, radius_m)
    if not shape.is_area:
        return None
    if shape.radius_m is not None:
        ((lon, lat),) = shape.shape.parts[0][0]
        return nearby.condition(lat, (lon + 180) % 360 - 180, shape.radius_m)
    south, _, north, _ = shape.extent
    sql = "(t.lat BETWEEN ? AND ? AND in_shape(?, t.lat, t.lon))"
    lead = nearby.lead_to(nearby.boxes_in(shape.extent))
    return Condition(sql, (south, north, token), narrow=True, lead=lead)


def _readable(said: Any, radius_m: Any) -> Condition | None:
    try:
        return condition(said, radius_m)
    except BadGeometry:
        return None  # it came so from elsewhere; the map says that it cannot be drawn

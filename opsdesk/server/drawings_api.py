"""Drawings over HTTP, for programs beside the desks: which there are, and which tickets lie in one.

The index of positions leads to the tickets in the rectangle around a drawing, under the reader's rights; what lies
inside is then told exactly, as on the desks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from opsdesk.models import geometry
from opsdesk.models.drawings import DrawingKind
from opsdesk.models.geometry import BadGeometry, Inside
from opsdesk.server import wire
from opsdesk.server.state import Server, claims
from opsdesk.server.tickets_api import LARGEST_PAGE, PAGE
from opsdesk.server.wire import Refusal

_AT_ONCE: Final = 2_000
"""Tickets of the rectangle that are looked at in one question."""
_QUESTIONS: Final = 25
"""Most questions of one page; where they find too few for it, the page is shorter and the next one goes on."""
_PAGE_BYTES: Final = 2 * 1024 * 1024
"""Of shapes and texts on one page of drawings, after which no further one begins."""
_BEFORE_ALL: Final = b"\xff" * 16


async def list_drawings(request: Request) -> Response:
    """A page of drawings, the newest first. Raises Refusal."""
    who = await claims(request)
    limit, before = _page(request)
    async with Server.of(request).db.reading(who) as connection:
        rows = await connection.fetch(_DRAWINGS, before, limit, _PAGE_BYTES)
        last = rows[-1]["id"] if rows else before
        more = await connection.fetchval("SELECT EXISTS (SELECT FROM drawing WHERE voided IS NULL AND id < $1)", last)
    following = wire.cursor([last]) if more else None
    # Shapes are read and written aside: what is large would keep all others waiting here.
    return await asyncio.to_thread(lambda: wire.answer({"drawings": [_out(row) for row in rows], "next": following}))


async def tickets_inside(request: Request) -> Response:
    """A page of the tickets that lie in an area or a circle, the newest first. Raises Refusal."""
    who = await claims(request)
    limit, before = _page(request)
    drawing = wire.identity(request.path_params["id"])
    async with Server.of(request).db.reading(who) as connection:
        row = await connection.fetchrow(
            "SELECT geometry, radius_m FROM drawing WHERE id = $1 AND voided IS NULL", drawing
        )
        if row is None:
            raise Refusal(404, "not found", "There is no such drawing")
        shape = await asyncio.to_thread(_ready, row)
        found, last = await _inside(connection, shape, before, limit)
        rows = await connection.fetch("SELECT * FROM ticket WHERE id = ANY ($1) ORDER BY id DESC", found)
    following = None if last is None else wire.cursor([last])
    return wire.answer({"tickets": [wire.ticket_out(one) for one in rows], "next": following})


async def _inside(connection: Any, shape: Inside, before: bytes, limit: int) -> tuple[list[bytes], bytes | None]:
    """The ids of the next tickets inside, and where to go on; None at the end."""
    found: list[bytes] = []
    south, west, north, east = shape.extent
    for _ in range(_QUESTIONS):
        near = await connection.fetch(
            "SELECT id, lat, lon FROM box_tickets($1, $2, $3, $4, $5, $6)", south, west, north, east, before, _AT_ONCE
        )
        inside = await asyncio.to_thread(_held, shape, near)
        room = limit - len(found)
        found += inside[:room]
        if len(inside) > room:
            return found, found[-1]
        if len(near) < _AT_ONCE:
            return found, None
        before = near[-1]["id"]
        if len(found) == limit:
            break
    return found, before


def _held(shape: Inside, near: Sequence[Mapping[str, Any]]) -> list[bytes]:
    return [row["id"] for row in near if shape.holds(row["lat"], row["lon"])]


def _ready(row: Mapping[str, Any]) -> Inside:
    try:
        _, shape = geometry.inside_of(row["geometry"], row["radius_m"])
    except BadGeometry as bad:
        raise Refusal(422, "refused", f"This drawing cannot be read: {bad}") from bad
    if not shape.is_area:
        raise Refusal(422, "refused", "Nothing lies inside a point or a line")
    return shape


def _page(request: Request) -> tuple[int, bytes]:
    asked = dict(request.query_params)
    limit = wire.whole(asked.pop("limit", str(PAGE)), 1, LARGEST_PAGE, "limit")
    (before,) = wire.read_cursor(asked.pop("cursor"), tuple[bytes]) if "cursor" in asked else (_BEFORE_ALL,)
    if asked:
        raise Refusal(422, "malformed", f"“{next(iter(asked))[:40]}” is no parameter of this page")
    return limit, before


def _out(row: Mapping[str, Any]) -> dict[str, Any]:
    try:
        shape = geometry.cut(geometry.read(row["geometry"]))
    except BadGeometry:
        shape = None
    return {
        "id": str(UUID(bytes=row["id"])),
        "unit": str(UUID(bytes=row["unit"])) if row["unit"] else None,
        "name": row["name"],
        "note": row["note"],
        "kind": DrawingKind(row["kind"]).label if row["kind"] in tuple(DrawingKind) else str(row["kind"]),
        "geometry": shape,
        **{name: row[name] for name in ("marking", "exercise", "radius_m", "level", "valid_from", "valid_until")},
        "updated_at": row["updated_at"],
    }


_SIZE: Final = "octet_length(p.geometry) + coalesce(octet_length(p.note), 0)"
_DRAWINGS: Final = f"""
SELECT d.* FROM (
    SELECT p.*, sum({_SIZE}) OVER (ORDER BY p.id DESC) - ({_SIZE}) AS bytes_before
    FROM (SELECT * FROM drawing WHERE voided IS NULL AND id < $1 ORDER BY id DESC LIMIT $2) p
) d WHERE d.bytes_before < $3 ORDER BY d.id DESC
"""

ROUTES: Final = (Route("/v1/drawings", list_drawings), Route("/v1/drawings/{id}/tickets", tickets_inside))

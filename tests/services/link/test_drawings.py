"""Drawings between two desks and a server: what is drawn without a link comes to the other desk, and finds there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from opsdesk.services import drawings, maps, tickets, undo
from tests.server.world import World
from tests.support.joined import join, waiting

pytestmark = pytest.mark.anyio

AXIS: dict[str, Any] = {
    "name": "Bria axis", "kind": 3, "level": 4, "note": "Patrol report", "valid_until": 1_900_000_000_000,
    "geometry": {"type": "Polygon", "coordinates": [[[21, 6], [23, 6], [23, 7], [21, 7]]]},
}  # fmt: skip


async def test_what_is_drawn_offline_on_one_desk_is_seen_and_searched_on_the_other(
    world: World, tmp_path: Path
) -> None:
    anna, ben = [await join(world, tmp_path / tag, "watch officer", tag) for tag in ("CP1", "FU2")]
    try:
        ticket = anna.do(tickets.create, title="Convoy halted", values={"lat": 6.5, "lon": 22.0}).result().value
        # No link: the drawing stands on Anna's map at once, and waits.
        record = anna.do(drawings.create, AXIS).result().value
        assert waiting(anna) > 0
        everywhere = maps.Box(-90, -180, 90, 180)
        found = anna.ask(maps.tickets, 'in:"Bria axis"', everywhere).result()
        assert [point.id for point in found.points] == [ticket.hex()]
        assert ben.ask(drawings.everything).result() == ()
        heard: list[Any] = []
        ben.changed.connect(heard.append)
        for desk in (anna, ben):
            await desk.link.once(world.transport)
        assert waiting(anna) == 0
        mine, theirs = (desk.ask(drawings.row, record).result() for desk in (anna, ben))
        assert mine is not None
        assert theirs is not None
        for name in ("name", "kind", "level", "note", "valid_until", "geometry"):
            assert getattr(theirs, name) == getattr(mine, name)
        assert any(record in changes.drawings or changes.everything for changes in heard), "the other map must look"
        found = ben.ask(maps.tickets, 'in:"Bria axis"', everywhere).result()
        assert [point.id for point in found.points] == [ticket.hex()]
        (threats,) = ben.ask(drawings.shown, (drawings.DrawingKind.THREAT,), maps.Box(6, 20, 7, 24)).result()
        assert [row.name for row in threats.rows] == ["Bria axis"]
        # Ben moves it and takes that back; both end with what Anna drew.
        moved = ben.do(drawings.edit, record, {"geometry": {"type": "Point", "coordinates": [22, 6]},
                                               "radius_m": 9_000.0}, seen=theirs.base).result()  # fmt: skip
        for desk in (ben, anna):
            await desk.link.once(world.transport)
        assert anna.ask(drawings.row, record).result().radius_m == 9_000  # type: ignore[union-attr]
        ben.do(undo.undo, moved.act).result()
        for desk in (ben, anna):
            await desk.link.once(world.transport)
        assert anna.ask(drawings.row, record).result().geometry == mine.geometry  # type: ignore[union-attr]
    finally:
        for desk in (anna, ben):
            await desk.link.stop()
            desk.close()

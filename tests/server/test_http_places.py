"""Where tickets lie, by HTTP: near, nearest, inside a drawing."""

import json
import threading
from typing import Any
from uuid import uuid4

import pytest

from opsdesk.server import drawings_api, wire
from tests.server.made_tickets import make
from tests.server.world import World

pytestmark = pytest.mark.anyio


async def test_near_finds_by_distance(world: World) -> None:
    officer = await world.as_("watch officer")
    await make(officer, title="far", lat=48.2, lon=11.0)
    await make(officer, title="near", lat=48.001, lon=11.0)
    await make(officer, title="nowhere")
    answer = await officer.get("/v1/tickets/near?lat=48&lon=11&metres=50000")
    assert [(one["title"], one["metres"]) for one in answer.json()["tickets"]] == [("near", 111.2), ("far", 22239.0)]


async def test_the_nearest_are_found_however_far_they_are(world: World) -> None:
    officer = await world.as_("watch officer")
    for title, lat, lon in (("far", -40.0, -170.0), ("near", 48.001, 11.0), ("middle", 50.0, 11.0)):
        await make(officer, title=title, lat=lat, lon=lon)
    for limit, titles in ((1, ["near"]), (2, ["near", "middle"]), (9, ["near", "middle", "far"])):
        answer = await officer.get(f"/v1/tickets/near?lat=48&lon=11&limit={limit}")
        assert [one["title"] for one in answer.json()["tickets"]] == titles


AREA = {"type": "Polygon", "coordinates": [[[170, -20], [190, -20], [190, -10], [170, -10]],
                                           [[178, -19], [179, -19], [179, -18], [178, -18]]]}  # fmt: skip


async def test_what_lies_in_a_drawing_is_told_page_by_page_to_who_may_read_both(world: World) -> None:
    """Over the date line, a hole left out; the drawing and the tickets each by the reader's own rights."""
    officer = await world.as_("watch officer")
    for title, lat, lon in (("west", -15, 175), ("east", -15, -175), ("hole", -18.5, 178.5), ("out", -15, 165)):
        await make(officer, title=title, lat=lat, lon=lon)
    await make(officer, title="secret", lat=-15, lon=176, marking=2)
    unit = await world.owner.fetchval("SELECT unit FROM ticket LIMIT 1")
    said = "INSERT INTO drawing (id, unit, name, geometry, radius_m, kind) VALUES ($1, $2, $3, $4, $5, 2)"
    area, circle, line, bad = (uuid4() for _ in range(4))
    await world.owner.execute(said, area.bytes, unit, "Area", json.dumps(AREA), None)
    await world.owner.execute(said, circle.bytes, unit, "Circle", '{"type":"Point","coordinates":[175,-15]}', 5_000.0)
    await world.owner.execute(said, line.bytes, unit, "Line", '{"type":"LineString","coordinates":[[1,1],[2,2]]}', None)
    await world.owner.execute(said, bad.bytes, unit, "Bad", "[[[", None)
    await world.grant("reader", "reader", "A", marking=1)
    reader = await world.as_("reader")
    first = (await reader.get(f"/v1/drawings/{area}/tickets?limit=1")).json()
    rest = (await reader.get(f"/v1/drawings/{area}/tickets?cursor={first['next']}")).json()
    paged = first["tickets"] + rest["tickets"]
    assert sorted(one["title"] for one in paged) == ["east", "west"]
    # Those of one millisecond are in no order of making, so only that of their ids is promised.
    assert [one["id"] for one in paged] == sorted((one["id"] for one in paged), reverse=True)
    assert (len(first["tickets"]), rest["next"]) == (1, None)
    told = (await officer.get(f"/v1/drawings/{area}/tickets")).json()["tickets"]
    assert {one["title"] for one in told} == {"east", "west", "secret"}
    told = (await reader.get(f"/v1/drawings/{circle}/tickets")).json()["tickets"]
    assert [one["title"] for one in told] == ["west"]
    for drawing, status in ((line, 422), (bad, 422), (uuid4(), 404)):
        assert (await reader.get(f"/v1/drawings/{drawing}/tickets")).status_code == status
    listed = {one["name"]: one for one in (await reader.get("/v1/drawings?limit=500")).json()["drawings"]}
    assert listed["Area"]["geometry"]["type"] == "MultiPolygon"
    assert (listed["Bad"]["geometry"], listed["Circle"]["radius_m"]) == (None, 5_000)
    await world.grant("analyst", "analyst", "B")
    stranger = await world.as_("analyst")
    assert (await stranger.get("/v1/drawings")).json()["drawings"] == []
    assert (await stranger.get(f"/v1/drawings/{area}/tickets")).status_code == 404


async def test_a_page_of_drawings_ends_by_its_bytes_and_is_written_beside_the_loop(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = await world.as_("watch officer")
    await make(officer)
    unit = await world.owner.fetchval("SELECT unit FROM ticket LIMIT 1")
    said = "INSERT INTO drawing (id, unit, name, note, geometry, kind) VALUES ($1, $2, $3, $4, $5, 2)"
    for name, note in (("a", None), ("b", "x" * 500), ("c", None)):
        await world.owner.execute(said, uuid4().bytes, unit, name, note, json.dumps(AREA))
    written, whole = [], wire.answer

    def answer(*said: Any) -> Any:
        written.append(threading.current_thread())
        return whole(*said)

    monkeypatch.setattr(wire, "answer", answer)
    for most, pages in ((1, 3), (len(json.dumps(AREA)) + 1, 2), (1 << 20, 1)):
        monkeypatch.setattr(drawings_api, "_PAGE_BYTES", most)
        told: list[str] = []
        following: str | None = ""
        for _ in range(pages):
            assert following is not None
            page = (await officer.get(f"/v1/drawings{following and f'?cursor={following}'}")).json()
            told += [one["name"] for one in page["drawings"]]
            following = page["next"]
        assert sorted(told) == ["a", "b", "c"]
        assert following is None
    assert threading.main_thread() not in written


@pytest.mark.parametrize("asked", ["lat=23.2&lon=-3e-218", "lat=5e-324&lon=0", "lat=0&lon=0&metres=5e-324"])
async def test_near_answers_of_numbers_that_are_almost_nothing(world: World, asked: str) -> None:
    officer = await world.as_("watch officer")
    for lat, lon in ((0, 0), (23.2, 0), (1e-200, 5e-324), (5e-324, 1e-300)):
        await make(officer, lat=lat, lon=lon)
    answer = await officer.get(f"/v1/tickets/near?{asked}")
    assert answer.status_code == 200
    assert answer.json()["tickets"][0]["metres"] == 0

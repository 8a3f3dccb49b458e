"""Searches by words and by position stay on their index under row-level security, and find by the rules of a sphere."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import asin, cos, radians, sin, sqrt
from random import Random
from typing import Any
from uuid import UUID

import pytest

from opsdesk.server import database, functions
from opsdesk.server.database import Claims, Database
from opsdesk.server.security import READER, SEARCHER
from tests.server.world import World

pytestmark = pytest.mark.anyio

ME = b"p" * 16
UNITS = (b"u" * 16, b"v" * 16)
FILL = """
INSERT INTO ticket (id, number, title, occurred_at, created_at, unit, lat, lon)
SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), 'T-X-' || n, 'Pump ' || md5(n::text) || ' broken', 0, 0,
    CASE WHEN n % 2 = 0 THEN $1::bytea ELSE $2::bytea END, n % 160 - 80, n % 340 - 170
FROM generate_series(1, 20000) n
"""


def claims(*units: bytes) -> Claims:
    return Claims(ME, b"d" * 16, "reader", None, units, 2, 1)


async def scans(connection: Any) -> tuple[int, int]:
    """How often this transaction read the whole ticket table, and how often an index of it."""
    await connection.execute("RESET ROLE")
    row = await connection.fetchrow("SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'ticket'")
    return row["seq_scan"], row["idx_scan"]


QUERIES = [
    ("SELECT id FROM search_tickets('pump c81e728d9d4c2f636f067f89cc14862c', 10)", 1),  # MD5 of "2"
    ("SELECT id FROM search_tickets('c4ca4238a0b923820dcc509a6f75849b', 10)", 0),  # of "1": another unit's
    ("SELECT id FROM near_tickets(-78, -168, 1000, 10)", 8),
    (r"SELECT id FROM box_tickets(-78.5, -168.5, -77.5, -167.5, '\xff', 10)", 8),
]


async def test_searches_use_the_index_though_policies_apply(scratch: Any) -> None:
    """And without the functions they would not: should PostgreSQL learn to, the functions may go."""
    await scratch.execute(FILL, UNITS[0], UNITS[1])
    # As the vacuum of a running server does: new words first wait in a list that is read from end to end.
    await scratch.execute("SELECT gin_clean_pending_list('ix_ticket_search')")
    await scratch.execute("ANALYZE ticket")
    for query, found in QUERIES:
        before = await scans(scratch)
        await database.take_reader(scratch, claims(UNITS[0]))
        assert len(await scratch.fetch(query)) == found
        whole, index = await scans(scratch)
        assert (whole - before[0], index > before[1]) == (0, True)
    await database.take_reader(scratch, claims(UNITS[0]))
    plan = await scratch.fetch("EXPLAIN SELECT id FROM ticket WHERE search @@ search_query('pump c81e728d9d4c')")
    assert "Seq Scan on ticket" in plan[0][0]


async def test_the_plan_for_what_lies_in_a_rectangle_is_the_index_of_positions(scratch: Any) -> None:
    """As EXPLAIN says it to the role that owns the function; whoever asks without it reads the whole table."""
    await scratch.execute(FILL, UNITS[0], UNITS[1])
    await scratch.execute("ANALYZE ticket")
    body = functions.BOX
    for name, value in (("west", "-168.5"), ("south", "-78.5"), ("east", "-167.5"), ("north", "-77.5"),
                        ("before", r"'\xff'::bytea"), ("most", "10")):  # fmt: skip
        body = re.sub(rf"\b{name}\b", value.replace("\\", r"\\"), body)
    await database.take_reader(scratch, claims(UNITS[0]))
    for role, index in ((SEARCHER, True), (READER, False)):
        await scratch.execute("RESET ROLE")
        await scratch.execute(f"SET LOCAL ROLE {role}")
        plan = "\n".join(row[0] for row in await scratch.fetch(f"EXPLAIN {body}"))
        assert ("Index Scan on near_ticket" in plan) is index, plan
        assert ("Seq Scan on ticket" in plan) is not index, plan


SQUARE = '{"type":"Polygon","coordinates":[[[-168.5,-78.5],[-167.5,-78.5],[-167.5,-77.5],[-168.5,-77.5]]]}'
DRAWN = UUID(int=7)
LISTS = [
    ("/v1/tickets?q=c81e728d9d4c2f636f067f89cc14862c", 1),
    ("/v1/tickets/near?lat=-78&lon=-168&metres=1000", 8),
    ("/v1/tickets/near?lat=-78&lon=-168&limit=9", 9),
    (f"/v1/drawings/{DRAWN}/tickets", 8),
    (f"/v1/drawings/{DRAWN}/tickets?limit=5", 5),
    ("/v1/tickets?limit=50", 50),
    ("/v1/tickets?limit=50&sort=created_at", 50),
    (f"/v1/tickets?limit=50&assignee={UUID(bytes=ME)}", 1),
]


async def test_what_http_asks_stays_on_an_index_under_the_policies(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very statements of the interface, as a reader, on 20,000 tickets of two units."""
    own, other = await world.unit("A"), await world.unit("B")
    await world.owner.execute(FILL, own, other)
    await world.owner.execute("UPDATE ticket SET assignee = $1 WHERE number = 'T-X-2'", ME)
    await world.owner.execute(
        "INSERT INTO drawing (id, unit, name, geometry) VALUES ($1, $2, 'Axis', $3)", DRAWN.bytes, own, SQUARE
    )
    await world.owner.execute("VACUUM ANALYZE ticket")
    counted: list[tuple[int, int]] = []
    reading = Database.reading

    @asynccontextmanager
    async def watched(self: Database, who: Claims) -> AsyncIterator[Any]:
        async with reading(self, who) as connection:
            yield connection
            counted.append(await scans(connection))

    monkeypatch.setattr(Database, "reading", watched)
    async with await world.as_("reader") as client:
        for path, found in LISTS:
            counted.clear()
            answer = (await client.get(path)).json()
            assert len(answer["tickets"]) == found, path
            assert {ticket["unit"] for ticket in answer["tickets"]} == {str(UUID(bytes=own))}
            ((whole, index),) = counted
            assert (whole, index > 0) == (0, True), path


async def test_a_title_weighs_more_than_a_comment(scratch: Any) -> None:
    insert = "INSERT INTO ticket (id, number, title, occurred_at, created_at, unit) VALUES ($1, $2, $3, 0, 0, $4)"
    await scratch.execute(insert, b"a" * 16, "T-1", "Ferry", UNITS[0])
    await scratch.execute(insert, b"b" * 16, "T-2", "Bridge", UNITS[0])
    await scratch.execute(
        "INSERT INTO comment (id, subject, unit, body, written_at) VALUES ($1, $2, $3, 'by the bridge', 0)",
        b"c" * 16, b"a" * 16, UNITS[0],
    )  # fmt: skip
    await database.take_reader(scratch, claims(*UNITS))
    assert [row["id"] for row in await scratch.fetch("SELECT id FROM search_tickets('bridge', 9)")] == [
        b"b" * 16,
        b"a" * 16,
    ]


@pytest.mark.parametrize("words", ["", "  ", "-", "& | !", "'", "\\", ":*", "a:b", "<->"])
async def test_any_words_may_be_asked_for(scratch: Any, words: str) -> None:
    await database.take_reader(scratch, claims(*UNITS))
    assert await scratch.fetch("SELECT id FROM search_tickets($1, 10)", words) == []


def away(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Metres between two points of a sphere."""
    half = sin(radians(lat2 - lat1) / 2) ** 2
    half += cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2
    return 2 * 6_371_008.8 * asin(min(1, sqrt(half)))


@pytest.mark.parametrize(
    ("lat", "lon"), [(48, 11), (0, 0), (0, 179.9), (60, -179.95), (89.5, 30), (-90, 0), (-70, 180), (85, -180)]
)
@pytest.mark.parametrize("metres", [500.0, 80_000.0, 900_000.0, 30_000_000.0])
async def test_near_finds_what_a_plain_count_finds(scratch: Any, lat: float, lon: float, metres: float) -> None:
    drawn = Random(f"{lat} {lon} {metres}")
    points = []
    for number in range(60):
        reach = drawn.choice([0.001, 0.5, 5, 40])
        spot_lat = max(-90.0, min(90.0, lat + drawn.uniform(-reach, reach)))
        spot_lon = (lon + drawn.uniform(-reach, reach) * drawn.choice([1, 20]) + 180) % 360 - 180
        points.append((bytes((number,)) * 16, f"T-{number}", spot_lat, spot_lon, UNITS[0]))
    await scratch.executemany(
        "INSERT INTO ticket (id, number, title, occurred_at, created_at, lat, lon, unit) "
        "VALUES ($1, $2, 'x', 0, 0, $3, $4, $5)", points,
    )  # fmt: skip
    await database.take_reader(scratch, claims(*UNITS))
    rows = await scratch.fetch("SELECT id, away FROM near_tickets($1, $2, $3, 1000)", lat, lon, metres)
    right = {point[0]: away(lat, lon, point[2], point[3]) for point in points}
    assert {row["id"] for row in rows} == {key for key, metre in right.items() if metre <= metres}
    assert [row["away"] for row in rows] == sorted(row["away"] for row in rows)
    assert all(row["away"] == pytest.approx(right[row["id"]], abs=0.01) for row in rows)

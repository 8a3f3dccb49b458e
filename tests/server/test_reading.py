"""What PostgreSQL shows to a reader is what a plain Python rule allows: unit tree, marking, naming, no more."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from opsdesk.server import database, tables
from opsdesk.server.database import Claims, Database, DatabaseError
from tests.server.conftest import login

pytestmark = pytest.mark.anyio

PEOPLE = [b"p" * 15 + bytes((number,)) for number in range(3)]
UNITS = [b"u" * 15 + bytes((number,)) for number in range(4)]


@dataclass
class World:
    """Rows as a test drew them."""

    parents: dict[bytes, bytes | None]
    tickets: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    watchers: list[dict[str, Any]] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    places: list[dict[str, Any]] = field(default_factory=list)


def identity(kind: str, number: int) -> bytes:
    return kind.encode() * 15 + bytes((number,))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    unit = st.sampled_from([*UNITS, None])
    person = st.sampled_from([*PEOPLE, None])
    marking = st.integers(0, 4)
    world = World({one: draw(unit) for one in UNITS})
    for number in range(draw(st.integers(1, 5))):
        row = {"id": identity("t", number), "unit": draw(unit), "marking": draw(marking), "requester": draw(person),
               "assignee": draw(person), "number": f"T-{number}", "title": "x", "occurred_at": 0, "created_at": 0,
               "lat": 48.0, "lon": 11.0}  # fmt: skip
        world.tickets.append(row)
        taken = {"subject": row["id"], "unit": row["unit"], "marking": row["marking"]}
        world.comments.append({"id": identity("c", number), **taken, "body": "y", "written_at": 0})
        if draw(st.booleans()):
            voided = draw(st.sampled_from([None, "left"]))
            watcher = {"id": identity("w", number), **taken, "person": draw(st.sampled_from(PEOPLE)), "voided": voided}
            world.watchers.append(watcher)
        view = {"id": identity("v", number), "unit": draw(unit), "marking": draw(marking), "owner": draw(person),
                "shared": draw(st.booleans()), "area": "tickets", "name": "z"}  # fmt: skip
        world.views.append(view)
        world.places.append({"id": identity("l", number), "marking": draw(marking), "name": "here"})
    return world


def below(parents: dict[bytes, bytes | None], top: bytes | None) -> set[bytes]:
    found: set[bytes] = set() if top is None else {top}
    while True:
        more = {unit for unit, parent in parents.items() if parent in found} - found
        if not more:
            return found
        found |= more


def expected(world: World, person: bytes, unit: bytes | None, ceiling: int) -> dict[str, set[bytes]]:
    """The rule, told once more without SQL."""
    scope = below(world.parents, unit)
    names: dict[bytes, set[bytes]] = {}
    for ticket in world.tickets:
        names[ticket["id"]] = {ticket["requester"], ticket["assignee"]}
    for watcher in world.watchers:
        if watcher["voided"] is None:
            names[watcher["subject"]].add(watcher["person"])

    def seen(row: dict[str, Any], subject: bytes) -> bool:
        return row["marking"] <= ceiling and (row["unit"] in scope or person in names[subject])

    return {
        "ticket": {row["id"] for row in world.tickets if seen(row, row["id"])},
        "comment": {row["id"] for row in world.comments if seen(row, row["subject"])},
        "watcher": {row["id"] for row in world.watchers if seen(row, row["subject"])},
        "place": {row["id"] for row in world.places if row["marking"] <= max(ceiling, 1)},
        "saved_view": {
            row["id"]
            for row in world.views
            if row["marking"] <= ceiling
            and (row["owner"] == person or (row["unit"] in scope and (row["shared"] or row["owner"] is None)))
        },
    }


async def insert(connection: Any, table: str, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        await connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', *row.values())


async def store(connection: Any, world: World) -> None:
    units = [{"id": unit, "name": "u", "parent": parent} for unit, parent in world.parents.items()]
    await insert(connection, "unit", units)
    await insert(connection, "ticket", world.tickets)
    await insert(connection, "comment", world.comments)
    await insert(connection, "watcher", world.watchers)
    await insert(connection, "saved_view", world.views)
    await insert(connection, "place", world.places)


async def visible(connection: Any, table: str) -> set[bytes]:
    return {row["id"] for row in await connection.fetch(f'SELECT id FROM "{table}"')}


HOLES = [
    "CREATE POLICY hole ON ticket FOR SELECT TO opsdesk_reader USING (marking <= (SELECT request_marking()))",
    "CREATE POLICY hole ON comment FOR SELECT TO opsdesk_reader USING (unit = ANY ((SELECT request_units())::bytea[]))",
    "CREATE POLICY hole ON saved_view FOR SELECT TO opsdesk_reader USING (marking <= (SELECT request_marking()) "
    "AND unit = ANY ((SELECT request_units())::bytea[]))",
    "CREATE POLICY wall ON watcher AS RESTRICTIVE FOR SELECT TO opsdesk_reader "
    "USING (unit = ANY ((SELECT request_units())::bytea[]))",
]


def test_a_reader_sees_what_the_rule_allows(shared: dict[str, Any]) -> None:
    try_worlds(shared, None, 60)


@pytest.mark.parametrize("hole", HOLES)
def test_a_fault_in_a_policy_would_be_seen(shared: dict[str, Any], hole: str) -> None:
    with pytest.raises(AssertionError):
        try_worlds(shared, hole, 200)


def try_worlds(shared: dict[str, Any], hole: str | None, examples: int) -> None:
    """Compare what a reader sees in drawn worlds with the rule, perhaps with a fault planted in the policies."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(**shared))

        async def check(world: World, person: bytes, unit: bytes | None, ceiling: int) -> None:
            transaction = connection.transaction()
            await transaction.start()
            try:
                if hole is not None:
                    await connection.execute(hole)
                await store(connection, world)
                units = await connection.fetchval("SELECT units_below($1)", unit) if unit else []
                assert set(units) == below(world.parents, unit)
                await database.take_reader(connection, claims(person, units, ceiling))
                right = expected(world, person, unit, ceiling)
                assert {table: await visible(connection, table) for table in right} == right
                for words in ("x", "y"):  # in the title of each ticket, in a comment on each
                    found = await connection.fetch("SELECT id FROM search_tickets($1, 100)", words)
                    assert {row["id"] for row in found} == right["ticket"]
                near = await connection.fetch("SELECT id FROM near_tickets(48, 11, 1000, 100)")
                assert {row["id"] for row in near} == right["ticket"]
            finally:
                await transaction.rollback()

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(worlds(), st.sampled_from(PEOPLE), st.sampled_from([*UNITS, None]), st.integers(0, 4))
        def every_world(world: World, person: bytes, unit: bytes | None, ceiling: int) -> None:
            runner.run(check(world, person, unit, ceiling))

        try:
            every_world()
        finally:
            runner.run(connection.close(timeout=60))


def claims(person: bytes, units: Any, ceiling: int) -> Claims:
    return Claims(person, b"d" * 16, "reader", None, tuple(units), ceiling, 1)


GUARDED = [*tables.synced, "other_record", "conflict", "returned", "feed", "feed_entry", "naming"]


async def fill(connection: Any) -> None:
    """One row of each guarded table, in a place that somebody may read."""
    await connection.execute(
        "INSERT INTO ticket (id, number, title, occurred_at, created_at, unit, assignee) "
        "VALUES ($1, 'T-1', 'x', 0, 0, $2, $3)", identity("t", 1), UNITS[0], PEOPLE[0],
    )  # fmt: skip
    await connection.execute("INSERT INTO unit (id, name) VALUES ($1, 'x')", UNITS[0])
    await connection.execute(
        "INSERT INTO conflict (id, entity, record, field, kind, ver, open, unit, marking, subject, body) "
        "VALUES ($1, 10, $2, 13, 0, 1, true, $3, 1, $2, '')", identity("k", 1), identity("t", 1), UNITS[0],
    )  # fmt: skip
    await connection.execute(
        "INSERT INTO returned (dev, dseq, person, entity, record, reason, returned_at, body) "
        "VALUES ($1, 1, $2, 10, $3, 'no right', 0, '')", identity("d", 1), PEOPLE[0], identity("t", 1),
    )  # fmt: skip
    for place, unit, marking, person in (
        (b"*", None, None, None), (UNITS[0] + b"\1", UNITS[0], 1, None), (UNITS[0] + b"\4", UNITS[0], 4, None),
        (PEOPLE[0], None, None, PEOPLE[0]),
    ):  # fmt: skip
        await connection.execute("INSERT INTO feed VALUES ($1, $2, $3, $4, 1)", place, unit, marking, person)
        await connection.execute("INSERT INTO feed_entry VALUES ($1, 1, 1, 10, $2, 1, '')", place, identity("t", 1))


@pytest.mark.parametrize("table", GUARDED)
async def test_without_claims_nothing_is_seen(scratch: Any, table: str) -> None:
    await fill(scratch)
    await scratch.execute("SET ROLE opsdesk_reader")
    assert await scratch.fetchval(f'SELECT count(*) FROM "{table}"') == 0


async def test_a_feed_is_read_by_those_who_may_read_its_place(scratch: Any) -> None:
    await fill(scratch)
    await database.take_reader(scratch, claims(PEOPLE[1], UNITS[:1], 2))
    places = [row["place"] for row in await scratch.fetch("SELECT place FROM feed_entry ORDER BY place")]
    assert places == [b"*", UNITS[0] + b"\1"]


async def test_a_person_reads_the_own_feed_and_the_own_returned_edits(scratch: Any) -> None:
    await fill(scratch)
    await database.take_reader(scratch, claims(PEOPLE[0], [], 2))
    places = [row["place"] for row in await scratch.fetch("SELECT place FROM feed_entry ORDER BY place")]
    assert places == [b"*", PEOPLE[0]]
    assert await scratch.fetchval("SELECT count(*) FROM returned") == 1
    assert await scratch.fetchval("SELECT count(*) FROM conflict") == 1, "named on its ticket"


async def test_a_returned_edit_is_its_authors_own(scratch: Any) -> None:
    await fill(scratch)
    await database.take_reader(scratch, claims(PEOPLE[1], UNITS, 4))
    assert await scratch.fetchval("SELECT count(*) FROM returned") == 0


@pytest.mark.parametrize(
    "table",
    ["account", "device", "refresh_token", "enrolment_code", "permission", "audit", "change_log", "field_version"],
)
async def test_a_reader_cannot_ask_for_what_is_not_for_readers(scratch: Any, table: str) -> None:
    await database.take_reader(scratch, claims(PEOPLE[0], UNITS, 4))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await scratch.fetch(f"SELECT * FROM {table}")


@pytest.mark.parametrize(
    "verb", ["INSERT INTO unit (id, name) VALUES ('0123456789abcdef', 'x')", "UPDATE unit SET name = 'x'"]
)
async def test_a_reader_writes_nothing(scratch: Any, verb: str) -> None:
    await database.take_reader(scratch, claims(PEOPLE[0], UNITS, 4))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await scratch.execute(verb)


async def test_claims_end_with_their_transaction(db: Database, owner: Any) -> None:
    await fill(owner)
    one = db._pool  # the same connection serves both, as behind a pool
    async with one.acquire() as connection:
        async with connection.transaction():
            await database.take_reader(connection, claims(PEOPLE[0], UNITS, 4))
            assert await connection.fetchval("SELECT count(*) FROM ticket") == 1
        async with connection.transaction():
            assert await connection.fetchval("SELECT current_user") == "opsdesk_test_login"
            await connection.execute("SET LOCAL ROLE opsdesk_reader")
            assert await connection.fetchval("SELECT count(*) FROM ticket") == 0


async def test_the_login_has_no_reading_rights_of_its_own(db: Database) -> None:
    async with db.accounts() as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT * FROM ticket")


async def test_the_server_refuses_a_login_that_policies_do_not_bind(owner_arguments: dict[str, Any]) -> None:
    with pytest.raises(DatabaseError, match="not bound"):
        await Database.open(owner_arguments)


async def test_the_merger_sees_and_hands_over_any_record(db: Database, owner: Any) -> None:
    await fill(owner)
    async with db.merging() as connection:
        assert await connection.execute("UPDATE ticket SET unit = $1", UNITS[3]) == "UPDATE 1"
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.merging() as connection:
            await connection.fetch("SELECT * FROM account")


async def test_nothing_of_a_transaction_outlives_it_however_it_ends(
    owner: Any, owner_arguments: dict[str, Any]
) -> None:
    await fill(owner)
    opened = await Database.open(login(owner_arguments), connections=1)
    asked = "SELECT current_user, coalesce(current_setting('request.person', true), ''), txid_current_if_assigned()"
    for end in (None, RuntimeError("broke off"), asyncio.CancelledError()):
        with contextlib.suppress(RuntimeError, asyncio.CancelledError):
            async with opened.reading(claims(PEOPLE[0], UNITS, 4)) as connection:
                assert (await connection.fetchrow(asked))[:2] == ("opsdesk_reader", f"\\x{PEOPLE[0].hex()}")
                if end is not None:
                    raise end
        async with opened.asking() as connection:
            assert tuple(await connection.fetchrow(asked)) == ("opsdesk_test_login", "", None)
            assert not connection.is_in_transaction()
    with contextlib.suppress(RuntimeError):
        async with opened.merging() as connection:
            await connection.execute("UPDATE ticket SET unit = $1", UNITS[3])
            raise RuntimeError("broke off")
    assert await owner.fetchval("SELECT unit FROM ticket") != UNITS[3]
    await opened.close()


async def test_a_transaction_that_breaks_off_while_it_begins_is_taken_back_by_itself(
    owner_arguments: dict[str, Any],
) -> None:
    opened = await Database.open(login(owner_arguments), connections=1)
    loop, found_by_the_pool = asyncio.get_running_loop(), list[dict[str, Any]]()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, context: found_by_the_pool.append(context))
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with opened._transaction("BEGIN; SELECT 1 / 0"):
            raise AssertionError("it has not begun")
    loop.set_exception_handler(before)
    assert found_by_the_pool == []
    async with opened.asking() as connection:
        assert not connection.is_in_transaction()
    await opened.close()


async def test_reading_is_read_only(db: Database) -> None:
    async with db.reading(claims(PEOPLE[0], UNITS, 4)) as connection:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("CREATE TEMP TABLE x ()")


async def test_a_login_of_the_service_can_be_opened(owner_arguments: dict[str, Any]) -> None:
    opened = await Database.open(login(owner_arguments), connections=1)
    await opened.close()

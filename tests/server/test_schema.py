"""The server's tables hold all that the entities declare, as the migrations made them."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from opsdesk.models.base import Kind, entities, fields
from opsdesk.server import database, derived, tables
from tests.support.servers import run

pytestmark = pytest.mark.anyio

ENTITIES = [pytest.param(entity, id=entity.__tablename__) for entity in entities()]


async def test_the_migrations_make_what_is_declared(owner_arguments: dict[str, Any]) -> None:
    assert await database.differences(owner_arguments) == []


async def test_a_difference_would_be_seen(owner: Any, owner_arguments: dict[str, Any]) -> None:
    await owner.execute("DROP TRIGGER search_words ON ticket")
    await owner.execute("ALTER TABLE ticket ALTER title TYPE text, ALTER urgency SET DEFAULT 3, ADD planted int")
    await owner.execute("DROP INDEX ix_ticket_search")
    assert len(await database.differences(owner_arguments)) >= 3


def test_the_newest_revision_is_named() -> None:
    files = Path(tables.__file__).with_name("migrations") / "versions"
    assert max(path.name.split("_")[0] for path in files.glob("*.py")) == database.HEAD


async def test_migrating_again_changes_nothing(owner: Any, owner_arguments: dict[str, Any]) -> None:
    before = await owner.fetch("SELECT tgname, tgrelid::regclass::text FROM pg_trigger ORDER BY 1, 2")
    await database.migrate(owner_arguments)
    assert await owner.fetch("SELECT tgname, tgrelid::regclass::text FROM pg_trigger ORDER BY 1, 2") == before


async def test_of_servers_that_start_at_once_one_migrates_and_the_others_wait(cluster: Any) -> None:
    await run(cluster, "CREATE DATABASE started_at_once")
    try:
        arguments = cluster.connection("started_at_once")
        await asyncio.gather(*(database.migrate(arguments) for _ in range(3)))
        assert await database.differences(arguments) == []
    finally:
        await run(cluster, "DROP DATABASE started_at_once WITH (FORCE)")


async def test_a_database_of_a_newer_program_is_refused(owner: Any, owner_arguments: dict[str, Any]) -> None:
    await owner.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(database.DatabaseError, match="newer"):
        await database.migrate(owner_arguments)


async def test_a_revision_may_change_what_triggers_and_policies_stand_on(owner: Any) -> None:
    for statement in derived.drop_statements():
        await owner.execute(statement)
    await owner.execute("ALTER TABLE ticket ALTER title TYPE text, ALTER marking TYPE int")
    assert await owner.fetchval("SELECT count(*) FROM pg_policies") == 0


@pytest.mark.parametrize("entity", ENTITIES)
async def test_every_field_of_an_entity_has_its_column(scratch: Any, entity: Any) -> None:
    rows = await scratch.fetch(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $1", entity.__tablename__
    )
    found = {row["column_name"]: row["data_type"] for row in rows}
    expected = {bytes: "bytea", str: ("text", "character varying"), int: ("bigint", "smallint"), bool: "boolean",
                float: "double precision"}  # fmt: skip
    for spec in fields(entity):
        assert found[spec.name] in expected[entity.__table__.columns[spec.name].type.python_type]
    assert found.keys() >= {"id", "ver", "made_ver", "made_dev", "made_dseq", "extra", "updated_at"}


@pytest.mark.parametrize("entity", ENTITIES)
async def test_every_value_that_a_desk_may_send_comes_back_as_it_was(scratch: Any, entity: Any) -> None:
    values: dict[str, Any] = {"id": b"i" * 16}
    for spec in fields(entity):
        kind = entity.__table__.columns[spec.name].type.python_type
        values[spec.name] = {
            bytes: b"\x00\xff" * 8,
            str: "Écluse “5” \n%'",
            int: 1,
            float: 39.1431856100598,
            bool: True,
        }[kind]
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await scratch.execute(f'INSERT INTO "{entity.__tablename__}" ({names}) VALUES ({marks})', *values.values())
    row = await scratch.fetchrow(f'SELECT {names} FROM "{entity.__tablename__}"')
    assert dict(row) == values


@pytest.mark.parametrize("entity", ENTITIES)
async def test_an_entity_is_guarded(scratch: Any, entity: Any) -> None:
    table = entity.__tablename__
    assert await scratch.fetchval("SELECT relrowsecurity FROM pg_class WHERE relname = $1 AND relkind = 'r'", table)
    roles = await scratch.fetchval(
        "SELECT array_agg(DISTINCT r) FROM pg_policies, unnest(roles) r WHERE tablename = $1", table
    )
    assert set(roles) >= {"opsdesk_reader", "opsdesk_merger"}
    triggers = await scratch.fetch("SELECT tgname FROM pg_trigger WHERE tgrelid = $1::text::regclass", f'"{table}"')
    assert {row["tgname"] for row in triggers} >= {"touch", "stays"}


def test_every_field_that_holds_a_person_says_whether_it_names_one() -> None:
    people = {
        f"{entity.__tablename__}.{spec.name}"
        for entity in entities()
        for spec in fields(entity)
        if spec.target == "person" and spec.kind in (Kind.REFERENCE, Kind.SET)
    }
    assert people == tables.NAMING_FIELDS | tables.PASSING_FIELDS
    assert not tables.NAMING_FIELDS & tables.PASSING_FIELDS


async def test_a_record_needs_a_whole_identity(scratch: Any) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await scratch.execute("INSERT INTO unit (id, name) VALUES ('short', 'x')")

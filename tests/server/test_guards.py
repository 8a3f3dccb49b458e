"""Triggers keep what is final, and keep what is derived in step, whoever writes."""

from typing import Any

import asyncpg
import pytest

from opsdesk.server import guards, security, tables

pytestmark = pytest.mark.anyio

LOGGED = (
    "INSERT INTO change_log (dev, dseq, digest, entity, record, ver, hlc, received_at, change, outcome, traces) "
    "VALUES ('d', 1, 'x', 10, 'r', 1, 0, 0, 'c', 'o', 't')"
)


def record(letter: str) -> bytes:
    return letter.encode() * 16


async def make_ticket(connection: Any, letter: str = "t", **values: Any) -> bytes:
    row = {
        "id": record(letter),
        "number": f"T-{letter}-1",
        "title": "Bridge",
        "occurred_at": 1,
        "created_at": 1,
        **values,
    }
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await connection.execute(f"INSERT INTO ticket ({names}) VALUES ({marks})", *row.values())
    return record(letter)


@pytest.mark.parametrize(
    "statement", ["UPDATE change_log SET ver = 2", "DELETE FROM change_log", "TRUNCATE change_log"]
)
async def test_the_change_log_is_final_even_for_its_owner(scratch: Any, statement: str) -> None:
    await scratch.execute(LOGGED)
    with pytest.raises(asyncpg.PostgresError, match="rows are final") as refused:
        await scratch.execute(statement)
    assert refused.value.sqlstate == guards.REFUSED


async def test_the_merger_may_add_to_the_change_log_and_no_more(scratch: Any) -> None:
    await scratch.execute(f"SET ROLE {security.MERGER}")
    await scratch.execute(LOGGED)
    with pytest.raises(asyncpg.PostgresError, match="rows are final"):
        await scratch.execute("UPDATE change_log SET ver = 2")


async def test_the_compactor_may_fold_the_change_log(scratch: Any) -> None:
    await scratch.execute(LOGGED)
    await scratch.execute(f"SET ROLE {security.COMPACTOR}")
    assert await scratch.execute("UPDATE change_log SET change = ''") == "UPDATE 1"
    assert await scratch.execute("DELETE FROM change_log") == "DELETE 1"


@pytest.mark.parametrize("verb", ["DELETE FROM", "TRUNCATE"])
@pytest.mark.parametrize("table", [*tables.synced, "field_version"])
async def test_no_record_is_ever_deleted(scratch: Any, table: str, verb: str) -> None:
    with pytest.raises(asyncpg.PostgresError, match="rows are final"):
        await scratch.execute(f'{verb} "{table}"')


@pytest.mark.parametrize("role", [None, security.MERGER, security.COMPACTOR, security.SERVICE])
@pytest.mark.parametrize("table", [table.name for table in tables.FINAL])
async def test_what_was_noted_once_is_not_rewritten(scratch: Any, table: str, role: str | None) -> None:
    column = await scratch.fetchval(
        "SELECT column_name FROM information_schema.columns WHERE table_name = $1 AND is_identity = 'NO' "
        "AND is_updatable = 'YES' ORDER BY ordinal_position LIMIT 1", table,
    )  # fmt: skip
    if role is not None:
        await scratch.execute(f"SET ROLE {role}")
    for statement in (f"DELETE FROM {table}", f'UPDATE {table} SET "{column}" = "{column}"', f"TRUNCATE {table}"):
        with pytest.raises((asyncpg.PostgresError, asyncpg.InsufficientPrivilegeError)) as refused:
            async with scratch.transaction():
                await scratch.execute(statement)
        assert refused.value.sqlstate in (guards.REFUSED, "42501"), statement


async def test_a_write_moves_the_time_of_the_last_change(scratch: Any) -> None:
    await make_ticket(scratch, updated_at=5)
    made = await scratch.fetchval("SELECT updated_at FROM ticket")
    assert made > 1_700_000_000_000
    await scratch.execute("UPDATE ticket SET title = 'x', updated_at = 7")
    assert await scratch.fetchval("SELECT updated_at FROM ticket") >= made


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("bridge", True), ("BRÜCKE gesp", True), ("brucke", True), ("t-cp1-00042", True), ("00042", True),
        ("nothing", False), ("école", True), ("مدرسة", True), ("a/b & 'c' | !d", False), ("42", False),
    ],
)  # fmt: skip
async def test_words_are_found_without_their_accents_and_by_their_beginning(
    scratch: Any, words: str, found: bool
) -> None:
    await make_ticket(
        scratch,
        number="T-CP1-00042",
        title="Bridge near the school",
        description="Die Brücke ist gesperrt. Ecole مدرسة",
    )
    query = "SELECT count(*) FROM ticket WHERE search @@ search_query($1)"
    assert await scratch.fetchval(query, words) == int(found)


@pytest.mark.parametrize(
    ("table", "field"), [(table, field) for table, words in tables.SEARCHED.items() for _, field in words]
)
async def test_every_field_with_words_is_found_and_followed(scratch: Any, table: str, field: str) -> None:
    ticket = await make_ticket(scratch)
    await scratch.execute(
        "INSERT INTO comment (id, subject, body, written_at) VALUES ($1, $2, 'seen', 0)", record("c"), ticket
    )
    query = f'SELECT count(*) FROM "{table}" WHERE search @@ search_query($1)'
    for words, before in (("walrus", "seen"), ("otter", "walrus")):
        await scratch.execute(f'UPDATE "{table}" SET "{field}" = $1', words)
        assert [await scratch.fetchval(query, word) for word in (words, before)] == [1, 0]


async def test_search_follows_a_change(scratch: Any) -> None:
    await make_ticket(scratch, title="Bridge")
    await scratch.execute("UPDATE ticket SET title = 'Ferry', external = 'EXT/7'")
    query = "SELECT count(*) FROM ticket WHERE search @@ search_query($1)"
    assert [await scratch.fetchval(query, words) for words in ("bridge", "ferry", "ext-7")] == [0, 1, 1]


async def test_a_very_long_text_is_still_accepted(scratch: Any) -> None:
    words = " ".join(f"word{number}" for number in range(100_000))
    await make_ticket(scratch, description=words)
    assert await scratch.fetchval("SELECT count(*) FROM ticket WHERE search @@ search_query('word77')") == 1


async def named(connection: Any) -> set[tuple[bytes, bytes]]:
    return {tuple(row) for row in await connection.fetch("SELECT person, record FROM naming")}


async def test_a_ticket_names_its_requester_and_its_assignee(scratch: Any) -> None:
    ticket = await make_ticket(scratch, requester=record("a"), assignee=record("b"))
    assert await named(scratch) == {(record("a"), ticket), (record("b"), ticket)}
    await scratch.execute("UPDATE ticket SET assignee = $1", record("c"))
    assert await named(scratch) == {(record("a"), ticket), (record("c"), ticket)}
    await scratch.execute("UPDATE ticket SET assignee = NULL, title = 'x'")
    assert await named(scratch) == {(record("a"), ticket)}


async def test_a_watcher_names_a_person_until_voided(scratch: Any) -> None:
    ticket = await make_ticket(scratch)
    insert = "INSERT INTO watcher (id, subject, person) VALUES ($1, $2, $3)"
    for letter in "wv":
        await scratch.execute(insert, record(letter), ticket, record("p"))
    assert await named(scratch) == {(record("p"), ticket)}
    await scratch.execute("UPDATE watcher SET voided = 'left' WHERE id = $1", record("w"))
    assert await named(scratch) == {(record("p"), ticket)}
    await scratch.execute("UPDATE watcher SET voided = 'left'")
    assert await named(scratch) == set()
    await scratch.execute("UPDATE watcher SET voided = NULL WHERE id = $1", record("w"))
    assert await named(scratch) == {(record("p"), ticket)}


async def test_every_kind_of_trigger_has_its_test(scratch: Any) -> None:
    named = {
        "final": test_the_change_log_is_final_even_for_its_owner,
        "stays": test_no_record_is_ever_deleted,
        "touch": test_a_write_moves_the_time_of_the_last_change,
        "search_words": test_every_field_with_words_is_found_and_followed,
        "name_people": test_a_ticket_names_its_requester_and_its_assignee,
    }
    rows = await scratch.fetch(
        "SELECT DISTINCT g.tgname FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid "
        "WHERE NOT g.tgisinternal AND c.relnamespace = 'public'::regnamespace"
    )
    missing = {row["tgname"] for row in rows} - named.keys()
    assert not missing, f"say in tests/server/test_guards.py which test shows that these work: {sorted(missing)}"

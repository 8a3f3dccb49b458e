"""A desk joins a server: what it made alone comes along, each record once, and nothing of it is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from opsdesk.models.base import entities, fields
from opsdesk.models.forms import Category
from opsdesk.models.organisation import Person, Unit
from opsdesk.models.places import Place
from opsdesk.models.threads import Comment, Link, Tag, Watcher
from opsdesk.models.tickets import Ticket
from opsdesk.services import defaults, forms, joining, undo, views
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.link import command
from opsdesk.services.tickets import card, commands, links, past, threads, transitions
from opsdesk.store.database import Database
from opsdesk.store.tables import OUTCOME_ALONE
from opsdesk.store.work import Work
from tests.server.posts import URL, Post
from tests.server.world import NOTE, World

pytestmark = pytest.mark.anyio


@pytest.fixture
def post(world: World, tmp_path: Path) -> Post:
    folder = tmp_path / "keys"
    folder.mkdir()
    return Post(world, folder)


@pytest.fixture
def other(made_folder: Path, tmp_path: Path) -> Iterator[Desk]:
    """A second desk, which began as a copy of the same folder: that must not matter."""
    opened = Desk.open(Path(shutil.copytree(made_folder, tmp_path / "other")))
    yield opened
    opened.close()


def standing(desk: Desk) -> joining.Standing:
    """How a desk that has joined stands."""
    found = desk.ask(joining.standing).result()
    assert found is not None
    return found


def do(desk: Desk, command: Any, *args: Any, **kw: Any) -> Any:
    return desk.do(command, *args, **kw).result()


def ask(desk: Desk, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return desk.ask(lambda reader: reader.rows(sql, values)).result()


def shared(work: Work) -> Changes:
    """What all desks share, made here: a category, a place, a person and a unit."""
    category = work.insert(Category, {"unit": None, "code": "drones", "name": "Drones"})
    place = work.insert(Place, {"name": "Old mill", "lat": 51.5, "lon": 7.25})
    person = work.insert(Person, {"name": "Jo Lang"})
    unit = work.insert(Unit, {"name": "Bakery", "parent": work.unit})
    work.value_out = (category, place, person, unit)
    return Changes(everything=True)


def a_life_alone(desk: Desk) -> dict[str, bytes]:
    """Two tickets with all that may hang on one, what all share, a view, a draft; some written over, some voided."""
    category, place, person, unit = do(desk, shared).value
    pump = do(
        desk, commands.create, title="Pump broken",
        values={"assignee": desk.person, "group": desk.unit, "category": category, "place": place, "major": True},
    ).value  # fmt: skip
    well = do(desk, commands.create, title="Well dry", values={"requester": person, "requester_unit": unit}).value
    do(desk, commands.edit, pump, {"title": "Pump is broken"})
    do(desk, transitions.transition, pump, "accept")
    do(desk, transitions.transition, pump, "start")
    said = do(desk, threads.comment, pump, "On my way").value
    do(desk, threads.comment, pump, "At the pump", reply_to=said)
    do(desk, threads.tag, pump, "water")
    do(desk, threads.tag, pump, "wrong")
    do(desk, threads.untag, pump, "wrong")
    do(desk, threads.watch, pump)
    do(desk, links.link, pump, "blocks", well)
    do(desk, commands.void, well, "twice")
    do(desk, views.save, name="Mine", query="assignee:me")
    do(desk, forms.save_draft, f"comment/{pump.hex()}", {"body": "Half a", "to": desk.person.hex()})
    desk.settings.set("last.person", desk.person.hex())
    return {"pump": pump, "well": well, "category": category, "place": place, "person": person, "unit": unit}


def everywhere(desk: Desk, needle: bytes) -> list[str]:
    """Where in the whole file an id stands, as bytes or in words: table and column of each place."""
    found = []

    def look(database: Database, _now: int) -> None:
        tables = database.connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'ticket_%' AND name <> 'ticket'"
        ).fetchall()
        for (table,) in [*tables, ("ticket",), ("ticket_type",)]:
            cursor = database.connection.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor:
                for name, value in zip(names, row, strict=True):
                    packed = value if isinstance(value, bytes) else b""
                    words = value.lower() if isinstance(value, str) else ""
                    if needle in packed or needle.hex() in words:
                        found.append(f"{table}.{name}")

    desk.background(look).result()
    return sorted(set(found))


def contents(desk: Desk) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables, and what the tables and triggers are."""
    names = ask(desk, "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
    rows = {name: ask(desk, f'SELECT * FROM "{name}"') for (name,) in names}
    return {**rows, "": ask(desk, "SELECT type, name, sql FROM sqlite_schema ORDER BY name")}


# Alone, then together


async def test_what_was_made_alone_arrives_whole_and_once(post: Post, desk: Desk, other: Desk) -> None:
    a_life_alone(desk)
    before = ask(desk, "SELECT id, number, title, state, occurred_at, updated_at, voided FROM ticket ORDER BY key")
    joined = await post.join(desk, "commander", "CP1")
    assert (joined.post, joined.person, joined.unit, joined.tag) == ("Relief Command", "Commander", "A", "CP1")
    waiting = ask(desk, "SELECT count(*), sum(field = 0) FROM change WHERE outcome IS NULL")[0]
    assert waiting == (joined.waiting, joined.waiting), "one creation for each record"
    await post.exchange(desk)
    assert ask(desk, "SELECT count(*) FROM change WHERE outcome IS NULL") == [(0,)]
    await post.join(other, "watch officer", "CP2")
    await post.exchange(other)
    columns = "id, number, title, state, occurred_at, updated_at, voided"
    assert ask(desk, f"SELECT {columns} FROM ticket ORDER BY key") == before
    assert ask(other, f"SELECT {columns} FROM ticket ORDER BY key") == before
    for entity in (Ticket, Comment, Tag, Watcher, Link, Place):
        # What does not travel (keys, clocks) each desk works out by itself.
        told = ", ".join(f'"{spec.name}"' for spec in fields(entity))
        rows = f'SELECT id, ver, {told} FROM "{entity.__tablename__}" ORDER BY id'
        assert ask(desk, rows) == ask(other, rows), entity
    names = (
        "SELECT t.title, p.name, u.name, k.name, c.name FROM ticket t JOIN person p ON p.id = t.assignee "
        'JOIN unit u ON u.id = t."group" LEFT JOIN category k ON k.id = t.category LEFT JOIN place c ON c.id = t.place'
    )
    assert ask(desk, names) == [("Pump is broken", "Commander", "A", "Drones", "Old mill")]
    assert ask(other, names) == [("Pump is broken", "Commander", "A", None, "Old mill")], "a proposal is not there yet"
    assert desk.background(lambda database, _now: database.problems()).result() == []


async def test_nothing_names_the_one_who_worked_alone_any_more(post: Post, desk: Desk) -> None:
    """In the whole file, history, drafts and settings included; but what tells that they were made."""
    a_life_alone(desk)
    person, unit = desk.person, desk.unit
    assert everywhere(desk, person)
    await post.join(desk, "commander")
    assert everywhere(desk, person) == ["change.record"]
    assert everywhere(desk, unit) == ["change.record"]
    assert desk.person == await post.world.owner.fetchval("SELECT person FROM account WHERE name = 'commander'")
    assert desk.unit == await post.world.unit("A")
    assert ask(desk, "SELECT content FROM draft")[0][0].count(desk.person.hex()) == 1
    assert [row[0] for row in ask(desk, "SELECT name FROM person ORDER BY name")] == ["Commander", "Jo Lang"]


async def test_a_view_that_named_the_one_who_worked_alone_goes_on_to_work(post: Post, desk: Desk) -> None:
    me = defaults.account_name()
    do(desk, views.save, name="Ours", query=f'is:open (assignee:"{me}" or unit:"My unit") pump')
    do(desk, views.save, name="Theirs", query='assignee:"Jo Lang" title:root')
    await post.join(desk, "commander")
    queries = dict(ask(desk, "SELECT name, query FROM saved_view"))
    assert queries == {"Ours": "is:open (assignee:me or unit:mine) pump", "Theirs": 'assignee:"Jo Lang" title:root'}
    await post.exchange(desk)
    told = await post.world.owner.fetch("SELECT query FROM saved_view ORDER BY position")
    assert [row["query"] for row in told] == list(queries.values())


def test_every_reference_is_renamed_by_its_declaration() -> None:
    """The columns that are walked are those that name records: a new entity needs no line anywhere."""
    from opsdesk.store.joining import renaming

    walked = set(renaming.naming_columns())
    for entity in entities():
        for spec in fields(entity):
            assert ((entity.__tablename__, spec.name) in walked) == (spec.target is not None), (entity, spec.name)
    assert {("seen", "person"), ("act", "actor"), ("change", "actor"), ("change", "new"), ("change", "old"),
            ("notification", "person")} <= walked  # fmt: skip
    assert {("draft", "content"), ("setting", "value"), ("change", "new")} <= set(renaming.text_columns())


async def test_history_and_undo_live_on(post: Post, desk: Desk) -> None:
    made = a_life_alone(desk)
    edit = do(desk, commands.edit, made["pump"], {"title": "The pump", "assignee": None})
    given = do(desk, commands.assign, made["pump"], desk.person)
    before = [(row.kind, row.field, row.label, row.after) for row in desk.ask(past.history, made["pump"]).result()]
    count = desk.ask(past.count, made["pump"]).result()
    await post.join(desk, "commander")
    history = desk.ask(past.history, made["pump"]).result()
    named = [(row.kind, row.field, row.label, row.after) for row in history]
    me = defaults.account_name()
    assert len(named) == len(before) == count == desk.ask(past.count, made["pump"]).result()
    assert [row[:3] for row in named] == [row[:3] for row in before]
    assert {row.actor for row in history} == {"Commander"}
    assert me not in {row[3] for row in named}
    await post.exchange(desk)
    do(desk, undo.undo, given.act)
    do(desk, undo.undo, edit.act)
    await post.exchange(desk)
    assert ask(desk, "SELECT title, assignee FROM ticket WHERE id = ?", made["pump"]) == [
        ("Pump is broken", desk.person)
    ]
    assert await post.world.owner.fetchval("SELECT title FROM ticket WHERE id = $1", made["pump"]) == "Pump is broken"
    assert ask(desk, "SELECT count(*) FROM returned_change WHERE seq IN (SELECT seq FROM change WHERE record = ?)",
               made["pump"]) == [(0,)]  # fmt: skip


async def test_what_was_voided_alone_can_still_be_brought_back(post: Post, desk: Desk) -> None:
    made = a_life_alone(desk)
    await post.join(desk, "commander")
    await post.exchange(desk)
    do(desk, commands.restore, made["well"])
    await post.exchange(desk)
    assert await post.world.owner.fetchval("SELECT voided FROM ticket WHERE id = $1", made["well"]) is None


async def test_an_edit_begun_before_joining_is_saved_after_it(post: Post, desk: Desk) -> None:
    """The form was open meanwhile: its base names a change that no server was told of."""
    made = a_life_alone(desk)
    base = desk.ask(card, made["pump"]).result().row.base
    await post.join(desk, "commander")
    do(desk, commands.edit, made["pump"], {"title": "Typed before"}, seen=base)
    await post.exchange(desk)
    assert ask(desk, "SELECT count(*) FROM change WHERE outcome IS NULL") == [(0,)]
    assert await post.world.owner.fetchval("SELECT title FROM ticket WHERE id = $1", made["pump"]) == "Typed before"


async def test_old_changes_are_history_and_are_never_sent(post: Post, desk: Desk) -> None:
    a_life_alone(desk)
    (last,) = ask(desk, "SELECT max(seq) FROM change")[0]
    first = desk.background(lambda database, _now: database.identity.dev).result()
    await post.join(desk, "commander")
    assert ask(desk, "SELECT DISTINCT outcome FROM change WHERE seq <= ?", last) == [(OUTCOME_ALONE,)]
    await post.exchange(desk)
    rows = await post.world.owner.fetch(
        "SELECT DISTINCT dev FROM change_log l WHERE dev <> (SELECT dev FROM device WHERE alias = 0)"
    )
    now = desk.background(lambda database, _now: database.identity.dev).result()
    assert [row["dev"] for row in rows] == [now]
    assert now != first
    assert await post.world.owner.fetchval("SELECT min(dseq) FROM change_log WHERE dev = $1", now) == last + 1


async def test_joining_from_an_empty_folder_sends_nothing(post: Post, desk: Desk) -> None:
    joined = await post.join(desk, "watch officer")
    assert joined.waiting == 0
    assert ask(desk, "SELECT count(*) FROM change WHERE outcome IS NULL") == [(0,)]
    await post.exchange(desk)
    assert sorted(row[0] for row in ask(desk, "SELECT name FROM unit")) == ["A", "B", "HQ"]
    made = do(desk, commands.create, title="First").value
    await post.exchange(desk)
    assert await post.world.owner.fetchval("SELECT unit FROM ticket WHERE id = $1", made) == desk.unit


# What all desks share


async def test_what_the_server_has_already_is_not_made_twice(post: Post, desk: Desk, other: Desk) -> None:
    """The same category and place made apart are one; what names the one of this desk names the server's."""
    first, second = a_life_alone(desk), a_life_alone(other)
    await post.join(other, "commander", "CP2")
    await post.exchange(other)
    await accept_all(post)
    await post.join(desk, "watch officer", "CP1")
    await post.exchange(desk)
    for table in ("category", "place"):
        assert ask(desk, f'SELECT count(*) FROM "{table}" WHERE id = ?', first[table]) == [(0,)]
    pump = ask(desk, "SELECT category, place FROM ticket WHERE id = ?", first["pump"])
    assert pump == [(second["category"], second["place"])]
    assert ask(desk, "SELECT count(*) FROM category WHERE code = 'drones'") == [(1,)]


async def accept_all(post: Post) -> None:
    from opsdesk.server import proposals

    for one in await proposals.waiting(post.world.db):
        await proposals.accept(post.world.db, one.record, note=NOTE, now=post.world.now)


async def test_what_only_an_administrator_makes_stays_in_use_and_is_proposed(
    post: Post, desk: Desk, other: Desk
) -> None:
    from opsdesk.server import proposals

    made = a_life_alone(desk)
    await post.join(desk, "watch officer", "CP1")
    await post.exchange(desk)
    assert ask(desk, "SELECT name FROM category WHERE id = ?", made["category"]) == [("Drones",)]
    boxed = ask(desk, "SELECT c.record FROM returned_change r JOIN change c USING (seq) "
                      "WHERE c.entity < 10 ORDER BY c.seq")  # fmt: skip
    assert [row[0] for row in boxed] == [made["unit"], made["person"], made["category"]]
    boxed = ask(desk, "SELECT count(*) FROM returned_change WHERE settled_at IS NULL")
    assert boxed == [(1,)], "but for the mark, nothing is left for the person here to do"
    counted = desk.ask(command._count).result()
    assert (counted["returned"], counted["proposed"], counted["queued"]) == (1, 3, 0)
    listed = await proposals.waiting(post.world.db)
    assert [(one.table, one.name, one.by) for one in listed] == [
        ("unit", "Bakery", "Watch Officer"), ("person", "Jo Lang", "Watch Officer"),
        ("category", "Drones", "Watch Officer"),
    ]  # fmt: skip
    await accept_all(post)
    assert await proposals.waiting(post.world.db) == ()
    await post.exchange(desk)
    assert desk.ask(command._count).result()["proposed"] == 0
    assert ask(desk, "SELECT c.field FROM returned_change r JOIN change c USING (seq)") == [(32,)], "but for the mark"
    await post.join(other, "watch officer", "CP2")
    await post.exchange(other)
    named = ask(other, "SELECT k.name FROM ticket t JOIN category k ON k.id = t.category WHERE t.id = ?", made["pump"])
    assert named == [("Drones",)]


async def test_a_right_that_is_missing_costs_the_mark_and_not_the_ticket(post: Post, desk: Desk) -> None:
    """Alone everybody is commander. A watch officer may not call a ticket major, so that comes back by itself."""
    made = a_life_alone(desk)
    found = await joining.find(desk, URL, await post.code("watch officer"), transport=post.transport)
    assert (found.withheld, found.brings.tickets) == (1, 1)
    await joining.join(desk, found, "CP1", transport=post.transport)
    await post.exchange(desk)
    assert ask(desk, "SELECT title, major FROM ticket WHERE id = ?", made["pump"]) == [("Pump is broken", 0)]
    boxed = ask(desk, "SELECT c.record, c.new, r.reason FROM returned_change r JOIN change c USING (seq) "
                      "WHERE c.entity = 10")  # fmt: skip
    assert boxed == [(made["pump"], 1, "no right: major")]

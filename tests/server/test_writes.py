"""A device's batch: what may not be done comes back to its author, what cannot be stored stops nothing else."""

import dataclasses
from typing import Any

import pytest

from opsdesk.server import accounts, writes
from opsdesk.server.database import Claims
from opsdesk.server.tokens import Bearer
from opsdesk.server.values import complete
from opsdesk.store.queue.shapes import shapes
from opsdesk.sync.core import chain
from opsdesk.sync.core.messages import Answer, Batch, Change, ChangeKind, Code, Ref, Run
from tests.server.world import World

pytestmark = pytest.mark.anyio

TABLES = {shape.table: shape for shape in shapes().values()}


def numbered(table: str, **values: Any) -> dict[int, Any]:
    numbers = {spec.name: number for number, spec in TABLES[table].fields.items()}
    return {numbers[name]: value for name, value in values.items()}


class Desk:
    """The device of an account, pushing under its rights."""

    def __init__(self, world: World, claims: Claims) -> None:
        self.world, self.claims = world, claims
        self.dseq, self.digest, self.epoch = 0, chain.genesis(claims.dev), 0

    @classmethod
    async def of(cls, world: World, account: str) -> "Desk":
        person = await world.owner.fetchval("SELECT person FROM account WHERE name = $1", account)
        async with world.db.accounts() as connection:
            claims = await accounts.claims_of(connection, Bearer(person, person[::-1]))
        assert claims is not None
        return cls(world, claims)

    def change(self, table: str, record: bytes, base: Any = None, *, event: str | None = None, **values: Any) -> Change:
        self.dseq += 1
        creates = base is None
        kind = ChangeKind.CREATE if creates else ChangeKind.SET if event is None else ChangeKind.TRANSITION
        held = complete(table, values) if creates else values
        return Change(self.dseq, kind, TABLES[table].entity, record, numbered(table, **held), base or 0, 0,
                      self.claims.person, self.dseq, event=event)  # fmt: skip

    async def push(self, *changes: Change, allow_all: bool = False) -> Answer:
        runs = (Run(changes[0].dseq, len(changes), chain.short(self.digest)),)
        for change in changes:
            self.digest = chain.link(self.digest, change)
        permit = writes.allow_all if allow_all else writes.permit_of(self.claims)
        batch = Batch(self.claims.dev, runs, changes, self.epoch)
        return await writes.push(self.world.db, batch, permit, person=self.claims.person, now=self.world.now)

    def ticket(self, letter: str, **values: Any) -> Change:
        made = {"unit": self.claims.unit, "title": "Pump", "number": f"T-{letter}", "occurred_at": 0, "created_at": 0}
        return self.change("ticket", letter.encode() * 16, **{**made, **values})


def codes(answer: Answer) -> list[Any]:
    return [Code(outcome.code) for outcome in answer.outcomes]


async def test_what_may_not_be_done_comes_back_to_its_author_alone(world: World) -> None:
    user = await Desk.of(world, "field user")
    made = user.ticket("a")
    voided = user.change("ticket", b"a" * 16, Ref(user.claims.dev, 1), voided="mine")
    edited = user.change("ticket", b"a" * 16, Ref(user.claims.dev, 1), title="Well")
    answer = await user.push(made, voided, edited)
    assert codes(answer) == [Code.ACCEPTED, Code.RETURNED, Code.ACCEPTED]
    assert answer.outcomes[1].reason == "no right: void"
    for account, count in (("field user", 1), ("commander", 0)):
        claims = (await Desk.of(world, account)).claims
        async with world.db.reading(claims) as connection:
            assert await connection.fetchval("SELECT count(*) FROM returned") == count


async def test_a_push_that_is_repeated_gets_the_same_answer(world: World) -> None:
    user = await Desk.of(world, "field user")
    made, digest = user.ticket("a"), user.digest
    first = await user.push(made)
    user.digest = digest
    assert await user.push(made) == first
    assert await world.owner.fetchval("SELECT count(*) FROM feed_entry WHERE entity = 10") == 1


async def test_what_cannot_be_stored_stops_nothing_beside_it(world: World) -> None:
    """As if a rule had let it through: the database refuses it, and only it comes back."""
    user = await Desk.of(world, "field user")
    good, bad = user.ticket("a"), user.ticket("b", title="a\0b")
    follow = user.change("ticket", b"b" * 16, Ref(user.claims.dev, 2), urgency=3)
    last = user.ticket("c")
    answer = await user.push(good, bad, follow, last, allow_all=True)
    assert codes(answer) == [Code.ACCEPTED, Code.RETURNED, Code.RETURNED, Code.ACCEPTED]
    assert [outcome.reason for outcome in answer.outcomes[1:3]] == ["server error", "its creation was returned"]
    assert await world.owner.fetchval("SELECT count(*) FROM ticket") == 2


async def test_a_comment_goes_where_its_ticket_goes_in_one_push(world: World) -> None:
    """Made, commented and handed over while away: the comment's own unit follows, and is not refused."""
    officer = await Desk.of(world, "watch officer")
    other = await world.unit("A")
    await world.grant("watch officer", "watch officer", "HQ")
    officer = await Desk.of(world, "watch officer")
    made = officer.ticket("a")
    said = officer.change(
        "comment", b"c" * 16, subject=b"a" * 16, unit=officer.claims.unit, author=officer.claims.person, body="x",
        written_at=0,
    )  # fmt: skip
    moved = officer.change("ticket", b"a" * 16, Ref(officer.claims.dev, 1), unit=other)
    along = officer.change("comment", b"c" * 16, Ref(officer.claims.dev, 2), unit=other)
    answer = await officer.push(made, said, moved, along)
    assert codes(answer) == [Code.ACCEPTED] * 4
    assert await world.owner.fetchval("SELECT unit FROM comment") == other


async def test_nobody_speaks_for_another(world: World) -> None:
    user, officer = await Desk.of(world, "field user"), await Desk.of(world, "watch officer")
    said = user.change("comment", b"c" * 16, subject=b"a" * 16, author=officer.claims.person, body="x", written_at=0)
    assert (await user.push(user.ticket("a"))).outcomes[0].code == Code.ACCEPTED
    user.dseq = 2
    said = user.change("comment", b"c" * 16, subject=b"a" * 16, author=officer.claims.person, body="x", written_at=0)
    user.dseq = 3
    answer = await user.push(said)
    assert answer.outcomes[0].reason == "no right: speak for another"


async def test_a_batch_of_another_life_is_told_which_life_it_is(world: World) -> None:
    user = await Desk.of(world, "field user")
    await user.push(user.ticket("a"))
    await world.owner.execute("INSERT INTO epoch VALUES (1, 0, 20, 1 << 30, 'restored')")
    answer = await user.push(user.ticket("b"))
    assert (answer.epoch, answer.outcomes, answer.mark) == (1, (), None)
    asked = Batch(user.claims.dev, (Run(1, 0, chain.short(user.digest)),), ())
    told = await writes.push(world.db, asked, writes.allow_all, person=user.claims.person, now=world.now)
    assert (told.epoch, told.mark, told.lost) == (1, 1, ((21, (1 << 30) + 1),))


async def test_what_a_copy_offered_again_first_counts_for_nothing_that_the_original_knows(world: World) -> None:
    user = await Desk.of(world, "field user")
    await user.push(user.ticket("a"))
    asked = Batch(user.claims.dev, (Run(1, 0, chain.short(chain.genesis(user.claims.dev))),), ())
    await world.owner.execute("INSERT INTO epoch VALUES (1, 0, 20, 1 << 30, 'restored')")
    user.epoch = 1
    assert codes(await user.push(user.ticket("b"))) == [Code.ACCEPTED]
    told = await writes.push(world.db, asked, writes.allow_all, person=user.claims.person, now=world.now)
    assert told.mark == 1


async def test_desks_that_push_at_once_get_positions_without_a_gap(world: World) -> None:
    import asyncio

    desks = [await Desk.of(world, role) for role in ("field user", "watch officer", "commander", "analyst")]

    async def work(number: int, desk: Desk) -> None:
        for at in range(5):
            letter = chr(ord("a") + number * 5 + at)
            assert codes(await desk.push(desk.ticket(letter))) == [Code.ACCEPTED]

    await asyncio.gather(*(work(number, desk) for number, desk in enumerate(desks)))
    rows = await world.owner.fetch("SELECT pos, ver FROM feed_entry WHERE entity = 10 ORDER BY pos")
    assert [row["pos"] for row in rows] == list(range(1, 21))
    assert [row["ver"] for row in rows] == sorted({row["ver"] for row in rows})


async def test_a_change_that_its_folder_renamed_after_a_restore_is_found_by_its_old_name(world: World) -> None:
    """A copy's change of something else stands under the old one; nobody else's name is looked under."""
    user, officer, stranger = [await Desk.of(world, name) for name in ("field user", "watch officer", "commander")]
    await user.push(user.ticket("a"))
    await world.owner.execute("INSERT INTO epoch VALUES (1, 0, 20, 1 << 30, 'restored')")
    user.epoch = officer.epoch = stranger.epoch = 1
    old, new = user.claims.dev, b"n" * 16
    stranger.dseq = 1
    await stranger.push(stranger.change("ticket", b"a" * 16, 1 << 30, title="Stranger"))
    officer.dseq = 4
    waiting = officer.change("ticket", b"a" * 16, Ref(old, 2), title="Well")
    digest = officer.digest
    assert codes(await officer.push(waiting)) == [Code.DEFERRED]
    await user.push(user.change("ticket", b"a" * 16, Ref(old, 1), location="Quay"))
    await world.owner.execute(
        "INSERT INTO device (dev, key, person, name, tag, enrolled_at) "
        "SELECT $2, key, person, name, 'NEW', 0 FROM device WHERE dev = $1", old, new,
    )  # fmt: skip
    user.claims, user.dseq, user.digest = dataclasses.replace(user.claims, dev=new), 1, chain.genesis(new)
    await user.push(user.change("ticket", b"a" * 16, 1 << 31, title="Spring"))
    officer.digest = digest
    assert codes(await officer.push(waiting)) == [Code.ACCEPTED]
    assert await world.owner.fetchval("SELECT title FROM ticket") == "Well"

"""The server wakes what was snoozed until a moment that has come: once, and for all who have joined it."""

from typing import Any

import pytest

from opsdesk.models import ids
from opsdesk.models.tickets import State
from opsdesk.server import waking, writes
from opsdesk.server.writes import Write
from opsdesk.services import times
from opsdesk.sync.core.messages import Code, Outcome
from tests.server.world import World

pytestmark = pytest.mark.anyio
NOW = 1_790_000_000_000


async def snoozed(world: World, until: int | None, **more: Any) -> bytes:
    made = ids.new_id(NOW)
    values = {
        "unit": await world.unit("A"), "number": f"T-{made.hex()[-6:]}", "title": "Pump",
        "occurred_at": 0, "created_at": 0, "state": int(State.WAITING), "waiting_reason": "scheduled",
        "waiting_until": until, **more,
    }  # fmt: skip
    await writes.submit(world.db, [Write("ticket", made, values)], writes.allow_all, person=None, now=NOW)
    return made


async def test_what_is_due_is_woken_once_and_says_why_and_all_else_sleeps_on(world: World) -> None:
    world.now = NOW
    due = await snoozed(world, NOW - 1)
    others = [
        await snoozed(world, NOW + 60_000),
        await snoozed(world, None, waiting_reason="parts"),
        await snoozed(world, NOW - 1, voided="twice"),
        await snoozed(world, NOW - 1, state=int(State.RESOLVED), waiting_reason=None),
    ]
    before = await world.owner.fetch("SELECT id, ver FROM ticket WHERE id = ANY ($1) ORDER BY id", others)
    assert await waking.wake(world.server) == 1
    assert await waking.wake(world.server) == 0
    row = await world.owner.fetchrow(
        "SELECT state, state_reason, waiting_reason, waiting_until FROM ticket WHERE id = $1", due
    )
    assert tuple(row) == (
        int(State.IN_PROGRESS), f"Woken: it waited until {times.dtg(NOW - 1)}", None, None,
    )  # fmt: skip
    assert await world.owner.fetch("SELECT id, ver FROM ticket WHERE id = ANY ($1) ORDER BY id", others) == before
    place = await world.unit("A") + b"\1"
    kinds = await world.owner.fetch("SELECT kind FROM feed_entry WHERE place = $1 ORDER BY pos", place)
    assert len(kinds) > len(others) + 1, "desks learn of it by their feed"


async def test_a_moment_that_no_calendar_holds_keeps_nobody_asleep(world: World) -> None:
    world.now = NOW
    due = [await snoozed(world, -(2**63)), await snoozed(world, NOW - 1)]
    assert await waking.wake(world.server) == len(due)


async def test_one_that_is_refused_again_and_again_keeps_no_later_one_asleep(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.now = NOW
    refused, later = await snoozed(world, NOW - 2), await snoozed(world, NOW - 1)
    submit = writes.submit

    async def but_not_the_first(db: Any, asked: Any, permit: Any, **more: Any) -> None:
        if asked[0].record == refused:
            raise writes.NotAccepted([Outcome(1, Code.CONFLICT)])
        await submit(db, asked, permit, **more)

    monkeypatch.setattr(waking, "MOST", 1)
    monkeypatch.setattr(writes, "submit", but_not_the_first)
    assert await waking.wake(world.server) == 1
    assert await world.owner.fetchval("SELECT state FROM ticket WHERE id = $1", later) == int(State.IN_PROGRESS)


async def test_one_that_somebody_moves_at_the_same_time_is_left_to_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.now = NOW
    due = await snoozed(world, NOW - 1)
    submit = writes.submit

    async def after_somebody(db: Any, asked: Any, permit: Any, **more: Any) -> None:
        ver = await world.owner.fetchval("SELECT ver FROM ticket WHERE id = $1", due)
        step = Write("ticket", due, {"state": int(State.CANCELLED), "state_reason": "No need"}, ver, "cancel")
        await submit(db, [step], writes.allow_all, person=None, now=NOW)
        await submit(db, asked, permit, **more)

    monkeypatch.setattr(writes, "submit", after_somebody)
    assert await waking.wake(world.server) == 0
    assert await world.owner.fetchval("SELECT state FROM ticket WHERE id = $1", due) == int(State.CANCELLED)

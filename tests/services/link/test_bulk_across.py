"""A bulk edit of many tickets between two desks and a server: what collides, and what undo gives back."""

import os
from pathlib import Path
from typing import Any

import pytest

from opsdesk.services import tickets, undo
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.tickets import bulk
from opsdesk.store.work import Work
from tests.server.world import World
from tests.support.joined import ask, join, waiting

MANY = int(os.environ.get("OPSDESK_BULK", "600"))
"""Tickets; `make bulk` takes 5,000."""
PATIENCE_S = 60 + MANY // 5
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(max(120, MANY // 4))]
OPEN_CONFLICTS = "SELECT count(*) FROM conflict WHERE open = 1"


def make_many(work: Work) -> Changes:
    made = []
    for number in range(MANY):
        tickets.create(work, title=f"Shelter {number}", values={"location": "Camp North"})
        made.append(work.value_out)
    work.value_out = made
    return Changes(everything=True)


async def in_step(world: World, *desks: Desk) -> None:
    for desk in desks:
        await desk.link.once(world.transport)


async def test_a_bulk_edit_collides_only_where_fields_do_and_undo_leaves_what_others_changed_since(
    world: World, tmp_path: Path
) -> None:
    anna, ben = [await join(world, tmp_path / tag, "watch officer", tag) for tag in ("CP1", "FU2")]
    try:
        made: list[bytes] = anna.do(make_many).result(PATIENCE_S).value
        await in_step(world, anna, ben)
        assert ask(ben, "SELECT count(*) FROM ticket") == MANY
        keys = [row[0] for row in anna.ask(lambda reader: reader.rows("SELECT key FROM ticket ORDER BY key")).result()]

        # Apart: Anna edits all of them, Ben the same field of three and another field of five.
        change = bulk.BulkChange("Move to the gate", {"location": "Gate", "priority": 4})
        told = anna.ask(bulk.preview, keys, change).result(PATIENCE_S)
        report = bulk.run(anna, keys, change, shown=told).result(PATIENCE_S)
        assert (report.done, report.refused, report.act is not None) == (MANY, (), True)
        for ticket in made[:3]:
            ben.do(tickets.edit, ticket, {"location": "Camp South"}).result()
        for ticket in made[3:8]:
            ben.do(tickets.edit, ticket, {"title": "Seen by Ben"}).result()
        await in_step(world, ben, anna, ben)
        for desk in (anna, ben):
            assert waiting(desk) == 0
            assert ask(desk, OPEN_CONFLICTS) == 3
            collided = desk.ask(lambda reader: reader.rows("SELECT DISTINCT record FROM conflict WHERE open = 1"))
            assert {row[0] for row in collided.result()} == set(made[:3])
            assert ask(desk, "SELECT count(*) FROM ticket WHERE location = 'Gate'") == MANY - 3
            assert ask(desk, "SELECT count(*) FROM ticket WHERE priority = 4") == MANY
            assert ask(desk, "SELECT count(*) FROM ticket WHERE title = 'Seen by Ben'") == 5

        # Since then Ben has moved two more; undo on Anna's desk names them and leaves them as they are.
        for ticket in made[10:12]:
            ben.do(tickets.edit, ticket, {"location": "Depot"}).result()
        await in_step(world, ben, anna)
        act = report.act
        assert act is not None
        with pytest.raises(undo.WouldStay) as question:
            undo.run(anna, act).result(PATIENCE_S)
        assert question.value.preview.left == 2
        assert {stays.ticket for stays in question.value.preview.stays} == set(made[10:12])
        assert {(stays.yours, stays.now) for stays in question.value.preview.stays} == {("Gate", "Depot")}
        outcome = undo.run(anna, act, confirmed=True).result(PATIENCE_S)
        assert outcome.value == 2
        await in_step(world, anna, ben)
        for desk in (anna, ben):
            assert _places(desk) == {"Camp North": MANY - 5, "Camp South": 3, "Depot": 2}
            assert ask(desk, "SELECT count(*) FROM ticket WHERE priority = 2") == MANY
            assert ask(desk, OPEN_CONFLICTS) == 0, "Anna's side of them was taken back"
            assert waiting(desk) == 0
    finally:
        for desk in (anna, ben):
            await desk.link.stop()
            desk.close()


def _places(desk: Desk) -> dict[str, Any]:
    found = desk.ask(lambda reader: reader.rows("SELECT location, count(*) FROM ticket GROUP BY location")).result()
    return dict(found)

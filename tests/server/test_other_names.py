"""What a folder calls its changes under its other names is found in PostgreSQL, for decisions after a restore."""

from random import Random
from typing import Any

import pytest

from opsdesk.server import writes
from opsdesk.server.database import Database
from opsdesk.sync.core import centre
from opsdesk.sync.core.messages import Change, ChangeKind, Code, Ref
from opsdesk.sync.core.state import Loaded
from tests.server.test_port import NEEDED, NOW, TICKET, TITLE, Device

pytestmark = pytest.mark.anyio

MADE = {**NEEDED, 10: "T-1", 3: 0, 28: 2, 29: 2, 42: 0, 43: 0}
TICKETS = [bytes((number,)) * 16 for number in (1, 2, 3)]


@pytest.fixture
async def devices(owner: Any) -> dict[str, Device]:
    """On a restored server: one folder that was called otherwise before, and two more."""
    made = {name: Device(number, Random(number)) for number, name in enumerate(("before", "since", "other", "who"))}
    await owner.execute("INSERT INTO epoch VALUES (0, 0, 0, 0, 'begun'), (1, 0, 0, 0, 'restored')")
    for name, device in made.items():
        key = (b"before" if name == "since" else name.encode()).ljust(32, b".")
        await owner.execute(
            "INSERT INTO device (dev, key, name, enrolled_at) VALUES ($1, $2, $3, 0)", device.dev, key, name
        )
    return made


async def push(db: Database, device: Device, *changes: Change) -> list[Code]:
    """What became of each."""
    batch = device.batch(list(changes), 1)
    answer = await writes.push(db, batch, writes.allow_all, person=b"p" * 16, now=NOW)
    return [Code(one.code) for one in answer.outcomes]


async def refuse_all(_connection: Any, _loaded: Loaded) -> centre.Permit:
    """Nobody may write."""
    return lambda _batch, _change, _record: "no right: edit"


def choice(device: Device, ticket: bytes, title: str, *considered: Ref) -> Change:
    """A resolution of a conflict that the server lost."""
    return device.change(
        ChangeKind.RESOLVE, TICKET, ticket, {TITLE: title}, base=0, conflict=b"lost" * 4, considered=considered
    )


@pytest.mark.parametrize(("writer", "code"), [("since", Code.ABSORBED), ("other", Code.CONFLICT)])
async def test_what_comes_under_a_new_name_was_decided_on_under_the_old_one(
    db: Database, devices: dict[str, Device], writer: str, code: Code
) -> None:
    who, device = devices["who"], devices[writer]
    made = who.change(ChangeKind.CREATE, TICKET, TICKETS[0], MADE)
    decided = choice(who, TICKETS[0], "Pump", Ref(devices["before"].dev, 1))
    assert await push(db, who, made, decided) == [Code.ACCEPTED, Code.MERGED]
    edit = device.change(ChangeKind.SET, TICKET, TICKETS[0], {TITLE: "East"}, base=0)
    assert await push(db, device, edit) == [code]


@pytest.mark.parametrize(("writer", "code"), [("since", Code.ACCEPTED), ("other", Code.MERGED)])
async def test_a_decision_on_the_old_name_finds_what_came_under_the_new_one(
    db: Database, devices: dict[str, Device], writer: str, code: Code
) -> None:
    who, device = devices["who"], devices[writer]
    assert await push(db, who, who.change(ChangeKind.CREATE, TICKET, TICKETS[1], MADE)) == [Code.ACCEPTED]
    edit = device.change(ChangeKind.SET, TICKET, TICKETS[1], {TITLE: "East"}, base=0)
    assert await push(db, device, edit) == [Code.CONFLICT]
    assert await push(db, who, choice(who, TICKETS[1], "Pump", Ref(devices["before"].dev, 1))) == [code]


@pytest.mark.parametrize(("title", "code"), [("East", Code.ABSORBED), ("Quay", Code.CONFLICT)])
async def test_a_decision_on_what_bears_the_old_name_counts_for_the_new_one_only_where_both_are_the_same_edit(
    db: Database, devices: dict[str, Device], title: str, code: Code
) -> None:
    who, before, since = devices["who"], devices["before"], devices["since"]
    assert await push(db, who, who.change(ChangeKind.CREATE, TICKET, TICKETS[2], MADE)) == [Code.ACCEPTED]
    edit = before.change(ChangeKind.SET, TICKET, TICKETS[2], {TITLE: "East"}, base=0)
    assert await push(db, before, edit) == [Code.CONFLICT]
    assert await push(db, who, choice(who, TICKETS[2], "Pump", Ref(before.dev, 1))) == [Code.ACCEPTED]
    again = since.change(ChangeKind.SET, TICKET, TICKETS[2], {TITLE: title}, base=0)
    assert await push(db, since, again) == [code]


async def test_what_came_back_upon_what_is_not_known_under_the_other_name_is_followed_to_an_end(
    db: Database, devices: dict[str, Device]
) -> None:
    """Both names of the folder have given one number. What names the change that was lost waits for it, and does not
    take the one that came back, which itself goes on from the lost one, for it."""
    who, before, since = devices["who"], devices["before"], devices["since"]
    assert await push(db, who, who.change(ChangeKind.CREATE, TICKET, TICKETS[0], MADE)) == [Code.ACCEPTED]
    edit = since.change(ChangeKind.SET, TICKET, TICKETS[0], {TITLE: "East"}, base=Ref(before.dev, 1))
    answer = await writes.push(db, since.batch([edit], 1), refuse_all, person=b"p" * 16, now=NOW)
    assert [one.code for one in answer.outcomes] == [Code.RETURNED]
    upon = who.change(ChangeKind.SET, TICKET, TICKETS[0], {TITLE: "West"}, base=Ref(since.dev, 1))
    assert await push(db, who, upon) == [Code.DEFERRED]


@pytest.mark.parametrize(("writer", "shown"), [("since", "one\n\nthree\n\n"), ("who", "two\n\none\n\nthree\n\n")])
async def test_a_text_upon_a_change_that_came_back_is_taken_whole_from_the_folder_that_made_it(
    db: Database, owner: Any, devices: dict[str, Device], writer: str, shown: str
) -> None:
    """A line was taken out, without the right to: who made that decided on it, and nobody else did."""
    who, before, device, text = devices["who"], devices["before"], devices[writer], 14
    made = who.change(ChangeKind.CREATE, TICKET, TICKETS[0], {**MADE, text: "two\n\none\n\n"})
    assert await push(db, who, made) == [Code.ACCEPTED]
    ver = await owner.fetchval("SELECT ver FROM ticket WHERE id = $1", TICKETS[0])
    edit = before.change(ChangeKind.SET, TICKET, TICKETS[0], {text: "one\n\n"}, base=ver)
    refused = await writes.push(db, before.batch([edit], 1), refuse_all, person=b"p" * 16, now=NOW)
    assert [one.code for one in refused.outcomes] == [Code.RETURNED]
    device.dseq = max(device.dseq, 1)
    upon = device.change(ChangeKind.SET, TICKET, TICKETS[0], {text: "one\n\nthree\n\n"}, base=Ref(before.dev, 1))
    await push(db, device, upon)
    assert await owner.fetchval("SELECT description FROM ticket WHERE id = $1", TICKETS[0]) == shown

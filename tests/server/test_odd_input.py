"""What is odd is refused in words, by HTTP and by sync: no fault of ours, and nothing that would stop another desk."""

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from opsdesk.server import wire
from opsdesk.server.policies import NOT_ONESELF
from opsdesk.sync.core import codec
from opsdesk.sync.core.messages import Code
from tests.server.test_sync_routes import Desk
from tests.server.world import World

pytestmark = pytest.mark.anyio

FEW = [("priority", 0), ("priority", 5), ("urgency", 4), ("impact", 0), ("marking", -1), ("marking", 5), ("state", 11)]
"""Numbers that stand for nothing, in fields that hold one of a few."""


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("POST", "/v1/tickets", b'{"title": " "}'),
        ("POST", "/v1/tickets", b'{"title": ' + b"[" * 100_000),
        ("GET", f"/v1/tickets?cursor={wire.cursor([2**64 - 1, bytes(16)])}", None),
        ("GET", "/v1/tickets/near?lat=1_0&lon=0&metres=1", None),
        *(("POST", "/v1/tickets", b'{"title": "a", "%s": %d}' % (name.encode(), value)) for name, value in FEW),
    ],
)
async def test_what_is_odd_is_refused_with_words(
    common_world: World, method: str, path: str, content: bytes | None
) -> None:
    answer = await (await common_world.as_("commander")).request(method, path, content=content)
    assert (answer.status_code, sorted(answer.json())) == (422, ["error", "text"]), answer.text


async def test_a_method_that_is_not_there_is_answered_with_all_that_are(common_world: World) -> None:
    client = await common_world.as_("reader")
    for path, methods in (
        ("/v1/tickets", "GET, HEAD, POST"),
        (f"/v1/tickets/{UUID(int=1)}", "DELETE, GET, HEAD, PATCH"),
    ):
        answer = await client.put(path)
        assert (answer.status_code, answer.headers["allow"]) == (405, methods)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("log-in", {"name": "a\0", "password": "x", "challenge": "x"}),
        ("log-in", {"name": "a", "password": "x\0", "challenge": "x"}),
        ("enrol", {"name": "a\0", "tag": "CP1", "secret": "0" * 16, "key": ""}),
        ("enrol", {"name": "a", "tag": "CP1\n", "secret": "0" * 16, "key": ""}),
    ],
)
async def test_a_stranger_who_sends_odd_letters_is_refused_and_makes_no_fault(
    common_world: World, path: str, said: dict[str, Any]
) -> None:
    answer = await common_world.client().post(f"/v1/{path}", json={"dev": str(UUID(int=1)), "proof": "", **said})
    assert (answer.status_code, answer.json()["error"]) == (422, "malformed")


async def test_the_word_for_who_sees_a_comment_has_no_line_end(common_world: World) -> None:
    officer = await common_world.as_("watch officer")
    one = (await officer.post("/v1/tickets", json={"title": "Pump"})).json()
    said = {"body": "x", "visibility": "internal\n"}
    assert (await officer.post(f"/v1/tickets/{one['id']}/comments", json=said)).status_code == 422


@pytest.mark.parametrize(("name", "value"), FEW)
async def test_a_number_that_stands_for_nothing_comes_back_to_who_sent_it(world: World, name: str, value: int) -> None:
    officer = await Desk.of(world, "watch officer")
    answer = await officer.ask("push", officer.creation(**{name: value}))
    assert [outcome.code for outcome in answer.outcomes] == [Code.RETURNED]
    assert answer.outcomes[0].reason.startswith(name)
    assert await world.owner.fetchval("SELECT count(*) FROM ticket") == 0


@pytest.mark.parametrize("entity", [2**15, 2**16 - 1, -1])
async def test_the_number_of_an_entity_that_the_log_cannot_hold_is_malformed(world: World, entity: int) -> None:
    officer = await Desk.of(world, "watch officer")
    batch = officer.creation()
    odd = replace(batch, changes=(replace(batch.changes[0], entity=entity),))
    answer = await officer.client.post("/v1/sync/push", content=codec.encode(odd, officer.link))
    assert (answer.status_code, answer.json()["error"]) == (422, "malformed")


async def test_nobody_writes_under_the_name_of_the_server_which_every_feed_tells(world: World) -> None:
    officer = await Desk.of(world, "watch officer")
    assert (await officer.client.post("/v1/tickets", json={"title": "Pump"})).status_code == 201
    own = await world.owner.fetchrow(
        "SELECT d.dev, d.mark, l.digest FROM device d JOIN change_log l ON l.dev = d.dev AND l.dseq = d.mark "
        "WHERE d.alias = 0"
    )
    # What the server itself would say next.
    officer.dev, officer.dseq, officer.digest = own["dev"], own["mark"], own["digest"]
    answer = await officer.client.post("/v1/sync/push", content=codec.encode(officer.creation(), officer.link))
    assert (answer.status_code, answer.json()["error"]) == (403, "another device")
    made = await officer.client.post("/v1/tickets", json={"title": "Well"})
    assert (made.status_code, made.json()["title"]) == (201, "Well")


async def test_nobody_writes_in_the_name_of_another_person_who_then_stands_in_every_history(world: World) -> None:
    officer, other = await Desk.of(world, "watch officer"), await Desk.of(world, "commander")
    batch = officer.creation()
    forged = replace(batch.changes[0], actor=other.person)
    answer = await officer.ask("push", replace(batch, changes=(forged,)))
    assert [(one.code, one.reason) for one in answer.outcomes] == [(Code.RETURNED, NOT_ONESELF)]
    rows = await world.owner.fetch("SELECT person FROM returned")
    assert [row["person"] for row in rows] == [officer.person], "nor does it fill the box of that other"


async def test_what_another_wrote_at_this_desk_before_keeps_its_author(world: World) -> None:
    officer, other = await Desk.of(world, "watch officer"), await Desk.of(world, "commander")
    await world.owner.execute(
        "INSERT INTO refresh_token (hash, family, dev, person, made_at, expires_at) VALUES ($1, $1, $2, $3, 0, 0)",
        b"h" * 16, officer.dev, other.person,
    )  # fmt: skip
    batch = officer.creation()
    theirs = replace(batch.changes[0], actor=other.person)
    answer = await officer.ask("push", replace(batch, changes=(theirs,)))
    assert [one.code for one in answer.outcomes] == [Code.ACCEPTED]

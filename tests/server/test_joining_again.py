"""Joining that is cut short or begun again, and what no server of ours answers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from opsdesk.server import accounts
from opsdesk.services import joining
from opsdesk.services.desk import Desk
from opsdesk.services.tickets import commands
from opsdesk.store import membership
from tests.server.posts import URL, Post
from tests.server.test_joining import a_life_alone, ask, contents, do, other, post, standing
from tests.server.world import NOTE

__all__ = ["other", "post"]

pytestmark = pytest.mark.anyio


# Cut short


class Losing(httpx.AsyncBaseTransport):
    """A way there on which the answers of one path are lost."""

    def __init__(self, inner: httpx.AsyncBaseTransport, path: str) -> None:
        self.inner, self.path, self.lost = inner, path, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        if request.url.path == self.path:
            self.lost += 1
            await answer.aclose()
            raise httpx.ReadError("cut off")
        return answer


@pytest.mark.parametrize("path", ["/v1/enrol", "/v1/meet"])
async def test_a_lost_answer_is_asked_for_again_as_the_same_device(post: Post, desk: Desk, path: str) -> None:
    a_life_alone(desk)
    code = await post.code("commander")
    found = await joining.find(desk, URL, code, transport=post.transport)
    lossy = Losing(post.transport, path)
    with pytest.raises(joining.NotJoined, match=r"broke off.*Nothing has changed"):
        await joining.join(desk, found, found.tag, transport=lossy)
    assert lossy.lost == 1
    assert desk.ask(joining.standing).result() is None
    again = await joining.find(desk, URL, code, transport=post.transport)
    await joining.join(desk, again, again.tag, transport=post.transport)
    await post.exchange(desk)
    assert await post.world.owner.fetchval("SELECT count(*) FROM device WHERE tag = $1", desk.tag) == 1
    assert await post.world.owner.fetchval("SELECT count(*) FROM ticket") == 2


async def test_joining_may_be_cancelled_until_the_folder_is_changed(post: Post, desk: Desk) -> None:
    a_life_alone(desk)
    found = await joining.find(desk, URL, await post.code("commander"), transport=post.transport)
    reached = asyncio.Event()

    def progress(words: str, _done: int, _of: int) -> None:
        if words.startswith("Comparing"):
            reached.set()

    running = asyncio.ensure_future(joining.join(desk, found, found.tag, progress=progress, transport=post.transport))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert desk.ask(joining.standing).result() is None
    assert ask(desk, "SELECT count(*) FROM change WHERE outcome IS NOT NULL") == [(0,)]
    await joining.join(desk, found, found.tag, transport=post.transport)
    assert standing(desk).post == "Relief Command"


async def test_a_failure_while_the_folder_changes_leaves_it_as_it_was(
    post: Post, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_life_alone(desk)
    identity = desk.background(lambda database, _now: database.identity).result()
    before = contents(desk)

    def fail(*_args: Any) -> None:
        raise RuntimeError("the power is gone")

    monkeypatch.setattr(membership, "write", fail)
    with pytest.raises(RuntimeError, match="power"):
        await post.join(desk, "commander")
    monkeypatch.undo()
    after = contents(desk)
    assert {table for table in before if before[table] != after[table]} <= {"joining", "capture"}
    assert desk.background(lambda database, _now: database.identity).result() == identity
    await post.join(desk, "commander")
    await post.exchange(desk)
    assert await post.world.owner.fetchval("SELECT count(*) FROM ticket") == 2


# Coming back


async def test_a_desk_that_was_shut_out_comes_back_with_all_that_waits(post: Post, desk: Desk) -> None:
    await post.join(desk, "commander", "CP1")
    await post.exchange(desk)
    dev = desk.background(lambda database, _now: database.identity.dev).result()
    async with post.world.db.accounts() as connection:
        await accounts.revoke_device(connection, dev=dev, note=NOTE, now=post.world.now)
    made = do(desk, commands.create, title="Written while shut out").value
    with pytest.raises(Exception, match="token refused"):
        await post.exchange(desk)
    joined = await post.join(desk, "commander")
    assert (joined.again, joined.waiting) == (True, 0)
    assert ask(desk, "SELECT count(*) FROM change WHERE outcome IS NULL") == [(1,)]
    assert desk.background(lambda database, _now: database.identity.dev).result() == dev
    await post.exchange(desk)
    assert await post.world.owner.fetchval("SELECT title FROM ticket WHERE id = $1", made) == "Written while shut out"


async def test_what_one_person_wrote_is_not_sent_in_the_name_of_another(post: Post, desk: Desk) -> None:
    await post.join(desk, "commander", "CP1")
    do(desk, commands.create, title="Not sent yet")
    with pytest.raises(joining.NotJoined, match="somebody else wait here"):
        await post.join(desk, "watch officer")
    await post.exchange(desk)
    await post.join(desk, "watch officer")
    assert standing(desk).person == "Watch Officer"


async def test_two_desks_of_one_person_have_one_name_and_two_tags(post: Post, desk: Desk, other: Desk) -> None:
    a_life_alone(desk)
    do(other, commands.create, title="From the laptop")
    await post.join(desk, "commander", "CP1")
    joined = await post.join(other, "commander", "CP7")
    assert joined.tag == "CP7"
    for one in (desk, other, desk):
        await post.exchange(one)
    assert desk.person == other.person
    titles = "SELECT title, assignee FROM ticket WHERE voided IS NULL ORDER BY title"
    assert ask(desk, titles) == ask(other, titles)
    assert len(ask(desk, titles)) == 2


async def test_the_folder_opens_as_the_person_who_joined(post: Post, folder: Path) -> None:
    desk = Desk.open(folder)
    await post.join(desk, "commander", "CP5")
    who = (desk.person, desk.unit, desk.tag)
    desk.close()
    for read_only in (False, True):
        again = Desk.open(folder, read_only=read_only)
        assert (again.person, again.unit, again.tag) == who
        found = standing(again)
        assert (found.post, found.url, found.person, found.role) == (
            "Relief Command", URL, "Commander", "Commander",
        )  # fmt: skip
        again.close()


async def test_an_answer_that_no_server_of_ours_gives_is_refused(post: Post, desk: Desk) -> None:
    """Whoever holds the server's keys could still send anything: it is read with bounds."""

    async def wrong(request: httpx.Request) -> httpx.Response:
        answer = await post.transport.handle_async_request(request)
        if request.url.path != "/v1/code":
            return answer
        return httpx.Response(
            200, stream=httpx.ByteStream((await answer.aread()).replace(b'"marking":2', b'"marking":9'))
        )

    with pytest.raises(joining.NotJoined, match="answer is none of ours"):
        await joining.find(desk, URL, await post.code("commander"), transport=httpx.MockTransport(wrong))


async def test_a_server_cannot_take_the_place_of_a_record_that_it_was_not_asked_about(post: Post, desk: Desk) -> None:
    made = a_life_alone(desk)

    async def greedy(request: httpx.Request) -> httpx.Response:
        answer = await post.transport.handle_async_request(request)
        if request.url.path != "/v1/meet":
            return answer
        told = json.loads(await answer.aread())
        told["records"].append({**told["records"][0], "instead_of": str(UUID(bytes=made["pump"]))})
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(told).encode()))

    found = await joining.find(desk, URL, await post.code("commander"), transport=post.transport)
    await joining.join(desk, found, found.tag, transport=httpx.MockTransport(greedy))
    assert ask(desk, "SELECT count(*) FROM comment WHERE subject = ?", made["pump"]) == [(2,)]


@pytest.mark.parametrize(
    ("spoken", "words"), [(b"0", "post's program is too old"), (b"2", "desk's program is too old")]
)
async def test_another_version_of_the_protocol_is_said(post: Post, desk: Desk, spoken: bytes, words: str) -> None:
    async def other(request: httpx.Request) -> httpx.Response:
        answer = await (await post.transport.handle_async_request(request)).aread()
        return httpx.Response(200, stream=httpx.ByteStream(answer.replace(b'"protocol":1', b'"protocol":' + spoken)))

    with pytest.raises(joining.NotJoined, match=words):
        await joining.find(desk, URL, await post.code("commander"), transport=httpx.MockTransport(other))

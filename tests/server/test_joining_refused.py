"""What joining refuses, and says where; the tags of numbers."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from opsdesk.models import codes
from opsdesk.server import accounts
from opsdesk.services import joining, seeding
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.services.tickets import commands
from opsdesk.store.database import Database
from tests.server.posts import URL, Post
from tests.server.test_joining import a_life_alone, ask, do, other, post

__all__ = ["other", "post"]

pytestmark = pytest.mark.anyio


# What is refused


async def test_who_may_not_write_tickets_does_not_take_a_folder_with_tickets(post: Post, desk: Desk) -> None:
    a_life_alone(desk)
    with pytest.raises(joining.NotJoined, match=r"1 ticket was made here.*may not write tickets"):
        await joining.find(desk, URL, await post.code("keller"), transport=post.transport)
    assert desk.ask(joining.standing).result() is None


async def test_made_up_data_is_refused(post: Post, made_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "seeded"
    database = Database.open(folder)
    seeding.seed(database, tickets=3, seed=1)
    database.close()
    seeded = Desk.open(folder)
    try:
        with pytest.raises(Refused, match="made-up data for measuring"):
            await post.join(seeded, "commander")
    finally:
        seeded.close()


async def test_a_folder_belongs_to_one_post(post: Post, desk: Desk, tmp_path: Path) -> None:
    await post.join(desk, "commander")
    (tmp_path / "elsewhere").mkdir()
    elsewhere = Post(post.world, tmp_path / "elsewhere")
    with pytest.raises(joining.NotJoined, match="has joined Relief Command already"):
        await elsewhere.join(desk, "commander")


@pytest.mark.parametrize(
    ("address", "code", "field", "words"),
    [
        ("http://post", None, "address", "name or number with a port"),
        ("post:99999", None, "address", "port"),
        (URL, "K7QD-4M2X", "code", "8 of 36"),
        (URL, "U" * 36, "code", "no “U”"),
        (URL, "0" * 36, "address", "not the one that gave this code"),
    ],
)
async def test_what_cannot_be_right_is_said_at_its_place(
    post: Post, desk: Desk, address: str, code: str | None, field: str, words: str
) -> None:
    with pytest.raises(joining.NotJoined, match=words) as caught:
        await joining.find(desk, address, code or await post.code("commander"), transport=post.transport)
    assert caught.value.field == field
    assert desk.ask(joining.standing).result() is None


async def test_a_wrong_or_used_code_is_refused_and_guessing_is_slowed(post: Post, desk: Desk, other: Desk) -> None:
    good = await post.code("commander")
    found = await joining.find(desk, URL, good, transport=post.transport)
    await joining.join(desk, found, "CP1", transport=post.transport)
    wrong = str(codes.Code("0" * 16, codes.read(good).fingerprint))
    for code in (good, *[wrong] * (accounts.FREE_FAILURES - 1)):
        with pytest.raises(joining.NotJoined, match="does not know this code"):
            await joining.find(other, URL, code, transport=post.transport)
    with pytest.raises(joining.NotJoined, match="Try again in 1 s"):
        await joining.find(other, URL, wrong, transport=post.transport)


async def test_asking_what_a_code_stands_for_does_not_use_it_up(post: Post, desk: Desk) -> None:
    code = await post.code("watch officer")
    for _ in range(3):
        found = await joining.find(desk, URL, code, tag="cp1", transport=post.transport)
    assert (found.post, found.person, found.unit, found.role, found.marking) == (
        "Relief Command", "Watch Officer", "A", "watch officer", "RESTRICTED",
    )  # fmt: skip
    assert (found.tickets, found.tag, found.tag_taken, found.again) == (0, "CP1", False, False)
    # The world's clock stands in 2027.
    assert abs(found.clock_off_ms) > 60_000


async def test_no_link_changes_nothing_and_says_so(desk: Desk, post: Post) -> None:
    def unreachable(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    code = await post.code("commander")
    with pytest.raises(joining.NotJoined, match=r"cannot be reached.*Nothing has changed"):
        await joining.find(desk, URL, code, transport=httpx.MockTransport(unreachable))


@pytest.mark.parametrize("page", ["<html>Log in to the guest network</html>", "", "BEGIN"])
async def test_something_else_at_the_address_is_noticed(desk: Desk, post: Post, page: str) -> None:
    code = await post.code("commander")
    captive = httpx.MockTransport(lambda _request: httpx.Response(200, stream=httpx.ByteStream(page.encode())))
    with pytest.raises(joining.NotJoined, match="no post of OpsDesk"):
        await joining.find(desk, URL, code, transport=captive)


# Tags


async def test_a_taken_tag_is_told_with_another_that_is_free(post: Post, desk: Desk, other: Desk) -> None:
    await post.join(desk, "commander", "CP1")
    number = do(other, commands.create, title="Mine").value
    found = await joining.find(other, URL, await post.code("watch officer"), tag="CP1", transport=post.transport)
    assert (found.tag, found.tag_taken) == ("CP2", True)
    with pytest.raises(joining.NotJoined, match="CP2 is free") as caught:
        await joining.join(other, found, "CP1", transport=post.transport)
    assert (caught.value.field, caught.value.offered) == ("tag", "CP2")
    written = ask(other, "SELECT number FROM ticket WHERE id = ?", number)
    await joining.join(other, found, caught.value.offered, transport=post.transport)
    assert ask(other, "SELECT number FROM ticket WHERE id = ?", number) == written
    assert other.tag == "CP2"
    fresh = do(other, commands.create, title="After").value
    assert ask(other, "SELECT number FROM ticket WHERE id = ?", fresh) == [("T-CP2-00001",)]


@pytest.mark.parametrize("tag", ["", "A", "TOOLONGTAG", "CPO", "C-1", "ü1"])
async def test_a_tag_that_numbers_cannot_carry_is_refused(post: Post, desk: Desk, tag: str) -> None:
    with pytest.raises(joining.NotJoined, match="two to six") as caught:
        await joining.find(desk, URL, await post.code("commander"), tag=tag, transport=post.transport)
    assert caught.value.field == "tag"

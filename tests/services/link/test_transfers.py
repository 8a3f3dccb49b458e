"""Files between a desk and its server arrive whole, whatever is cut, doubled, changed on the way or started again."""

from __future__ import annotations

import asyncio
import hashlib
import random
import shutil
from concurrent.futures import Future
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk.models import ids
from opsdesk.services.changes import Changes
from opsdesk.services.filework.worker import FileWorker
from opsdesk.services.link.transfers import Transfers
from opsdesk.store.database import Database
from opsdesk.store.files import Box, copies
from opsdesk.store.tables import ORIGIN_RECEIVED
from opsdesk.sync.transports import LinkDown, ServerRefused

DATA = random.Random(2).randbytes(90_000)
HASH = hashlib.sha256(DATA).hexdigest()
ATTACHMENT = ids.new_id(1)


class PlainDesk:
    """What transfers need of a desk, over a real database, one step after the other."""

    def __init__(self, folder: Path) -> None:
        self.database = Database.open(folder)
        self.files = FileWorker(folder)
        self.time = 1_000_000
        self.told: list[Changes] = []

    def now(self) -> int:
        self.time += copies.LAST_RETRY_MS * 2  # whatever failed is to be tried again
        return self.time

    def background(self, function: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(function(self.database, self.time))
        return future

    def announce(self, changes: Changes) -> None:
        self.told.append(changes)

    def close(self) -> None:
        self.database.close()
        self.files.close()


class Torn:
    """A server that holds files as the real one does, at the end of a way on which things happen."""

    def __init__(self, mishaps: list[str], data: bytes = b"") -> None:
        self.mishaps, self.data = mishaps, bytearray(data)
        self.whole = bool(data)
        self.asked = 0

    async def fetch(self, method: str, path: str, *, content: bytes | None = None, headers: Any = None) -> bytes:
        self.asked += 1
        mishap = self.mishaps.pop() if self.mishaps else ""
        if mishap == "lost":
            raise LinkDown("lost")
        if mishap == "changed" and content:
            content = bytes([content[0] ^ 1]) + content[1:]
        answer = self._answer(method, path, content, headers or {})
        if mishap == "twice":
            try:
                answer = self._answer(method, path, content, headers or {})
            except ServerRefused:
                answer = self._answer(method, path, content, headers or {})
        if mishap == "unanswered":
            raise LinkDown("unanswered")
        if mishap == "short":
            return answer[: len(answer) // 2]
        if mishap == "changed" and path.endswith("content") and answer:
            return answer[:-1] + bytes([answer[-1] ^ 1])
        return answer

    def _answer(self, method: str, path: str, content: bytes | None, headers: dict[str, str]) -> bytes:
        assert path.startswith(f"/v1/files/{UUID(bytes=ATTACHMENT)}")
        if path.endswith("content"):
            begin, _, end = headers["range"].removeprefix("bytes=").partition("-")
            return bytes(self.data[int(begin) : int(end) + 1])
        if method == "PATCH" and not self.whole:
            self._take(int(headers["upload-offset"]), content or b"")
        said = {"offset": len(self.data), "size": len(DATA), "whole": self.whole, "largest": 10**8}
        return msgspec.json.encode(said)

    def _take(self, at: int, piece: bytes) -> None:
        if at + len(piece) <= len(self.data):
            return
        if at != len(self.data):
            raise ServerRefused(409, "offset", "elsewhere")
        self.data += piece
        if len(self.data) == len(DATA):
            self.whole = hashlib.sha256(self.data).hexdigest() == HASH
            if not self.whole:
                self.data.clear()
                raise ServerRefused(422, "wrong hash", "thrown away")


@pytest.fixture(scope="module")
def plain(made_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    desk = PlainDesk(Path(shutil.copytree(made_folder, tmp_path_factory.mktemp("plain") / "data")))
    with desk.database.transaction(origin=ORIGIN_RECEIVED) as connection:
        connection.execute(
            "INSERT INTO attachment (id, subject, name, mime, size, sha256, ver) VALUES (?, ?, 'a', 'x/y', ?, ?, 5)",
            (ATTACHMENT, b"t" * 16, len(DATA), HASH),
        )
    yield desk
    desk.close()


def begin(desk: PlainDesk, *, here: bool) -> None:
    """The file is here and not there, or there and asked for here."""
    shutil.rmtree(desk.files.box._root, ignore_errors=True)
    with desk.database.transaction() as connection:
        connection.execute("DELETE FROM file_copy")
        connection.execute("DELETE FROM file_held")
        if here:
            (desk.files.take_bytes(DATA, "a").future.result())
            copies.kept(connection, HASH)
        else:
            copies.wanted(connection, HASH)


async def live(desk: PlainDesk, server: Torn) -> None:
    """Try until nothing more is to be done; after each break both ends begin anew."""
    for _ in range(60):
        transfers = Transfers(desk, server, thin=True, chance=lambda: 0.5)  # type: ignore[arg-type]
        try:
            await transfers.drain()
        except LinkDown:
            continue
        return
    raise AssertionError("it never came to an end")


MISHAPS = st.lists(st.sampled_from(["", "", "lost", "unanswered", "twice", "short", "changed"]), max_size=30)


@given(mishaps=MISHAPS)
@settings(max_examples=40)
def test_what_goes_up_is_whole_there_or_goes_on(plain: PlainDesk, mishaps: list[str]) -> None:
    begin(plain, here=True)
    server = Torn(mishaps)
    asyncio.run(live(plain, server))
    assert server.whole
    assert bytes(server.data) == DATA
    assert copies.next_up(plain.database.connection, 2**60) is None
    assert plain.files.box.read(HASH, 10**6) == DATA


@given(mishaps=MISHAPS)
@settings(max_examples=40)
def test_what_comes_down_is_whole_here_or_goes_on(plain: PlainDesk, mishaps: list[str]) -> None:
    begin(plain, here=False)
    asyncio.run(live(plain, Torn(mishaps, DATA)))
    assert plain.files.box.read(HASH, 10**6) == DATA
    assert copies.next_down(plain.database.connection, 2**60, 0) is None


def test_it_goes_on_where_it_was_cut(plain: PlainDesk) -> None:
    begin(plain, here=True)
    server = Torn([*["unanswered"], *[""] * 3])
    asyncio.run(live(plain, server))
    begin(plain, here=False)
    plain.files.box.add(HASH, 0, DATA[:80_000])
    again = Torn([], DATA)
    asyncio.run(live(plain, again))
    assert again.asked <= 2, "80,000 of 90,000 bytes were here already"


def test_a_file_that_this_disk_has_damaged_is_never_sent_for_good(plain: PlainDesk) -> None:
    begin(plain, here=True)
    path = plain.files.box._path(HASH)
    path.write_bytes(DATA[:-1] + b"!")
    server = Torn([])
    asyncio.run(live(plain, server))
    assert not server.whole
    assert not Box(plain.files.box._root.parent).has(HASH)
    assert (path.parent.parent / f"damaged-{HASH}").exists(), "what may be saved of it is kept"
    assert plain.told[-1].files == frozenset({b"t" * 16})

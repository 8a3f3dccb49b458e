"""The desk's side of a conversation: what is asked of the session, and under which name."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from opsdesk.services.link.exchange import DeskExchange
from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.store.database import Identity
from opsdesk.store.queue.session import Session
from opsdesk.sync.core.messages import Frame, News, Pull, Scope
from opsdesk.sync.core.state import place_of
from tests.sync.conftest import anna, server
from tests.sync.queues import NOW, U1, edit, make, new_desk, talk

__all__ = ["anna", "server"]

pytestmark = pytest.mark.anyio


class Writer:
    """What an exchange asks of a desk, done at once."""

    person_waits = False

    def __init__(self, seat: SimDesk) -> None:
        self._seat = seat

    def background(self, work: Callable[[Any, int], Any]) -> Future[Any]:
        done = Future[Any]()
        done.set_result(work(self._seat.database, NOW))
        return done

    def announce(self, _changes: Any) -> None:
        """Nobody listens."""


async def renamed(_identity: Identity) -> None:
    """The server knows the new name at once."""


def exchange_of(seat: SimDesk) -> DeskExchange:
    return DeskExchange(Writer(seat), seat.link, lambda: None, renamed)


async def test_the_past_is_read_by_the_name_under_which_it_was_asked_for(server: MemoryServer, anna: SimDesk) -> None:
    """The answer leaves out the name of who asked: read by a new one, the other folder's edit would be this one's."""
    ticket = make(anna)
    talk(anna, server)
    copy = anna.clone("COP")
    edit(anna, ticket, title="From the first")
    talk(anna, server)
    old, exchange, rounds = copy.link.dev, exchange_of(copy), list[asyncio.Task[Any]]()

    async def carry(_route: str, question: bytes) -> bytes:
        answer = server.receive(question, copy.link)
        copy.database.identity = Identity(b"another device..", "NEW")
        rounds.append(asyncio.create_task(exchange.next()))
        for _ in range(20):
            await asyncio.sleep(0)
        return answer

    await exchange.fetch_earlier(ticket, carry)
    await rounds[0]
    told = copy.rows("SELECT dev, new FROM received_change WHERE record = ? AND field = 13", ticket)
    assert told == [(old, "From the first")]
    copy.database.close()


async def test_news_ask_nothing_ahead(server: MemoryServer, anna: SimDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would hear of the question."""
    ben = new_desk("BEN")
    make(anna)
    for desk in (anna, ben):
        talk(desk, server)
    edit(anna, make(anna), title="Told")
    talk(anna, server)
    place, (cursor, head) = place_of(U1, 1), (1, len(server.held.feeds[place_of(U1, 1)]))
    frame = server._pull(Pull(0, place, cursor, 1_000), ben.reader)
    assert isinstance(frame, Frame)
    monkeypatch.delattr(Session, "ahead")
    await exchange_of(ben).receive(News(Scope(0, 0, ((place, head),)), (frame,)), 0, 0)
    assert ben.rows("SELECT count(*) FROM ticket") == [(2,)]
    ben.database.close()

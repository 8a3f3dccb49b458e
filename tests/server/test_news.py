"""What answers a question that was kept: what there is, with what has come since."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from opsdesk.server import feeds
from opsdesk.server.database import Claims
from opsdesk.sync.core.messages import Look, News, Scope
from tests.server.made_tickets import make
from tests.server.world import World

pytestmark = pytest.mark.anyio


async def test_news_read_once_how_far_the_feeds_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    officer, unit = await world.as_("watch officer"), await world.unit("A")
    who = Claims(b"p" * 16, b"d" * 16, "analyst", None, (unit,), 1, 0)
    await make(officer)
    known = await feeds.news(world.db, who, Look(), None)
    assert isinstance(known, Scope)
    made = await make(officer)
    asked, reading = list[str](), world.db.reading

    @asynccontextmanager
    async def listening(claims: Claims) -> AsyncIterator[Any]:
        async with reading(claims) as connection:
            with connection.query_logger(lambda record: asked.append(record.query)):
                yield connection

    monkeypatch.setattr(world.db, "reading", listening)
    news = await feeds.news(world.db, who, Look(room=1_000), known)
    assert isinstance(news, News)
    assert [entry.record for frame in news.told for entry in frame.entries] == [UUID(made["id"]).bytes]
    assert len([query for query in asked if "FROM feed " in query]) == 1

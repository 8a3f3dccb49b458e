"""The reading threads, and when each opens its connection."""

import threading
from collections.abc import Callable
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import pytest

from opsdesk.services.desk import READERS, Desk
from opsdesk.services.errors import Superseded
from opsdesk.services.threads import Question, Questions
from opsdesk.store.database import Database, StorageError
from tests.support.patience import PATIENCE_S


class Opened:
    """Connections as a pool opens them, which only count."""

    def __init__(self) -> None:
        self.all: list[Opened] = []
        self.may_open = threading.Event()
        self.may_open.set()
        self.asked = threading.Event()
        self.closed = False
        self.fails = 0

    def connect(self) -> "Opened":
        self.asked.set()
        assert self.may_open.wait(PATIENCE_S)
        if self.fails:
            self.fails -= 1
            raise StorageError("no disk")
        made = Opened()
        self.all.append(made)
        return made

    def close(self) -> None:
        self.closed = True

    def interrupt(self) -> None:
        raise AssertionError("nothing runs here")


def ask(pool: Questions, answer: Callable[[], Any], channel: str | None = None) -> Any:
    return pool.put(Question(lambda _connection, _stop: answer(), channel))


@pytest.fixture
def opened() -> Opened:
    return Opened()


def test_a_desk_opens_no_more_readers_than_it_is_asked_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readers: list[Any] = []
    right = Database.reader

    def reader(self: Database) -> Any:
        readers.append(right(self))
        return readers[-1]

    monkeypatch.setattr(Database, "reader", reader)
    desk = Desk.open(folder)
    assert readers == []
    for _ in range(20):
        assert desk.ask(lambda reader: reader.person).result(PATIENCE_S) == desk.person
    assert len(readers) == 1
    meet = threading.Barrier(READERS)
    wait([desk.ask(lambda _reader: meet.wait(PATIENCE_S)) for _ in range(READERS)])
    assert len(readers) == READERS
    desk.close()


def test_more_questions_than_threads_are_all_answered(opened: Opened) -> None:
    pool = Questions(opened.connect, 2)
    futures = [ask(pool, lambda number=number: number) for number in range(200)]  # type: ignore[misc]
    assert [future.result(PATIENCE_S) for future in futures] == list(range(200))
    assert not pool.busy
    pool.close()
    assert 1 <= len(opened.all) <= 2
    assert all(one.closed for one in opened.all)


def test_who_asks_is_told_that_no_connection_opens_and_may_ask_again(opened: Opened) -> None:
    opened.fails = 1
    pool = Questions(opened.connect, 1)
    with pytest.raises(StorageError, match="no disk"):
        ask(pool, lambda: 1).result(PATIENCE_S)
    assert ask(pool, lambda: 2).result(PATIENCE_S) == 2
    pool.close()


def test_a_question_whose_connection_is_opened_is_busy_and_gives_way_to_a_newer_one(opened: Opened) -> None:
    opened.may_open.clear()
    pool = Questions(opened.connect, 1)
    older = ask(pool, lambda: "older", "list")
    assert opened.asked.wait(PATIENCE_S)
    assert pool.busy
    newer = ask(pool, lambda: "newer", "list")
    with pytest.raises(Superseded):
        older.result(PATIENCE_S)
    opened.may_open.set()
    assert newer.result(PATIENCE_S) == "newer"
    pool.close()


def test_closing_ends_a_thread_that_opens_its_connection(opened: Opened) -> None:
    opened.may_open.clear()
    pool = Questions(opened.connect, 1)
    future = ask(pool, lambda: 1)
    assert opened.asked.wait(PATIENCE_S)
    closing = threading.Thread(target=pool.close)
    closing.start()
    while not future.cancelled():
        assert closing.is_alive()
    opened.may_open.set()
    closing.join(PATIENCE_S)
    assert not closing.is_alive()
    assert [one.closed for one in opened.all] == [True]

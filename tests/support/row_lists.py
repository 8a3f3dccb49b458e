"""Rows without a database for tests of the row table, and a desk that answers when the test says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from opsdesk.services.errors import Superseded
from tests.support.look import Announcements


@dataclass(frozen=True, slots=True)
class Thing:
    """A row of the tests."""

    key: int
    id: bytes
    name: str
    size: int


@dataclass(frozen=True)
class ThingPage:
    """The first rows of a query."""

    rows: tuple[Thing, ...]
    keys: Any
    complete: bool
    order: tuple[str, ...] = ()


class Things:
    """What the table reads: records by key. A query is a text that names contain, and an order as `-size`."""

    def __init__(self, number: int) -> None:
        self.by_key = {n: Thing(n, n.to_bytes(16), f"thing {n}", n % 7) for n in range(1, number + 1)}

    def change(self, key: int, **values: Any) -> bytes:
        self.by_key[key] = replace(self.by_key[key], **values)
        return self.by_key[key].id

    def add(self, name: str) -> bytes:
        key = max(self.by_key, default=0) + 1
        self.by_key[key] = Thing(key, key.to_bytes(16), name, 0)
        return self.by_key[key].id

    def found(self, query: tuple[str, str]) -> list[int]:
        words, order = query
        things = [thing for thing in self.by_key.values() if words in thing.name]
        field = order.lstrip("-")
        things.sort(key=lambda thing: (getattr(thing, field), thing.key), reverse=order.startswith("-"))
        return [thing.key for thing in things]


def first_page(reader: Things, query: Any, size: int) -> ThingPage:
    if query[0] == "bad":
        raise ValueError("a bad query")
    keys = reader.found(query)
    head = keys[:size]
    return ThingPage(tuple(reader.by_key[k] for k in head), np.array(head, dtype=np.int32), len(keys) <= size)


def count(reader: Things, query: Any) -> int:
    return len(reader.found(query))


def keys(reader: Things, query: Any, emit: Callable[[Any], None]) -> int:
    found = np.array(reader.found(query), dtype=np.int32)
    for start in range(0, len(found), 1000):
        emit(found[start : start + 1000])
    return len(found)


def rows(reader: Things, wanted: Sequence[int]) -> tuple[Thing, ...]:
    assert len(wanted) <= 200
    return tuple(reader.by_key[key] for key in wanted if key in reader.by_key)


class PatientDesk:
    """A desk whose answers come when the test calls `answer`, and in the order that it wants."""

    def __init__(self, reader: Any) -> None:
        self.reader = reader
        self.changed = Announcements()
        self.asked: list[tuple[str, Callable[[], Any], Future[Any]]] = []
        self.log: list[str] = []

    def ask(self, fn: Callable[..., Any], *args: Any, channel: str | None = None, background: bool = False) -> Any:
        name = channel or fn.__name__
        self.log.append(name)
        for entry in [entry for entry in self.asked if channel is not None and entry[0] == name]:
            self.asked.remove(entry)
            entry[2].set_exception(Superseded(name))
        future: Future[Any] = Future()
        self.asked.append((name, lambda: fn(self.reader, *args), future))
        return future

    def answer(self, part: str = "") -> int:
        """Answer the questions whose name contains `part`, and those that follow from them; return how many."""
        from PySide6.QtCore import QCoreApplication

        number = 0
        while waiting := [entry for entry in self.asked if part in entry[0]]:
            for entry in waiting:
                self.asked.remove(entry)
                try:
                    result = entry[1]()
                except ValueError as error:
                    entry[2].set_exception(error)
                else:
                    entry[2].set_result(result)
                number += 1
            QCoreApplication.processEvents()
        return number

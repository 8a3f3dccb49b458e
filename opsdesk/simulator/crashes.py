"""Programs that die at a commit boundary, and disks that lose what was not flushed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from opsdesk.simulator.desks import SimDesk, open_copy


class Crash(Exception):
    """Here a program dies."""


@contextmanager
def dying(desk: SimDesk) -> Iterator[None]:
    """A desk whose program dies just before the next COMMIT. Raises Crash there."""
    real = desk.database.transaction

    def transaction(**context: Any) -> object:
        return _RolledBack(real(**context))

    desk.database.transaction = transaction  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        del desk.database.transaction


class _RolledBack:
    """A transaction in which the program dies just before COMMIT."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __enter__(self) -> object:
        return self._inner.__enter__()

    def __exit__(self, kind: object, error: object, trace: object) -> object:
        if kind is not None:
            return self._inner.__exit__(kind, error, trace)
        crash = Crash("before commit")
        self._inner.__exit__(Crash, crash, None)
        raise crash


def without_power(desk: SimDesk, work: Callable[[], object]) -> None:
    """Do something on a desk whose disk then loses all that was not flushed: a commit that need not last is gone,
    unless a later one had to."""
    before = open_copy(desk.database.connection)
    real, flushed = desk.database.transaction, []

    def transaction(*, durable: bool = True, **context: Any) -> object:
        flushed.append(durable)
        return real(durable=durable, **context)

    desk.database.transaction = transaction  # type: ignore[method-assign, assignment]
    try:
        work()
    finally:
        del desk.database.transaction
    if flushed and not any(flushed):
        desk.database.close()
        desk.database = before
    else:
        before.close()

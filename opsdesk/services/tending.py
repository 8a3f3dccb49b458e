"""What the desk does by itself when nobody waits: folding clocks anew, in pieces, until none is stale."""

from __future__ import annotations

import threading
import time
from typing import Any, Final

from opsdesk.services.changes import Changes
from opsdesk.services.threads import BACKGROUND, Writer
from opsdesk.store import clocks
from opsdesk.store.database import Database
from opsdesk.store.tables import ORIGIN_RECEIVED
from opsdesk.sync.core.pacing import next_piece

QUIET_S: Final = 0.3
"""Seconds without news from the server before its tickets are looked at: while they come in they have the writer."""
_MOST: Final = 2_000
"""From so many tickets on screens had better load anew than ask row by row."""


class Tending:
    """The clocks of one desk. All but `close` and `later` is to be called on the writing thread, or before it runs."""

    def __init__(self, desk: Any, writer: Writer) -> None:
        self._desk, self._writer = desk, writer
        self._piece = 64
        self._asked = False
        self._closed = False
        self._telling = False
        self._news = 0.0
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()

    def soon(self, database: Database) -> None:
        """Go on as soon as no person waits, if there is anything to do."""
        if not self._asked and not self._closed and clocks.are_stale(database.connection):
            self._asked = True
            self._writer.put(lambda: self._go_on(database), BACKGROUND)

    def later(self) -> None:
        """Go on when nothing more has come in for a moment."""
        if self._telling:
            return
        with self._lock:
            self._news = time.monotonic()
            if self._timer is None and not self._closed:
                self._wait(QUIET_S)

    def close(self) -> None:
        """Leave the rest for the next time."""
        with self._lock:
            self._closed = True
            if self._timer is not None:
                self._timer.cancel()

    def _wait(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._wake)
        self._timer.daemon = True
        self._timer.start()

    def _wake(self) -> None:
        with self._lock:
            self._timer = None
            if self._closed:
                return
            left = self._news + QUIET_S - time.monotonic()
            if left > 0:
                self._wait(left)
                return
        self._desk.background(lambda database, _now: self.soon(database))

    def _go_on(self, database: Database) -> None:
        self._asked = False
        if self._closed:
            return
        began = time.perf_counter()
        with database.transaction(durable=False, origin=ORIGIN_RECEIVED, now=self._desk.now()):
            changed = clocks.refresh(database.connection, limit=self._piece)
        self._piece = next_piece(self._piece, (time.perf_counter() - began) * 1000)
        if changed:
            many = len(changed) > _MOST
            self._telling = True
            self._desk.announce(Changes(everything=True) if many else Changes(tickets=frozenset(changed)))
            self._telling = False
        self.soon(database)

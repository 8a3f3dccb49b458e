"""Connections of the running server: how many there may be, and how long one is kept, also one that asks nothing."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

_log = logging.getLogger(__name__)

KEPT_S: Final = 620
"""How long a connection is kept between two requests: a little longer than desks keep theirs, since on a thin link
another handshake costs more than what is said."""
FIRST_S = 120.0
"""How long a connection may be open before its first request has come whole: on a thin link that takes seconds."""


class Patient(H11Protocol):
    """A connection that is closed when nobody asks anything on it: a stranger could else hold as many as there are."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._first = self.loop.call_later(FIRST_S, self._end_unasked)

    def connection_lost(self, exc: Exception | None) -> None:
        self._first.cancel()
        super().connection_lost(exc)

    def _end_unasked(self) -> None:
        # The first request makes the cycle, as soon as its head has come.
        asked: object = self.cycle
        if asked is None and not self.transport.is_closing():
            self.transport.close()


def as_many_as_allowed() -> None:
    """Take all files that the system grants this process: each desk that waits for news holds one, and at 1,024, which
    is where many systems begin, nobody else would come in."""
    if os.name == "nt":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError):
        _log.warning("at most %d connections are allowed", soft)


PROTOCOL: Final[Any] = Patient
"""What uvicorn is given."""

"""Waking tickets that were snoozed until a moment that has come: the server does it for all who have joined it.

It is a step like any other, through the one door for writes, so every desk learns of it and its history says why. A
desk that is cut off shows meanwhile that the ticket is due to wake.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

import asyncpg

from opsdesk.models.tickets import State
from opsdesk.server import writes
from opsdesk.server.state import Server
from opsdesk.server.writes import NotAccepted, Write
from opsdesk.services import times

_log = logging.getLogger(__name__)

EVERY_S: Final = 30.0
MOST: Final = 100
"""Tickets that are woken in one go; the others have their turn at once after them."""
_DUE: Final = (
    "SELECT id, ver, waiting_until FROM ticket WHERE waiting_until <= $1 AND waiting_until IS NOT NULL "
    "AND voided IS NULL AND state = $2 ORDER BY waiting_until LIMIT $3"
)


async def wake(server: Server) -> int:
    """Resume what waits until a moment that has passed, the earliest first; how many that were. One that somebody
    changes at the same time, or another process of this server wakes, is left alone."""
    now, woken = server.now(), 0
    async with server.db.merging() as connection:
        due = await connection.fetch(_DUE, now, int(State.WAITING), MOST)
    for row in due:
        values = {
            "state": int(State.IN_PROGRESS),
            "state_reason": f"Woken: it waited until {times.dtg(row['waiting_until'])}",
            "waiting_reason": None,
            "waiting_until": None,
        }
        step = Write("ticket", row["id"], values, row["ver"], "resume")
        permit = writes.unchanged(writes.allow_all)
        try:
            await writes.submit(server.db, [step], permit, person=None, now=now, grown=server.hints.tell)
        except NotAccepted as error:
            _log.info("a ticket was not woken: %s", error.reason, extra={"record": row["id"].hex()})
        else:
            woken += 1
    return woken


async def run(server: Server) -> None:
    """Wake for as long as the server runs."""
    while True:
        try:
            woken = await wake(server)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            _log.exception("tickets could not be woken")
            woken = 0
        if woken < MOST:
            await asyncio.sleep(EVERY_S)

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
"""Tickets that are asked for in one go."""
_DUE: Final = (
    "SELECT id, ver, waiting_until FROM ticket WHERE waiting_until <= $1 AND waiting_until IS NOT NULL "
    "AND voided IS NULL AND state = $2 AND (waiting_until, id) > ($4, $5) ORDER BY waiting_until, id LIMIT $3"
)


async def wake(server: Server) -> int:
    """Resume what waits until a moment that has passed, the earliest first; how many that were. One that somebody
    changes at the same time, or another process of this server wakes, is left alone, and keeps no later one asleep."""
    now, woken = server.now(), 0
    after = (-(2**63), b"")
    while True:
        async with server.db.merging() as connection:
            due = await connection.fetch(_DUE, now, int(State.WAITING), MOST, *after)
        for row in due:
            woken += await _wake_one(server, row, now)
        if len(due) < MOST:
            return woken
        after = (due[-1]["waiting_until"], due[-1]["id"])


async def _wake_one(server: Server, row: asyncpg.Record, now: int) -> bool:
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
        return False
    return True


async def run(server: Server) -> None:
    """Wake for as long as the server runs."""
    while True:
        try:
            await wake(server)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            _log.exception("tickets could not be woken")
        await asyncio.sleep(EVERY_S)

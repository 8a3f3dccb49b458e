"""What waits and what came back, for the tour: a morning at the sample's desk while its link is down."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.tickets import State
from opsdesk.services import returned, tickets, times
from opsdesk.services.desk import Desk
from opsdesk.services.link import LinkKind, LinkState
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.store.queue.session import Session
from opsdesk.store.queue.shapes import rules
from opsdesk.store.tables import ORIGIN_RECEIVED
from opsdesk.store.work import Reader
from opsdesk.sync.core import codec

_DOWN_MS: Final = 3 * times.HOUR + 12 * times.MINUTE


def online(now: int) -> LinkState:
    """A link that stands."""
    return LinkState(LinkKind.ONLINE, "CP Main", "https://cp-main", now - times.HOUR, last_exchange=now - 20_000)


def down(now: int) -> LinkState:
    """A link that broke three hours ago."""
    return LinkState(
        LinkKind.DISCONNECTED, "CP Main", "https://cp-main", now - _DOWN_MS, last_exchange=now - _DOWN_MS,
        next_try=now + 70_000, problem="CP Main does not answer", bytes_per_second=900.0,
    )  # fmt: skip


def fill(desk: Desk) -> None:
    """Let some changes come back, settle some of them, and let others wait."""
    rows, people = desk.ask(_some).result()
    hours = iter((3.2, 3.1, 3.05, 2.95, 2.7, 2.4, 2.1, 1.8, 1.4, 1.2, 0.9, 0.6, 0.4))
    asker = _Acts(desk, people)
    back = [
        asker.act(4.5, tickets.edit, rows[0], {"location": "Depot East, hall 4"}),
        asker.act(4.2, tickets.comment, rows[1], "Counted twice, it is 7 and not 9."),
        asker.act(4.0, tickets.edit, rows[2], {"title": "Casualty count on serial 12: 9", "contact": "Aid post 1"}),
    ]
    assert all(back)
    _send_back(desk, "no right: edit", 3.8)
    asker.act(3.7, tickets.edit, rows[3], {"location": "Ridge, north slope"})
    _send_back(desk, "outside your unit", 3.5)
    first, second = desk.ask(returned.items).result()[-2:]
    asker.act(3.4, returned.send_again, first.key)
    asker.act(3.4, returned.discard, second.key, "Told them by voice")
    acts: Sequence[tuple[Callable[..., Any], tuple[Any, ...]]] = (
        (tickets.edit, (rows[4], {"urgency": 3, "impact": 3})),
        (tickets.comment, (rows[5], "Breaker was reset, charger runs again.")),
        (tickets.edit, (rows[6], {"due_at": desk.now() + 5 * times.HOUR})),
        (tickets.tag, (rows[7], "convoy")),
        (tickets.assign, (rows[8], people[1])),
        (tickets.edit, (rows[9], {"location": "Gate 2", "description": "Two lorries wait for the crane."})),
        (tickets.watch, (rows[10],)),
        (tickets.link, (rows[5], "relates", rows[6])),
        (tickets.comment, (rows[11], "60 more camp beds are on the way.")),
        (tickets.edit, (rows[4], {"location": "Power house, bay 2"})),
    )
    for command, arguments in acts:
        asker.act(next(hours), command, *arguments)
    asker.act(next(hours), tickets.create, title="Forklift 3: hose has burst")
    asker.date()


def _some(reader: Reader) -> tuple[list[Id], list[Id]]:
    rows = reader.rows(
        "SELECT id FROM ticket WHERE voided IS NULL AND state < ? AND id NOT IN (SELECT record FROM conflict) "
        "ORDER BY priority DESC, updated_at DESC, key LIMIT 12",
        (int(State.RESOLVED),),
    )
    people = reader.rows(
        "SELECT p.id FROM person p JOIN role r ON r.id = p.role WHERE instr(r.rights, 'assign') AND p.voided IS NULL "
        "ORDER BY p.key LIMIT 6"
    )
    return [row[0] for row in rows], [row[0] for row in people]


class _Acts:
    """Acts of several persons at one desk, some hours ago."""

    def __init__(self, desk: Desk, people: Sequence[Id]) -> None:
        self._desk, self._people, self._turn = desk, people, 0
        self.times: dict[Id, int] = {}

    def act(self, hours_ago: float, command: Callable[..., Any], *arguments: Any, **more: Any) -> bytes:
        """Do something as the next person; the act."""
        desk = self._desk
        me, now = desk.person, desk._now
        self._turn += 1
        desk.person = self._people[self._turn % len(self._people)]
        desk._now = lambda: now() - int(hours_ago * times.HOUR)
        try:
            act = desk.do(command, *arguments, **more).result().act or b""
        finally:
            desk.person, desk._now = me, now
        self.times[act] = now() - int(hours_ago * times.HOUR)
        return act

    def date(self) -> None:
        """Let the acts have been when they are said to have been. The sample's clock stands at now already, and no
        clock goes back, so that their records are written anew."""

        def write(database: Any, _now: int) -> None:
            with database.transaction(origin=ORIGIN_RECEIVED) as connection:
                (guard,) = connection.execute(
                    "SELECT sql FROM sqlite_schema WHERE name = 'refuse_change_once'"
                ).fetchone()
                connection.execute("DROP TRIGGER refuse_change_once")
                for act, at in self.times.items():
                    connection.execute("UPDATE change SET hlc = ? WHERE act = ?", (at << 16, act))
                connection.execute(guard)

        self._desk.background(write).result()


def _send_back(desk: Desk, reason: str, hours_ago: float) -> None:
    """A server in memory that takes nothing."""
    server = MemoryServer(rules(), permit=lambda _batch, _change, _record: reason)
    link = codec.Link(desk._database.identity.dev, desk.person)

    def run(database: Any, now: int) -> None:
        session = Session(database, os.urandom, link)
        session.begin()
        at = now - int(hours_ago * times.HOUR)
        while (message := session.next(at)) is not None and session._pushing:
            session.receive(server.receive(message, link), at)

    desk.background(run).result()

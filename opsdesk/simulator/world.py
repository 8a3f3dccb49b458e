"""The simulated world: desks, one server, links that fail, and a heap of things to come. One seed, one story."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from opsdesk.models.tickets import Ticket
from opsdesk.simulator.desks import PEOPLE, SimDesk
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.simulator.reading import place_in, readable
from opsdesk.store.queue.shapes import rules, shapes
from opsdesk.sync.core import chain, codec
from opsdesk.sync.core.feed import Reader
from opsdesk.sync.core.messages import Batch, Change, ChangeKind, Frame, Page, Pulled, Ref, Run
from opsdesk.sync.core.state import EVERYWHERE, Record, place_of

UNITS = [bytes([1]) * 16, bytes([2]) * 16]
PLACES = [EVERYWHERE, *(place_of(unit, marking) for unit in UNITS for marking in (1, 3))]

FAULTS = (
    "drop", "duplicate", "delay", "truncate", "server crash", "desk crash", "clone", "poison", "forget",
    "clock", "offline", "scope", "reorder", "future", "restore",
    "share",
)  # fmt: skip


class Crash(Exception):
    """Here a program dies."""


@dataclass(order=True, slots=True)
class _Event:
    at: int
    tie: float
    what: Callable[[], None] = field(compare=False)


@dataclass(slots=True)
class Story:
    """What happened, for the invariants and the figures."""

    edits: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    sent: list[tuple[str, Frame]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def note(self, fault: str) -> None:
        """Count a mishap."""
        self.faults[fault] = self.faults.get(fault, 0) + 1


class World:
    """Everything that one seed brings about. `run` tells the story to its quiet end."""

    def __init__(self, seed: int, *, edits: int = 150, make_server: Callable[..., MemoryServer] = MemoryServer) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.now = 1_000_000
        self.story = Story()
        self.faults = {fault for fault in FAULTS if self.rng.random() < 0.5}
        if "restore" in self.faults:
            # A copied disk and a restored server at once is a story of its own, not told yet.
            self.faults.discard("clone")
        self.server = make_server(rules(), self._permit, self._server_boundary)
        self.server.forgets = "forget" in self.faults and self.rng.random() < 0.5
        # Chance of its own, so that the stories of earlier versions stay what they were where nobody walks.
        walks = random.Random(f"walks of {seed}")
        if walks.random() < 0.5:
            self.server.walks_from = walks.choice((1, 5, 25))
        self.calm = False
        self._heap: list[_Event] = []
        self._edits = edits
        self.desks = [self._desk(number) for number in range(self.rng.randrange(2, 7))]

    def _desk(self, number: int) -> SimDesk:
        limited = "scope" in self.faults and self.rng.random() < 0.4
        units = [self.rng.choice(UNITS)] if limited else UNITS
        marking = 1 if limited and self.rng.random() < 0.3 else 3
        reader = Reader(PEOPLE[number % len(PEOPLE)], frozenset(units), marking)
        places = [place for place in (*PLACES, *PEOPLE) if reader.reads(place)]
        desk = SimDesk.new(f"D{number}", random.Random(self.rng.random()), units, places, reader)
        desk.clock = self._wall
        return desk

    # Mishaps

    def _wall(self) -> int:
        """The clock of a desk, which may be anywhere."""
        if "clock" in self.faults and not self.calm and self.rng.random() < 0.02:
            self.story.note("clock")
            return max(1, self.now + self.rng.randrange(-(10**9), 10**9))
        return self.now

    def _mishap(self, fault: str, chance: float) -> bool:
        if self.calm or fault not in self.faults or self.rng.random() >= chance:
            return False
        self.story.note(fault)
        return True

    def _permit(self, _batch: Batch, change: Change, _record: Record | None) -> str | None:
        # A property of the change, so that every judgement of it fails alike.
        number = (change.hlc >> 16) + 13 * change.field
        if "poison" in self.faults and number % 41 == 7:
            self.story.note("poison")
            raise ZeroDivisionError("a poisonous change")
        if "poison" in self.faults and number % 37 == 5:
            return "not allowed"
        return None

    def _server_boundary(self, where: str) -> None:
        if self._mishap("server crash", 0.05):
            raise Crash(where)

    # Time

    def later(self, delay: int, what: Callable[[], None]) -> None:
        """Do something so many milliseconds from now."""
        heapq.heappush(self._heap, _Event(self.now + max(1, delay), self.rng.random(), what))

    def run(self) -> Story:
        """Let people work through mishaps, then let the links heal, and wait until nothing moves any more."""
        for desk in self.desks:
            self._plan_edit(desk)
            self._plan_round(desk)
        if "clone" in self.faults:
            self.later(self.rng.randrange(60_000), self._clone)
        if "restore" in self.faults:
            self.later(self.rng.randrange(20_000, 60_000), self._back_up)
        if "future" in self.faults:
            self.later(self.rng.randrange(20_000), self._newer_version)
        if "share" in self.faults:
            self.later(self.rng.randrange(20_000), self._share)
        while self._heap and self.story.edits < self._edits:
            self._step()
        self._heal()
        return self.story

    def _step(self) -> None:
        event = heapq.heappop(self._heap)
        self.now = max(self.now, event.at)
        event.what()

    def _heal(self) -> None:
        """No more mishaps and no more edits: every desk must come to rest within a few rounds."""
        self.calm = True
        while self._heap:
            self._step()
        for _ in range(12):
            for desk in self.desks:
                self._round(desk)
        for desk in self.desks:
            waiting = desk.session.outbox.waiting()
            if waiting:
                self.story.problems.append(f"stall: {desk.name} still has {waiting} waiting changes")

    def _round(self, desk: SimDesk) -> None:
        """One round on a perfect link."""
        desk.session.begin()
        for _ in range(2_000):
            message = desk.session.next(self.now)
            if message is None:
                return
            reply = self._ask_server(desk, message)
            assert reply is not None
            self._take(desk, reply)
        self.story.problems.append(f"stall: a round of {desk.name} does not end")

    # People

    def _plan_edit(self, desk: SimDesk) -> None:
        self.later(int(self.rng.expovariate(1 / 4_000)), lambda: self._edit(desk))

    def _edit(self, desk: SimDesk) -> None:
        if self.calm:
            return
        before = desk.newest()
        desk.act(desk.clock())
        self.story.edits += desk.newest() - before
        self._plan_edit(desk)

    def _clone(self) -> None:
        if self.calm:
            return
        self.story.note("clone")
        original = self.rng.choice(self.desks)
        copy = original.clone(f"D{len(self.desks)}")
        self.desks.append(copy)
        self._plan_edit(copy)
        self._plan_round(copy)

    def _back_up(self) -> None:
        backup = self.server.held.backup()

        def restore() -> None:
            if not self.calm:
                self.story.note("restore")
                self.server.restore(backup)

        self.later(self.rng.randrange(1_000, 60_000), restore)

    def _share(self) -> None:
        """Somebody shares a ticket with a person, or takes that back."""
        tickets = sorted(one.id for one in self.server.held.records.values() if one.entity == Ticket.entity)
        if self.calm:
            return
        if tickets:
            self.story.note("share")
            person, shared = self.rng.choice(PEOPLE), self.rng.random() < 0.6
            self.server.share(self.rng.choice(tickets), person, shared=shared)
        self.later(self.rng.randrange(20_000), self._share)

    def _newer_version(self) -> None:
        """A desk of a newer version, which nobody simulates, brings fields and entities that nobody knows here."""
        dev, tickets = self.rng.randbytes(16), [r for r in self.server.held.records.values() if r.entity == 10]
        if self.calm or not tickets:
            return
        ticket = self.rng.choice(tickets)
        value = self.rng.choice(["later", b"\x00\xff", [1, {"a": None}], 1.5, {"depth": [b"x"]}])
        unit = self.rng.choice(UNITS)
        changes = (
            Change(1, ChangeKind.CREATE, 700, self.rng.randbytes(16), {1: unit, 2: 1, 10: value}, 0, self.now << 16),
            Change(2, ChangeKind.SET, 10, ticket.id, {900: value}, ticket.ver, self.now << 16),
        )
        batch = Batch(dev, (Run(1, 2, chain.short(chain.genesis(dev))),), changes, self.server.held.epoch)
        with suppress(Crash):
            link = codec.Link(dev)
            self.server.receive(codec.encode(batch, link), link)
            self.story.note("future")

    # Links

    def _plan_round(self, desk: SimDesk) -> None:
        away = 30_000 if "offline" in self.faults and self.rng.random() < 0.5 else 0
        self.later(self.rng.randrange(500, 8_000) + away, lambda: self._begin_round(desk))

    def _begin_round(self, desk: SimDesk) -> None:
        if self.calm:
            return
        desk.session.begin()
        self._send(desk)

    def _send(self, desk: SimDesk) -> None:
        if self.calm:
            return
        session = desk.session
        if self._mishap("desk crash", 0.02):
            desk.restart()
            self._plan_round(desk)
            return
        message = session.next(desk.clock())
        if message is None:
            session.pace = session.pace.went(10_000, 1_000)
            self._plan_round(desk)
            return
        arrived = [False]

        def back(reply: bytes) -> None:
            first, arrived[0] = not arrived[0], True
            if self._take(desk, reply) and first and desk.session is session:
                self._send(desk)

        self._carry(message, lambda data: self._at_server(desk, data, back))

        def give_up() -> None:
            if not arrived[0] and desk.session is session and not self.calm:
                arrived[0] = True
                session.pace = session.pace.failed(self.now, self.rng.random())
                self.later(session.pace.due_ms - self.now, lambda: self._begin_round(desk))
            elif not arrived[0]:
                self._plan_round(desk)

        self.later(10_000, give_up)

    def _carry(self, data: bytes, to: Callable[[bytes], None]) -> None:
        """Bring bytes from here to there, if all goes well."""
        if self._mishap("drop", 0.15):
            return
        if self._mishap("truncate", 0.03):
            data = data[: self.rng.randrange(len(data))]
        delay = self.rng.randrange(20, 300)
        if self._mishap("delay", 0.1):
            delay += self.rng.randrange(20_000)
        self.later(delay, lambda: to(data))
        if self._mishap("duplicate", 0.1):
            self.later(delay + self.rng.randrange(30_000 if "reorder" in self.faults else 100), lambda: to(data))

    def _at_server(self, desk: SimDesk, data: bytes, back: Callable[[bytes], None]) -> None:
        reply = self._ask_server(desk, data)
        if reply is not None:
            self._carry(reply, back)

    def _ask_server(self, desk: SimDesk, data: bytes) -> bytes | None:
        try:
            reply = self.server.receive(data, desk.link, desk.reader)
        except codec.Malformed:
            return None
        except Crash:
            return None
        message = codec.decode(reply, desk.link)
        for one in message.told if isinstance(message, Pulled) else (message,):
            if isinstance(one, Frame | Page):
                self._check_scope(desk, one)
        return reply

    def _check_scope(self, desk: SimDesk, frame: Frame | Page) -> None:
        """I11: nothing of a record is sent to who may not read it now; and nothing twice, by two feeds."""
        for entry in frame.entries:
            if not entry.values and entry.conflict is None:
                continue
            record = self.server.held.records.get(entry.record)
            if record is None or not readable(self.server.held, desk.reader, record):
                self.story.problems.append(f"I11: {entry.record.hex()} was sent to {desk.name} who may not read it")
            elif frame.place != (at := place_in(self.server.held, record)) and desk.reader.reads(at):
                self.story.problems.append(
                    f"I11: {entry.record.hex()} was sent by {frame.place.hex()}, it is elsewhere"
                )

    def _take(self, desk: SimDesk, reply: bytes) -> bool:
        """Hand a reply to a desk; False when it was no whole message, or the desk died of it."""
        if self._mishap("desk crash", 0.02):
            self._die(desk, reply)
            return False
        try:
            desk.session.receive(reply, self.now)
        except codec.Malformed:
            return False
        self._check_reading(desk)
        while desk.session.unfinished:
            if self._mishap("desk crash", 0.02):
                desk.restart()
                self._plan_round(desk)
                return False
            desk.session.go_on(self.now)
            self._check_reading(desk)
        return True

    def _check_reading(self, desk: SimDesk) -> None:
        """I13: when an own edit was accepted and waits no more, nothing older is shown in its place."""
        rows = desk.rows(
            "SELECT seq, entity, record, field, new FROM change c WHERE outcome = 0 AND field > 0 AND NOT EXISTS ("
            "SELECT 1 FROM change d WHERE d.record = c.record AND d.field IN (0, c.field) AND d.outcome IS NULL)"
            # What leaves is told of no more, and goes at the end of the round.
            " AND NOT EXISTS (SELECT 1 FROM leaving_record l WHERE l.record = c.record)"
        )
        for seq, entity, record, number, new in rows:
            if seq in desk.settled:
                continue
            desk.settled.add(seq)
            shape = shapes()[entity]
            known = self.server.held.changes.get(Ref(desk.session.outbox.device_of(seq), seq))
            shown = desk.rows(f'SELECT "{shape.fields[number].name}" FROM "{shape.table}" WHERE id = ?', record)
            if known is None or number not in known.traces or not shown or shown[0][0] == new:
                continue
            history = self.server.held.history.get((record, number), ())
            later = [value for ver, value in history if ver >= known.traces[number].ver]
            if shown[0][0] not in later:
                self.story.problems.append(f"I13: {desk.name} shows {shown[0][0]!r} though {new!r} was accepted")

    def _die(self, desk: SimDesk, reply: bytes) -> None:
        """The desk's program ends just before, or just after, it has made a message durable."""
        if self.rng.random() < 0.5:
            real = desk.database.transaction

            def dying(**context: Any) -> object:
                return _rolled_back(real(**context))

            desk.database.transaction = dying  # type: ignore[method-assign, assignment]
            try:
                with suppress(Crash, codec.Malformed):
                    desk.session.receive(reply, self.now)
            finally:
                del desk.database.transaction
        else:
            with suppress(codec.Malformed):
                desk.session.receive(reply, self.now)
        desk.restart()
        self._plan_round(desk)


class _rolled_back:  # noqa: N801  # a context manager reads like a function
    """A transaction in which the program dies just before COMMIT."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __enter__(self) -> object:
        return self._inner.__enter__()  # type: ignore[attr-defined]

    def __exit__(self, kind: object, error: object, trace: object) -> object:
        if kind is not None:
            return self._inner.__exit__(kind, error, trace)  # type: ignore[attr-defined]
        crash = Crash("before commit")
        self._inner.__exit__(Crash, crash, None)  # type: ignore[attr-defined]
        raise crash

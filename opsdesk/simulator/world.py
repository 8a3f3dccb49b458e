"""The simulated world: desks, one server, links that fail, and a heap of things to come. One seed, one story."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from opsdesk.simulator.crashes import Crash, dying
from opsdesk.simulator.desks import PEOPLE, SimDesk
from opsdesk.simulator.happenings import Happenings
from opsdesk.simulator.links import Links
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.store.queue.shapes import rules
from opsdesk.sync.core.feed import Reader
from opsdesk.sync.core.messages import Batch, Change, Ref
from opsdesk.sync.core.state import EVERYWHERE, Record, place_of

UNITS = [bytes([1]) * 16, bytes([2]) * 16]
PLACES = [EVERYWHERE, *(place_of(unit, marking) for unit in UNITS for marking in (1, 3))]

FAULTS = (
    "drop", "duplicate", "delay", "truncate", "server crash", "desk crash", "clone", "poison", "forget",
    "clock", "offline", "scope", "reorder", "future", "restore", "share", "rights", "revoked", "old desk", "power cut",
)  # fmt: skip
"""Each seed has about half of them. `truncate` is a connection that is cut within a frame; `scope`: desks that read
only a part; `forget`: values from before are folded away."""

LATER = frozenset({"position", "news"})
"""What came into the stories later, each into about half of them: people write positions, whole or one half; the server
keeps a question until there is news. Drawn by a generator of its own, so that a story without them is what it was."""

_YEARS = 10 * 365 * 86_400_000


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
    problems: list[str] = field(default_factory=list)
    poisonous: set[Ref] = field(default_factory=set)
    """Changes that made the judgement fail."""
    refused: set[Ref] = field(default_factory=set)
    """Changes that were not permitted."""

    def note(self, fault: str) -> None:
        """Count a mishap."""
        self.faults[fault] = self.faults.get(fault, 0) + 1


APART = frozenset({"clone", "rights", "revoked"})
"""What was once left out of stories with a restored server. Seeds that failed then are told so still: all that a seed
draws is drawn before this is taken away."""


class World:
    """Everything that one seed brings about. `run` tells the story to its quiet end. `without`: faults that are
    left out (LATER: as it was told before). `apart`: as it was told once, with nothing of APART where the server is
    restored."""

    def __init__(
        self,
        seed: int,
        *,
        edits: int = 150,
        make_server: Callable[..., MemoryServer] = MemoryServer,
        without: frozenset[str] = frozenset(),
        apart: bool = False,
    ) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.now = 1_000_000
        self.story = Story()
        self.faults = {fault for fault in FAULTS if self.rng.random() < 0.5} - without
        if apart and "restore" in self.faults:
            self.faults -= APART
        self.chances = random.Random(f"later {seed}")
        """Decides in what came LATER, and in nothing else."""
        self.faults |= {fault for fault in sorted(LATER) if self.chances.random() < 0.5} - without
        self.server = make_server(rules(), self._permit, self._server_boundary)
        self.server.forgets = "forget" in self.faults and self.rng.random() < 0.5
        if self.rng.random() < 0.5:
            self.server.walks_from = self.rng.choice((1, 5, 25))
        self.calm = False
        self.asking: SimDesk | None = None
        """The desk whose message the server answers."""
        self._heap: list[_Event] = []
        self._edits = edits
        self._clocks: dict[str, int] = {}
        self.links = Links(self)
        self.desks = [self._desk(number) for number in range(self.rng.randrange(2, 7))]

    def _desk(self, number: int) -> SimDesk:
        limited = "scope" in self.faults and self.rng.random() < 0.4
        units = [self.rng.choice(UNITS)] if limited else UNITS
        marking = 1 if limited and self.rng.random() < 0.3 else 3
        reader = Reader(PEOPLE[number % len(PEOPLE)], frozenset(units), marking)
        places = [place for place in (*PLACES, *PEOPLE) if reader.reads(place)]
        desk = SimDesk.new(f"D{number}", random.Random(self.rng.random()), units, places, reader)
        desk.old = "old desk" in self.faults and self.rng.random() < 0.4
        desk.piece = self.rng.choice((1, 3, 10_000))
        if "position" in self.faults:
            desk.places = random.Random(self.chances.random())
        desk.restart()
        desk.clock = lambda: self._wall(desk.name)
        return desk

    # Mishaps

    def _wall(self, desk: str) -> int:
        """The clock of a desk: it may be anywhere, and stay there."""
        if "clock" in self.faults and not self.calm and self.rng.random() < 0.02:
            self.story.note("clock")
            self._clocks[desk] = self.rng.choice((0, self.rng.randrange(-(10**9), 10**9), -_YEARS, _YEARS))
        return max(1, self.now + self._clocks.get(desk, 0))

    def mishap(self, fault: str, chance: float) -> bool:
        """Whether something goes wrong now."""
        if self.calm or fault not in self.faults or self.rng.random() >= chance:
            return False
        self.story.note(fault)
        return True

    def _permit(self, batch: Batch, change: Change, _record: Record | None) -> str | None:
        # A property of the change, so that every judgement of it fails alike.
        number, ref = (change.hlc >> 16) + 13 * change.field, Ref(batch.dev, change.dseq)
        if "poison" in self.faults and number % 41 == 7:
            self.story.note("poison")
            self.story.poisonous.add(ref)
            raise ZeroDivisionError("a poisonous change")
        if self.asking is not None and not self.asking.may_write:
            self.story.refused.add(ref)
            return "no right: edit"
        if "poison" in self.faults and number % 37 == 5:
            self.story.refused.add(ref)
            return "not allowed"
        return None

    def _server_boundary(self, where: str) -> None:
        if self.mishap("server crash", 0.05):
            raise Crash(where)

    # Time

    def later(self, delay: int, what: Callable[[], None]) -> None:
        """Do something so many milliseconds from now."""
        heapq.heappush(self._heap, _Event(self.now + max(1, delay), self.rng.random(), what))

    def run(self) -> Story:
        """Let people work through mishaps, then let the links heal, and wait until nothing moves any more."""
        for desk in self.desks:
            self.join(desk)
        Happenings(self, UNITS).plan()
        while self._heap and self.story.edits < self._edits:
            self._step()
        self.calm = True
        while self._heap:
            self._step()
        self.links.heal()
        return self.story

    def close(self) -> None:
        """Give back what the desks used, once the story was judged."""
        for desk in self.desks:
            desk.database.close()

    def _step(self) -> None:
        event = heapq.heappop(self._heap)
        self.now = max(self.now, event.at)
        event.what()

    # People

    def join(self, desk: SimDesk) -> None:
        """Let somebody work at a desk."""
        self._plan_edit(desk)
        self.links.plan_round(desk)

    def _plan_edit(self, desk: SimDesk) -> None:
        self.later(int(self.rng.expovariate(1 / 4_000)), lambda: self._edit(desk))

    def _edit(self, desk: SimDesk) -> None:
        if self.calm:
            return
        before = desk.newest()
        if self.mishap("desk crash", 0.02):
            with suppress(Crash), dying(desk):
                desk.run(desk.act, desk.clock())
            desk.restart()
            self.links.plan_round(desk)
        else:
            desk.run(desk.act, desk.clock())
        if desk.session._to_pull:
            self.story.note("edit during a pull")
        self.story.edits += desk.newest() - before
        self._plan_edit(desk)

"""What the judge knows of a story: who made which change, what each field has shown, and what people had seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from opsdesk.simulator.desks import Sight, SimDesk
from opsdesk.simulator.world import World
from opsdesk.sync.core.messages import Code, Conflict, EntryKind, Ref
from opsdesk.sync.core.state import PERSON, Known


@dataclass(frozen=True, slots=True)
class Problem:
    """A broken promise."""

    kind: str
    """`lost`, `diverged`, `false_conflict`, `stall` or `other`."""
    text: str


@dataclass(frozen=True, slots=True)
class Write:
    """One value that the server showed for a field."""

    ver: int
    value: Any
    change: Ref | None


class Evidence:
    """One world that has come to rest, looked through once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.held = world.server.held
        self.owners: dict[Ref, list[SimDesk]] = {}
        """Desks that know a change as their own: two, where one is a copy of the other."""
        for desk in world.desks:
            for (seq,) in desk.rows("SELECT seq FROM change"):
                ref = Ref(desk.session.outbox.device_of(seq), seq)
                self.owners.setdefault(ref, []).append(desk)
        self.writes: dict[tuple[bytes, int], list[Write]] = {}
        entries = [entry for place, feed in self.held.feeds.items() if len(place) != PERSON for entry in feed]
        for entry in sorted(entries, key=lambda entry: entry.ver):
            if entry.kind in (EntryKind.CREATE, EntryKind.CHANGE):
                for number, value in entry.values.items():
                    self.writes.setdefault((entry.record, number), []).append(Write(entry.ver, value, entry.change))

    def _sight(self, ref: Ref | None, field: int) -> Sight | None:
        desks = self.owners.get(ref) if ref else None
        return desks[0].sights.get(ref.dseq, {}).get(field) if desks and ref else None

    def _before_restore(self, ref: Ref | None, sight: Sight | None = None) -> bool:
        """Whether a change was made before its desk knew that the server was restored, or upon a row that showed what
        was lost: what was seen then has other versions now, or comes back later as a candidate."""
        if sight is not None and any(sight.ver in lost for lost in self.held.lost):
            return True
        for desk in self.owners.get(ref, ()) if ref is not None else ():
            told = desk.rows("SELECT value FROM sync_state WHERE name = 'offered_to'")
            if ref is not None and told and ref.dseq <= told[0][0]:
                return True
        return False

    def _passed(self, write: Write, sight: Sight) -> bool:
        """Whether the form showed a later version than a write, which the server lost with all that came between: the
        value had been there before, and the writer saw what stood in its place."""
        return write.ver <= sight.ver and any(sight.ver in lost for lost in self.held.lost)

    def _now_called(self, ref: Ref) -> Ref:
        """The name that a change has at the server: where its desk took a new one since, another."""
        return next((name for name in self._names(ref) if name in self.held.changes), ref)

    def _names(self, ref: Ref) -> list[Ref]:
        """What a change is called by the desks that were once called so, and as it is named."""
        desks = (desk for desk in self.world.desks if desk.rows("SELECT 1 FROM device WHERE dev = ?", ref.dev))
        return [ref, *(Ref(desk.session.outbox.device_of(ref.dseq), ref.dseq) for desk in desks)]

    def _same_desk(self, one: Ref, two: Ref) -> bool:
        return any(one_desk is desk for one_desk in self.owners.get(one, ()) for desk in self.owners.get(two, ()))

    def _all_conflicts(self) -> Iterator[Conflict]:
        """Every state of every conflict that was ever told."""
        for feed in self.held.feeds.values():
            for entry in feed:
                if entry.conflict is not None:
                    yield entry.conflict

    def _begun_upon(self, known: Known | None) -> Iterator[Ref]:
        """The change that one goes on from. Where that came back, its author went on from what it was begun upon."""
        while known is not None and isinstance(known.change.base, Ref):
            yield known.change.base
            below = self.held.changes.get(known.change.base)
            known = below if below is not None and below.outcome.code == Code.RETURNED else None


def lines(text: object) -> set[str]:
    """The lines of a text that say something."""
    return {line for line in text.split("\n") if line} if isinstance(text, str) else set()

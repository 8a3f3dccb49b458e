"""Running many seeds and counting what was broken: the figures of `opsdesk simulate`."""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from opsdesk.models.base import fields
from opsdesk.models.tickets import Ticket
from opsdesk.simulator.invariants import Judge, Problem
from opsdesk.simulator.world import LATER, World

_POSITION: Final = tuple(spec.number for spec in fields(Ticket) if spec.name in ("lat", "lon"))
COUNTED = {"lost": "lost", "diverged": "diverged", "false_conflict": "false_conflicts", "stall": "stalls"}


@dataclass(slots=True)
class Told:
    """What one seed brought."""

    seed: int
    edits: int
    problems: list[Problem] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    """How often each mishap and each rare case occurred."""


def tell(seed: int, *, edits: int = 150, apart: bool = False, before: bool = False) -> Told:
    """Run one seed and judge it. A program that breaks is a problem like others. `before`: without what came into the
    stories LATER. `apart`: before that, see World."""
    world = World(seed, edits=edits, apart=apart, without=LATER if before or apart else frozenset())
    try:
        story = world.run()
        problems = list(Judge(world).problems())
    except Exception as error:  # noqa: BLE001  # whatever breaks is what a seed is for
        where = traceback.extract_tb(error.__traceback__)[-1]
        text = f"{type(error).__name__} in {where.name}, line {where.lineno}: {error}"
        return Told(seed, world.story.edits, [Problem("other", text)])
    world.close()
    return Told(seed, story.edits, problems, Counter(story.faults) + _cases(world))


def _cases(world: World) -> Counter[str]:
    """Rare cases that a batch of seeds must have met, or it proves little."""
    found: Counter[str] = Counter()
    for conflict in world.server.held.conflicts.values():
        found["conflict"] += 1
        found["conflict that was settled"] += conflict.resolution is not None
        found["conflict of three"] += len(conflict.candidates) > 1
    for known in world.server.held.changes.values():
        found[f"outcome {known.outcome.code!s}"] += 1
        found["group"] += known.change.gid is not None
    for record in world.server.held.records.values():
        if record.entity == Ticket.entity:
            known_halves = sum(record.values.get(number) is not None for number in _POSITION)
            found["position"] += known_halves == 2
            found["half of a position"] += known_halves == 1
    return found


def simulate(
    seeds: Iterable[int], *, edits: int = 150, tell_all: Callable[[Told], None] | None = None
) -> dict[str, int]:
    """Run seeds; how many edits were made, and in how many seeds something was lost, diverged, conflicted falsely or
    stalled. What breaks otherwise counts as diverged."""
    totals = {"seeds": 0, "edits": 0, "lost": 0, "diverged": 0, "false_conflicts": 0, "stalls": 0}
    for seed in seeds:
        told = tell(seed, edits=edits)
        totals["seeds"] += 1
        totals["edits"] += told.edits
        for kind in {COUNTED.get(problem.kind, "diverged") for problem in told.problems}:
            totals[kind] += 1
        if tell_all is not None:
            tell_all(told)
    return totals

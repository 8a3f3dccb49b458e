"""A desk at work in a process of its own: `python -m tests.journeys.chaos_desk FOLDER LOG SEED`.

It edits at random and writes a line to LOG for each act that was acknowledged: the sequences of its own changes. It
never ends by itself: whoever started it kills it, or makes the file LOG.rest, after which it only keeps in step.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from opsdesk.models.tickets import State
from opsdesk.services import tickets
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.desk import Desk
from opsdesk.services.errors import OpsDeskError
from opsdesk.store.work import Reader, Work

TITLES = ("Bridge closed", "Pump broken", "Water needed", "Road blocked", "Power out")


async def work(folder: Path, log: Path, seed: int) -> None:
    """Work until killed."""
    rng = random.Random(seed)
    desk = Desk.open(folder)
    desk.link.start()
    with log.open("a", buffering=1) as acknowledged:
        while True:
            await asyncio.sleep(rng.uniform(0.005, 0.08))
            if log.with_suffix(".rest").exists():
                continue
            picked = await asyncio.wrap_future(desk.ask(_some, rng.random()))
            act = _act(rng, picked)
            try:
                outcome = await asyncio.wrap_future(desk.do(_noted, act))
            except OpsDeskError:
                continue  # what the rules refuse is no edit: a step that the state does not allow
            _write(acknowledged, outcome)


def _write(acknowledged: Any, outcome: Outcome) -> None:
    if outcome.value:
        acknowledged.write(" ".join(map(str, outcome.value)) + "\n")


def _some(reader: Reader, chance: float) -> tuple[bytes, int] | None:
    """A ticket that is here, and its state."""
    count = reader.value("SELECT count(*) FROM ticket WHERE voided IS NULL")
    row = reader.row("SELECT id, state FROM ticket WHERE voided IS NULL LIMIT 1 OFFSET ?", (int(chance * count),))
    return None if row is None else (row[0], row[1])


Act = Callable[[Work], Changes]


def _act(rng: random.Random, picked: tuple[bytes, int] | None) -> Act:
    kind = rng.random()
    if picked is None or kind < 0.15:
        title = rng.choice(TITLES)
        return lambda work: tickets.create(work, title=title, values={"assignee": work.person})
    ticket, state = picked
    if kind < 0.3:
        return lambda work: tickets.comment(work, ticket, f"Seen at {kind}")
    if kind < 0.45:
        event = {State.NEW: "accept", State.OPEN: "start"}.get(State(state), "accept")
        return lambda work: tickets.transition(work, ticket, event)
    values: dict[str, Any] = rng.choice(
        [{"title": f"{rng.choice(TITLES)} {kind:.6f}"}, {"location": f"Grid {kind:.6f}"}, {"contact": f"{kind:.6f}"}]
    )
    return lambda work: tickets.edit(work, ticket, values)


def _noted(work: Work, act: Act) -> Changes:
    """Carry an act out, and hand out the sequences of what it has changed."""
    before = work.newest_change()
    changes = act(work)
    work.value_out = list(range(before + 1, work.newest_change() + 1))
    return changes


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])))

"""Every pair of transitions that two desks make apart, through codec and server, by the table of the real ticket.

Expected, in this order: the same state is merged; an event with an edge from the state shown is accepted; a state that
was entered since the base is absorbed; anything else is a conflict, and what is shown stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from opsdesk.models.tickets import TRANSITIONS, State, transition
from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.store.queue.shapes import rules
from opsdesk.sync.core.messages import ChangeKind, Code
from tests.sync.parts import NUMBER, STATE, TITLE, Device, no_conflicts, open_conflict, shown, ver

BEFORE_MERGE = State.OPEN
"""Where a merged ticket returns to."""
Step = tuple[str, State]


def steps_from(state: State) -> list[Step]:
    """The events that may happen to a ticket in a state, each with where it leads."""
    return [(row.event, row.to or BEFORE_MERGE) for row in TRANSITIONS if state in row.sources]


def walks(state: State, length: int) -> Iterator[tuple[Step, ...]]:
    """All ways of so many steps that begin in a state."""
    if not length:
        yield ()
        return
    for step in steps_from(state):
        for rest in walks(step[1], length - 1):
            yield (step, *rest)


def expected(first: tuple[Step, ...], event: str, to: State) -> Code:
    """What becomes of `event`, made apart from the steps of the desk whose changes came first."""
    now = first[-1][1]
    if to is now:
        return Code.MERGED
    edge = transition(now, event)
    if edge is not None and (edge.to or BEFORE_MERGE) is to:
        return Code.ACCEPTED
    return Code.ABSORBED if to in {step[1] for step in first} else Code.CONFLICT


@pytest.mark.parametrize("state", State)
def test_every_pair_of_transitions_made_apart_becomes_what_the_protocol_says(state: State) -> None:
    server = MemoryServer(rules())
    anna, ben = Device(server, "anna"), Device(server, "ben")
    seen: Counter[Code] = Counter()
    stories = [(first, step) for length in (1, 2) for first in walks(state, length) for step in steps_from(state)]
    for number, (first, (event, to)) in enumerate(stories):
        ticket = anna.create(f"ticket {number}", {TITLE: "Pump", STATE: int(state), NUMBER: f"T-{number}"})
        base = ver(server, ticket)
        for name, reached in first:
            told = anna.do(ticket, {STATE: int(reached)}, ver(server, ticket), kind=ChangeKind.TRANSITION, event=name)
            assert told.code == Code.ACCEPTED, (state, first)
        story = f"{state.label}: {[name for name, _ in first]} there, {event} here"
        outcome = ben.do(ticket, {STATE: int(to)}, base, kind=ChangeKind.TRANSITION, event=event)
        wanted = expected(first, event, to)
        assert outcome.code == wanted, story
        seen[wanted] += 1
        assert shown(server, ticket, STATE) == (to if wanted == Code.ACCEPTED else first[-1][1]), story
        if wanted == Code.CONFLICT:
            candidates = open_conflict(server, ticket, STATE).candidates
            assert {candidate.value for candidate in candidates} == {int(to)}, story
        else:
            assert not [one for one in server.held.conflicts.values() if one.record == ticket and one.open], story
    assert sum(seen.values()) == len(stories)
    if not stories:
        assert state in (State.CANCELLED,), "only a cancelled ticket stays as it is"
        assert no_conflicts(server)

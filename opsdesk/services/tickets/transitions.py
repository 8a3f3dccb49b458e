"""Moving a ticket from state to state, by the table of `models.tickets` and its guards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opsdesk.models import rights
from opsdesk.models.base import Id
from opsdesk.models.tickets import (
    OPEN_STATES,
    SOLUTIONS,
    WAITING_REASONS,
    Guard,
    State,
    Transition,
    transitions_from,
)
from opsdesk.models.tickets import (
    transition as row_of,
)
from opsdesk.services import access
from opsdesk.services.changes import Changes
from opsdesk.services.errors import Refused
from opsdesk.services.tickets.commands import existing, line, write
from opsdesk.services.tickets.rows import Base, EventRow
from opsdesk.store.work import Reader, Work

_INPUTS = {Guard.REASON: "reason", Guard.WAITING_REASON: "waiting_reason", Guard.SOLUTION: "solution"}
"""Guards that a person satisfies by saying something, and the input that takes it."""

NOT_OFFERED = frozenset({"merge", "unmerge"})
"""Events in the table that no screen offers before merging is built."""


@dataclass(frozen=True, slots=True)
class _Said:
    """What the person said along with the event."""

    reason: str | None = None
    waiting_reason: str | None = None
    solution: str | None = None


def transition(
    work: Work,
    ticket: Id,
    event: str,
    *,
    reason: str | None = None,
    waiting_reason: str | None = None,
    until: int | None = None,
    solution: str | None = None,
    seen: Base | None = None,
) -> Changes:
    """Let `event` happen to a ticket. Raises Refused, with the words of the guard, when it may not.

    `waiting_reason` and `solution` are codes of `WAITING_REASONS` and `SOLUTIONS`; `until` (UTC ms) is when a
    scheduled wait ends.
    """
    access.require(work, rights.TRANSITION, ticket)
    number, current = existing(work, ticket, "number, state")
    state = State(current)
    row = row_of(state, event)
    if row is None or row.to is None or event in NOT_OFFERED:
        raise Refused(f"A ticket that is {state.label.lower()} cannot “{event}”")
    said = _Said(reason and line("reason", reason), waiting_reason, solution)
    for guard in row.guards:
        if not _holds(work, ticket, guard, said):
            raise Refused(guard.value, field=_INPUTS.get(guard))
    if until is not None and until <= work.now:
        raise Refused("The time to wait for is already over", field="until")
    write(work, ticket, _values(row.to, said, until), seen, event=event)
    work.label = f"{row.label} {number}"
    return Changes(tickets=frozenset({ticket}))


def _values(to: State, said: _Said, until: int | None) -> dict[str, Any]:
    values: dict[str, Any] = {"state": int(to), "state_reason": said.reason}
    if to is State.WAITING:
        return values | {"waiting_reason": said.waiting_reason, "waiting_until": until}
    values |= {"waiting_reason": None, "waiting_until": None}
    # A closed ticket keeps how it was solved; one that is worked on again is not solved any more.
    return values if to is State.CLOSED else values | {"solution": said.solution if to is State.RESOLVED else None}


def events(reader: Reader, ticket: Id) -> tuple[EventRow, ...]:
    """What may happen to the ticket now, what to ask for, and which guards do not hold yet."""
    (state,) = existing(reader, ticket, "state")
    return tuple(
        EventRow(
            event=row.event,
            label=row.label,
            to=row.to,
            needs=tuple(_INPUTS[guard] for guard in row.guards if guard in _INPUTS),
            missing=_missing(reader, ticket, row),
        )
        for row in transitions_from(State(state))
        if row.to is not None and row.event not in NOT_OFFERED
    )


def _missing(reader: Reader, ticket: Id, row: Transition) -> tuple[str, ...]:
    return tuple(
        guard.value for guard in row.guards if guard not in _INPUTS and not _holds(reader, ticket, guard, _Said())
    )


def _holds(reader: Reader, ticket: Id, guard: Guard, said: _Said) -> bool:
    if guard is Guard.REASON:
        return bool(said.reason)
    if guard is Guard.WAITING_REASON:
        return said.waiting_reason in WAITING_REASONS
    if guard is Guard.SOLUTION:
        return said.solution in SOLUTIONS
    if guard is Guard.ROUTED:
        return any(existing(reader, ticket, 'assignee, "group"'))
    if guard is Guard.UNBLOCKED:
        return not _open_blockers(reader, ticket)
    if guard is Guard.MAY_REOPEN_CLOSED:
        return access.may(reader, rights.REOPEN_CLOSED)
    raise Refused(guard.value)


def _open_blockers(reader: Reader, ticket: Id) -> int:
    states = ", ".join(str(int(state)) for state in sorted(OPEN_STATES))
    return int(
        reader.value(
            "SELECT count(*) FROM link l JOIN ticket t ON t.id = l.subject WHERE l.target = ? AND l.kind = 'blocks' "
            f"AND l.voided IS NULL AND t.voided IS NULL AND t.state IN ({states})",
            (ticket,),
        )
    )

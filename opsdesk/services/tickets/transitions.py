"""Moving a ticket from state to state, by the table of `models.tickets` and its guards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from opsdesk.services import access, forms
from opsdesk.services.changes import Changes
from opsdesk.services.errors import Invalid, Problem, Refused
from opsdesk.services.tickets.commands import existing, line, number_of, write
from opsdesk.services.tickets.rows import Base, EventRow
from opsdesk.store.work import Reader, Work

_INPUTS = {Guard.REASON: "reason", Guard.WAITING_REASON: "waiting_reason", Guard.SOLUTION: "solution"}
"""Guards that a person satisfies by saying something, and the input that takes it."""

COLUMNS = ("state", "state_reason", "waiting_reason", "waiting_until", "solution")
"""Columns of a ticket that a transition sets."""

_NAMED = 3
"""Blockers that a refusal names."""

NOT_OFFERED = frozenset({"merge", "unmerge"})
"""Events in the table that no screen offers before merging is built."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the person said along with the event. `until` is in UTC milliseconds."""

    reason: str | None = None
    waiting_reason: str | None = None
    solution: str | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a ticket decides which events may happen to it."""

    state: State
    routed: bool
    blockers: tuple[str, ...] = ()
    """Numbers of the open tickets that block it."""
    unanswered: tuple[tuple[str, str], ...] = ()
    """Questions of its form, as (code, label), that must be answered before the event in question."""


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
    """Let `event` happen to a ticket. Raises Refused, with the words of the guard, when it may not, and Invalid when
    its form needs an answer first.

    `waiting_reason` and `solution` are codes of `WAITING_REASONS` and `SOLUTIONS`; `until` (UTC ms) is when a
    scheduled wait ends.
    """
    access.require(work, rights.TRANSITION, ticket)
    said = Said(reason, waiting_reason, solution, until)
    stands = replace(standing(work, ticket), unanswered=unanswered(work, [ticket], event).get(ticket, ()))
    row, values = judge(work, stands, event, said)
    write(work, ticket, values, seen, event=event)
    work.label = f"{row.label} {number_of(work, ticket)}"
    return Changes(tickets=frozenset({ticket}))


def judge(reader: Reader, found: Standing, event: str, said: Said) -> tuple[Transition, dict[str, Any]]:
    """The row of the table that `event` takes, and the columns that it sets. Raises Refused, writes nothing."""
    row = row_of(found.state, event)
    if row is None or row.to is None or event in NOT_OFFERED:
        raise Refused(f"A ticket that is {found.state.label.lower()} cannot “{event}”")
    said = replace(said, reason=said.reason and line("reason", said.reason))
    for guard in row.guards:
        if not _holds(reader, found, guard, said):
            raise Refused(_words(guard, found), field=_INPUTS.get(guard))
    if found.unanswered:
        raise Invalid(tuple(Problem(code, f"{label} is needed first") for code, label in found.unanswered))
    if said.until is not None and said.until <= reader.now:
        raise Refused("The time to wait for is already over", field="until")
    return row, _values(row.to, said)


def standing(reader: Reader, ticket: Id) -> Standing:
    """How a ticket stands. Raises NotFound."""
    state, assignee, group = existing(reader, ticket, 'state, assignee, "group"')
    return Standing(State(state), bool(assignee or group), blocked(reader, [ticket]).get(ticket, ()))


def unanswered(reader: Reader, tickets: Sequence[Id], event: str) -> dict[Id, tuple[tuple[str, str], ...]]:
    """The questions, as (code, label), whose answers these tickets lack for an event; tickets that lack none are left
    out."""
    return {ticket: _named(fields) for ticket, fields in forms.needed_for(reader, tickets, event).items()}


def _named(fields: Sequence[forms.FormField]) -> tuple[tuple[str, str], ...]:
    return tuple((field.code, field.label) for field in fields)


def _values(to: State, said: Said) -> dict[str, Any]:
    values: dict[str, Any] = {"state": int(to), "state_reason": said.reason}
    if to is State.WAITING:
        return values | {"waiting_reason": said.waiting_reason, "waiting_until": said.until}
    values |= {"waiting_reason": None, "waiting_until": None}
    # A closed ticket keeps how it was solved; one that is worked on again is not solved any more.
    return values if to is State.CLOSED else values | {"solution": said.solution if to is State.RESOLVED else None}


def events(reader: Reader, ticket: Id, asked: forms.Asked | None = None) -> tuple[EventRow, ...]:
    """What may happen to the ticket now, what to ask for, and which guards do not hold yet. `asked` is what its form
    asks, where that is known already."""
    found = standing(reader, ticket)
    judged = (asked or forms.asked_of(reader, ticket)).judged
    return tuple(
        EventRow(
            event=row.event,
            label=row.label,
            to=row.to,
            needs=tuple(_INPUTS[guard] for guard in row.guards if guard in _INPUTS),
            missing=_missing(reader, found, row),
            unanswered=_named(judged.needed_for(row.event)),
        )
        for row in transitions_from(found.state)
        if row.to is not None and row.event not in NOT_OFFERED
    )


def _missing(reader: Reader, found: Standing, row: Transition) -> tuple[str, ...]:
    return tuple(
        _words(guard, found)
        for guard in row.guards
        if guard not in _INPUTS and not _holds(reader, found, guard, Said())
    )


def _holds(reader: Reader, found: Standing, guard: Guard, said: Said) -> bool:
    if guard is Guard.REASON:
        return bool(said.reason)
    if guard is Guard.WAITING_REASON:
        return said.waiting_reason in WAITING_REASONS
    if guard is Guard.SOLUTION:
        return said.solution in SOLUTIONS
    if guard is Guard.ROUTED:
        return found.routed
    if guard is Guard.UNBLOCKED:
        return not found.blockers
    if guard is Guard.MAY_REOPEN_CLOSED:
        return access.may(reader, rights.REOPEN_CLOSED)
    raise Refused(guard.value)


def _words(guard: Guard, found: Standing) -> str:
    """What is missing; of blockers also which."""
    if guard is not Guard.UNBLOCKED:
        return str(guard.value)
    named = ", ".join(found.blockers[:_NAMED])
    more = len(found.blockers) - _NAMED
    return f"{guard.value}: {named}{f' and {more} more' if more > 0 else ''}"


def blocked(reader: Reader, tickets: Sequence[Id]) -> dict[Id, tuple[str, ...]]:
    """The numbers of the open tickets that block each of these; those that none blocks are left out."""
    states = ", ".join(str(int(state)) for state in sorted(OPEN_STATES))
    found: dict[Id, tuple[str, ...]] = {}
    for ticket, number in reader.rows(
        "SELECT DISTINCT l.target, t.number FROM link l JOIN ticket t ON t.id = l.subject "
        f"WHERE l.target IN ({', '.join('?' * len(tickets))}) AND l.kind = 'blocks' "
        f"AND l.voided IS NULL AND t.voided IS NULL AND t.state IN ({states}) ORDER BY t.number",
        tickets,
    ):
        found[ticket] = (*found.get(ticket, ()), number)
    return found

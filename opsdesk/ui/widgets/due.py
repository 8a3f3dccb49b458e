"""How time that runs out is told everywhere: which of a ticket's moments is the nearest, its words, its share and tone.

A ticket is due when a person said so, and by its two clocks: until the first answer, and until it is resolved. What
comes first shows. All of it follows from the row and the time, so a view repaints it each minute and asks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from opsdesk.services import times
from opsdesk.services.tickets import WAITING_REASONS, Clock, Clocks, Standing, State, TicketRow

PERSON, ANSWER, SOLUTION = "due", "answer", "solution"
"""Whose moment it is: a person's, that of the first answer, that of the solution."""

NAMES = {PERSON: "Due", ANSWER: "First answer", SOLUTION: "Resolution"}


@dataclass(frozen=True, slots=True)
class Due:
    """What a ticket's time says now. `kind` is one of PERSON, ANSWER, SOLUTION; empty when there is nothing to say."""

    kind: str
    words: str
    """As short as a list needs it: `1 h 10 left`, `answer in 18 min`, `over by 20 min`, `paused: parts`; of what is
    done `met in 12 min`, `late by 20 min`."""
    at: int | None = None
    """When it is due, or when it ended."""
    share: float = 0.0
    """How much of the time has passed, 0–1 and more when it is over."""
    runs: bool = False
    paused: bool = False

    @property
    def tone(self) -> str:
        """good, warn from 60 % of the time on, danger from 80 %; neutral while nothing runs out."""
        if not self.runs:
            return "neutral"
        return "danger" if self.share >= 0.8 else "warn" if self.share >= 0.6 else "good"


def due_of(row: TicketRow, now: int) -> Due:
    """Return what is nearest of a ticket."""
    if not row.state.is_open:
        return _done(row)
    running = _running(row, now)
    paused = _paused(row)
    if row.state is State.WAITING and (paused is not None or not running):
        reason = _why(row, now)
        if paused is not None:
            return Due(SOLUTION, reason, None, paused.spent / paused.target, paused=True)
        if row.due_at is not None:
            return Due(PERSON, reason, row.due_at, _passed(row, row.due_at, now), paused=True)
        if row.waiting_until is not None:
            return Due("", reason)
    if row.due_at is not None and (row.state is not State.WAITING or running):
        running.append((row.due_at, PERSON, _passed(row, row.due_at, now)))
    if not running:
        return Due("", "no due time")
    at, kind, share = min(running)
    return Due(kind, _left(kind, at - now), at, share, runs=True)


def due_lines(row: TicketRow, now: int) -> tuple[str, ...]:
    """Return a line for each moment of a ticket, as a tooltip and a screen reader tell it:
    `First answer: met in 12 min`, `Resolution: 1 h 10 left, by 22 1542Z NOV 26`."""
    lines = []
    if row.state is State.WAITING and row.waiting_until is not None:
        lines.append(f"Waits until {times.dtg(row.waiting_until)}: {_why(row, now)}")
    if row.due_at is not None:
        left = f"{_left(PERSON, row.due_at - now)}, " if row.state.is_open else ""
        lines.append(f"Due, set by a person: {left}{times.dtg(row.due_at)}")
    if row.clocks is not None:
        for kind, clock in _both(row.clocks):
            if clock.standing is not Standing.NONE:
                lines.append(f"{NAMES[kind]}: {clock_words(row, clock, now)}")
        if lines and not row.clocks.whole:
            lines.append("Pauses from before this desk read the ticket are not known")
    return tuple(lines)


def clock_words(row: TicketRow, clock: Clock, now: int) -> str:
    """Return what one clock says: `1 h 10 left, by 22 1542Z NOV 26`, `met in 12 min`, `late by 20 min`."""
    match clock.standing:
        case Standing.RUNNING:
            due = clock.at + clock.target - clock.spent
            return f"{_left(SOLUTION, due - now)}, by {times.dtg(due)}"
        case Standing.PAUSED:
            reason = WAITING_REASONS.get(row.waiting_reason or "", row.waiting_reason or "")
            left = clock.target - clock.spent
            rest = f"{_span(left)} left then" if left >= 0 else f"over by {_span(left)} already"
            return f"paused{': ' + reason if reason else ''}, {rest}"
        case Standing.MET:
            return f"met in {_span(clock.spent)} of {_span(clock.target)}"
        case Standing.MISSED:
            return f"late by {_span(clock.spent - clock.target)}, after {_span(clock.spent)}"
        case _:
            return "stopped"


def _both(clocks: Clocks) -> tuple[tuple[str, Clock], ...]:
    return ((ANSWER, clocks.response), (SOLUTION, clocks.resolution))


def _running(row: TicketRow, now: int) -> list[tuple[int, str, float]]:
    """Moment, whose it is and share of each clock that runs."""
    if row.clocks is None:
        return []
    return [
        (clock.due, kind, (clock.spent + now - clock.at) / clock.target)
        for kind, clock in _both(row.clocks)
        if clock.due is not None
    ]


def _paused(row: TicketRow) -> Clock | None:
    """The clock that stands still; that of the solution before the other, which ends with it at the latest."""
    clocks = () if row.clocks is None else (row.clocks.resolution, row.clocks.response)
    return next((clock for clock in clocks if clock.standing is Standing.PAUSED), None)


def _done(row: TicketRow) -> Due:
    clock = None if row.clocks is None else row.clocks.resolution
    if clock is not None and clock.standing is Standing.MET:
        return Due(SOLUTION, f"met in {_span(clock.spent)}", clock.at, clock.spent / clock.target)
    if clock is not None and clock.standing is Standing.MISSED:
        return Due(SOLUTION, f"late by {_span(clock.spent - clock.target)}", clock.at, clock.spent / clock.target)
    return Due(PERSON, "done", row.due_at) if row.due_at is not None else Due("", "no due time")


def _passed(row: TicketRow, due_at: int, now: int) -> float:
    """The share of the time between a ticket's creation and a due time."""
    start = min(row.created_at, due_at - times.MINUTE)
    return max(0.0, (now - start) / (due_at - start))


def _why(row: TicketRow, now: int) -> str:
    """What a ticket waits for; of one that waits for a moment, how long still."""
    if row.waiting_until is not None and row.waiting_reason == "scheduled":
        left = row.waiting_until - now
        return f"wakes in {_span(left)}" if left >= times.MINUTE else "due to wake"
    return f"paused: {row.waiting_reason}" if row.waiting_reason else "paused"


def _left(kind: str, left: int) -> str:
    span = _span(left)
    if kind == ANSWER:
        # Beside its word there is room for one unit.
        span = times.age(left) if left >= times.HOUR else times.age(-left) if -left >= times.HOUR else span
        return f"answer in {span}" if left >= 0 else f"answer late {span}"
    return f"{span} left" if left >= 0 else f"over by {span}"


def _span(ms: int) -> str:
    return times.span(ms).removesuffix(" 0 h").removesuffix(" 00")

"""The ticket: its fields, the table of its states and the rule of its priority.

States are numbers that grow along a ticket's life, so that sorting by state is sorting by progress and
"open" is a range. The table `TRANSITIONS` is the whole state machine; nothing else changes a state.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Float, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from opsdesk.models.base import CODE, FLAG, INSTANT, JSON_TEXT, LINE, LONG, Base, Kind, Synced, field, reference
from opsdesk.models.places import POSITION_BOUNDS


class State(enum.IntEnum):
    """Where a ticket stands."""

    NEW = 10
    OPEN = 20
    IN_PROGRESS = 30
    WAITING = 40
    RESOLVED = 50
    CLOSED = 60
    CANCELLED = 70
    MERGED = 80

    @property
    def label(self) -> str:
        """The word on screens: "In progress"."""
        return self.name.replace("_", " ").capitalize()

    @property
    def is_open(self) -> bool:
        """True while work may still be needed."""
        return self < State.RESOLVED


OPEN_STATES: Final = frozenset(state for state in State if state.is_open)


class Level(enum.IntEnum):
    """Urgency and impact."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3

    @property
    def label(self) -> str:
        """The word on screens."""
        return self.name.capitalize()


class Priority(enum.IntEnum):
    """How soon a ticket must be worked on."""

    LOW = 1
    NORMAL = 2
    HIGH = 3
    URGENT = 4

    @property
    def label(self) -> str:
        """The word on screens."""
        return self.name.capitalize()


WAITING_REASONS: Final[dict[str, str]] = {
    "requester": "requester",
    "parts": "parts",
    "approval": "approval",
    "other unit": "other unit",
    "transport": "transport",
    "weather": "weather or safety",
    "no communications": "no communications",
    "scheduled": "scheduled",
}

SOLUTIONS: Final[dict[str, str]] = {
    "fixed": "Fixed",
    "workaround": "Worked around",
    "provided": "Provided",
    "handed over": "Handed over",
    "no fault": "No fault found",
    "not needed": "No longer needed",
}

REPORTED_VIA: Final = ("person", "radio", "phone", "paper", "sensor", "import")


def priority_of(urgency: Level, impact: Level) -> Priority:
    """Priority by the urgency × impact matrix: LL low; LM, ML, MM, LH, HL normal; MH, HM high; HH urgent."""
    if {urgency, impact} == {Level.LOW, Level.HIGH}:
        return Priority.NORMAL
    return {2: Priority.LOW, 3: Priority.NORMAL, 4: Priority.NORMAL, 5: Priority.HIGH, 6: Priority.URGENT}[
        urgency + impact
    ]


class Guard(enum.Enum):
    """What must hold before an event may happen; the text tells a person what is missing."""

    ROUTED = "Set a group or an assignee first"
    REASON = "Give a reason"
    WAITING_REASON = "Say what it waits for"
    SOLUTION = "Choose a solution"
    UNBLOCKED = "An open ticket still blocks this one"
    MAY_REOPEN_CLOSED = "Only a commander may reopen a closed ticket"
    TARGET_OPEN = "The other ticket must be open, and not be this one"
    TARGET_NOT_CLOSED = "The ticket it was merged into is closed"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the state machine. `to` is None when the ticket returns to the state before."""

    event: str
    label: str
    sources: frozenset[State]
    to: State | None
    guards: tuple[Guard, ...] = ()


def _row(event: str, label: str, sources: Collection[State], to: State | None, *guards: Guard) -> Transition:
    return Transition(event, label, frozenset(sources), to, guards)


TRANSITIONS: Final[tuple[Transition, ...]] = (
    _row("accept", "Accept", {State.NEW}, State.OPEN, Guard.ROUTED),
    _row("decline", "Decline", {State.NEW, State.OPEN}, State.CANCELLED, Guard.REASON),
    _row("start", "Start work", {State.OPEN}, State.IN_PROGRESS),
    _row("wait", "Wait", {State.OPEN, State.IN_PROGRESS}, State.WAITING, Guard.WAITING_REASON),
    _row("resume", "Resume", {State.WAITING}, State.IN_PROGRESS),
    _row("resolve", "Resolve", {State.IN_PROGRESS}, State.RESOLVED, Guard.SOLUTION, Guard.UNBLOCKED),
    _row("confirm", "Close", {State.RESOLVED}, State.CLOSED),
    _row("reopen", "Reopen", {State.RESOLVED}, State.IN_PROGRESS, Guard.REASON),
    _row("reopen", "Reopen", {State.CLOSED}, State.IN_PROGRESS, Guard.REASON, Guard.MAY_REOPEN_CLOSED),
    _row("cancel", "Cancel", {State.IN_PROGRESS, State.WAITING}, State.CANCELLED, Guard.REASON),
    _row("merge", "Merge", OPEN_STATES, State.MERGED, Guard.TARGET_OPEN),
    _row("unmerge", "Unmerge", {State.MERGED}, None, Guard.TARGET_NOT_CLOSED),
)


def transition(state: State, event: str) -> Transition | None:
    """The row that `event` takes from `state`; None when there is no such edge."""
    return next((row for row in TRANSITIONS if row.event == event and state in row.sources), None)


def transitions_from(state: State) -> tuple[Transition, ...]:
    """The rows that leave a state, in the order of the table."""
    return tuple(row for row in TRANSITIONS if state in row.sources)


class Ticket(Synced, Base):
    """A piece of work that somebody asked for or reported."""

    __tablename__ = "ticket"
    entity = 10

    number: Mapped[str] = field(10, Kind.APPEND_ONLY, LINE, nullable=False)
    type: Mapped[bytes | None] = reference(11, "ticket_type")
    category: Mapped[bytes | None] = reference(12, "category")
    title: Mapped[str] = field(13, Kind.SCALAR, LINE, nullable=False)
    description: Mapped[str | None] = field(14, Kind.TEXT, LONG)

    requester: Mapped[bytes | None] = reference(15, "person")
    requester_unit: Mapped[bytes | None] = reference(16, "unit")
    reported_via: Mapped[str | None] = field(17, Kind.SCALAR, LINE)
    on_behalf_of: Mapped[str | None] = field(18, Kind.SCALAR, LINE)
    contact: Mapped[str | None] = field(19, Kind.SCALAR, LINE)
    """Name or callsign of a reporter who is no person here."""
    incident: Mapped[bytes | None] = reference(20, "*")

    place: Mapped[bytes | None] = reference(21, "place")
    location: Mapped[str | None] = field(22, Kind.SCALAR, LINE)
    """Where in free words ("east approach of the bridge")."""
    grid: Mapped[str | None] = field(23, Kind.SCALAR, LINE)
    """MGRS as it was given, when it was given so."""
    lat: Mapped[float | None] = field(24, Kind.SCALAR, Float)
    lon: Mapped[float | None] = field(25, Kind.SCALAR, Float)
    accuracy_m: Mapped[float | None] = field(26, Kind.SCALAR, Float)
    position_doubt: Mapped[str | None] = field(27, Kind.SCALAR, LINE)
    """Why the position is not to be trusted, for instance "outside the stated area"."""

    urgency: Mapped[int] = field(28, Kind.SCALAR, CODE, nullable=False, default=2, server_default="2")
    impact: Mapped[int] = field(29, Kind.SCALAR, CODE, nullable=False, default=2, server_default="2")
    priority: Mapped[int] = field(
        30, Kind.SCALAR, CODE, severe_first=True, nullable=False, default=2, server_default="2"
    )
    priority_reason: Mapped[str | None] = field(31, Kind.SCALAR, LINE)
    """Why the priority differs from the matrix; None while it follows it."""
    major: Mapped[bool] = field(
        32, Kind.SCALAR, FLAG, severe_first=True, nullable=False, default=False, server_default="0"
    )

    state: Mapped[int] = field(33, Kind.STATE, CODE, nullable=False, default=10, server_default="10")
    state_reason: Mapped[str | None] = field(34, Kind.SCALAR, LINE)
    waiting_reason: Mapped[str | None] = field(35, Kind.SCALAR, LINE)
    waiting_until: Mapped[int | None] = field(36, Kind.SCALAR, INSTANT)
    solution: Mapped[str | None] = field(37, Kind.SCALAR, LINE)
    merged_into: Mapped[bytes | None] = reference(38, "ticket")

    assignee: Mapped[bytes | None] = reference(39, "person")
    group: Mapped[bytes | None] = reference(40, "unit")
    due_at: Mapped[int | None] = field(41, Kind.SCALAR, INSTANT)
    occurred_at: Mapped[int] = field(42, Kind.SCALAR, INSTANT, nullable=False)
    created_at: Mapped[int] = field(43, Kind.APPEND_ONLY, INSTANT, nullable=False)
    parent: Mapped[bytes | None] = reference(44, "ticket")
    form: Mapped[bytes | None] = reference(45, "form_version")

    external: Mapped[str | None] = field(46, Kind.SCALAR, LINE)
    """Number that the ticket has in the source it was imported from."""
    source: Mapped[str | None] = field(47, Kind.SCALAR, LINE)
    source_hash: Mapped[bytes | None] = field(48, Kind.SCALAR, LargeBinary(16))
    """BLAKE2 of the whole mapped row; an import skips rows whose hash is here already."""
    position_source: Mapped[str | None] = field(50, Kind.SCALAR, LINE)
    """How the position is known, a code of `services.positions.SOURCES`; a code of a newer program stays as it is."""

    updated_at: Mapped[int] = mapped_column(INSTANT, nullable=False, sort_order=91)
    """When anything about the ticket last changed; local, so that the list can sort by it."""

    # The clocks as their fold gives them (`models.clocks`): local, kept by `store.clocks`, so that lists sort by them.
    response: Mapped[int] = mapped_column(CODE, nullable=False, default=0, server_default="0", sort_order=92)
    """How the first answer stands, a `clocks.Standing`."""
    response_due: Mapped[int | None] = mapped_column(INSTANT, sort_order=93)
    """When a running clock reaches its target."""
    resolution: Mapped[int] = mapped_column(CODE, nullable=False, default=0, server_default="0", sort_order=94)
    resolution_due: Mapped[int | None] = mapped_column(INSTANT, sort_order=95)
    clock_due: Mapped[int | None] = mapped_column(INSTANT, sort_order=96)
    """When the nearer of the clocks that run reaches its target."""
    clocks: Mapped[str | None] = mapped_column(JSON_TEXT, sort_order=97)
    """Both in full (`store.clocks.packed`); None without targets."""

    __table_args__ = (
        *POSITION_BOUNDS,
        Index("ix_ticket_source_hash", "source_hash", sqlite_where=text("source_hash IS NOT NULL")),
        Index("ix_ticket_parent", "parent", sqlite_where=text("parent IS NOT NULL")),
    )

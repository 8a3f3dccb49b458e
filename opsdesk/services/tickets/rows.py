"""The frozen rows that screens and the command line get of tickets. Times are UTC milliseconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from opsdesk.models.base import Id
from opsdesk.models.clocks import Clocks
from opsdesk.models.tickets import Priority, State
from opsdesk.services.positions import Position
from opsdesk.services.tickets.marks import Mark, Stage


class Base(NamedTuple):
    """What an editor had seen when it was opened, handed back with its edit.

    `ver` is the server's version of the row, `seq` the newest own change then, `settled` how many own changes had got
    their outcome. From them the base of every single field follows: the newest own change of that field up to `seq`
    that was pending then, else `ver`.
    """

    ver: int
    seq: int
    settled: int


@dataclass(frozen=True, slots=True)
class Named:
    """A record by its id and the name to show. `detail` is quieter: a unit's code, a person's callsign."""

    id: Id
    name: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class TicketRow:
    """One row of the ticket list."""

    key: int
    id: Id
    base: Base
    number: str
    title: str
    state: State
    waiting_reason: str | None
    priority: Priority
    major: bool
    type: str
    category: str
    assignee: Named | None
    unit: Named | None
    requester: Named | None
    place: str
    """Name of the place, else the free words, else the grid."""
    lat: float | None
    lon: float | None
    occurred_at: int
    created_at: int
    updated_at: int
    due_at: int | None
    comments: int
    attachments: int
    unread: bool
    queued: bool
    """True while a change made here, of the ticket or of what hangs on it, waits for the server."""
    exercise: bool
    marking: int
    external: str | None
    source: str | None
    tags: tuple[str, ...]
    conflict: bool = False
    """True while a conflict of the ticket, or of what hangs on it, is open."""
    returned: bool = False
    """True while a change made here has come back and is not settled."""
    draft: bool = False
    """True while a comment is written and not sent."""
    waiting_until: int | None = None
    """When a wait for a moment ends."""
    clocks: Clocks | None = None
    """How the first answer and the solution stand against their targets; None where there are none."""

    @property
    def position(self) -> Position | None:
        """Where it is; None while either half of that is not known."""
        return None if self.lat is None or self.lon is None else Position(self.lat, self.lon)

    @property
    def mark(self) -> Mark:
        """How it stands with the other stations: the one thing that needs a person most."""
        said = (
            (self.conflict, Mark.CONFLICT),
            (self.returned, Mark.RETURNED),
            (self.draft, Mark.DRAFT),
            (self.queued, Mark.QUEUED),
            (self.unread, Mark.NEW),
        )
        return next((mark for true, mark in said if true), Mark.IN_STEP)


@dataclass(frozen=True, slots=True)
class CommentRow:
    """One comment with its replies (one level). Rows that read alike are equal, whatever they are based on."""

    id: Id
    base: Base = field(compare=False)
    author: Named | None
    body: str
    visibility: str
    written_at: int
    edited_at: int | None
    replies: tuple[CommentRow, ...] = ()
    stage: Stage | None = None
    """How far the newest own change of it has come; None when it was written elsewhere."""
    names: tuple[tuple[str, str], ...] = ()
    """Target and present label of everything that the text mentions."""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A link seen from the ticket that is open: `words` says how ("blocked by"); `back` when the other is its subject.

    Of a ticket that the person cannot read, state and priority are None and `title` says so. `circle` says that links
    of this kind lead round to where they began, as they may when they were made on two desks apart.
    """

    id: Id
    words: str
    ticket: Id
    number: str
    title: str
    state: State | None
    priority: Priority | None
    kind: str = ""
    back: bool = False
    voided: str | None = None
    circle: bool = False

    @property
    def is_open(self) -> bool:
        """Whether work on it may still be needed."""
        return self.state is not None and self.state.is_open and self.voided is None


@dataclass(frozen=True, slots=True)
class RelatedRow:
    """A ticket that may belong together with this one, and why."""

    ticket: Id
    number: str
    title: str
    state: State
    priority: Priority
    reason: str


@dataclass(frozen=True, slots=True)
class StepRow:
    """One stretch of the status timeline; `until` is None for the present state."""

    state: State
    since: int
    until: int | None
    actor: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One captured change of one field. `field` is its code, `label` its name on screens.

    `before` and `after` are as a person reads them; `happened_at` differs from `recorded_at` when it was told later.
    """

    seq: int
    act: Id | None
    actor: str
    happened_at: int
    recorded_at: int
    kind: str
    """`create`, `set`, `transition`, `comment`, `tag`, `link`, `watch`, `void`, `conflict`."""
    field: str
    label: str
    before: str
    after: str
    revertible: bool
    stage: Stage | None = None
    """How far it has come; None for what others wrote."""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """The answer to one question of the ticket's form."""

    question: str
    label: str
    value: object
    text: str


@dataclass(frozen=True, slots=True)
class TicketCard:
    """Everything that the detail and the preview show of a ticket, without the conversation and the history."""

    row: TicketRow
    description: str
    type_id: Id | None
    category_id: Id | None
    form_id: Id | None
    urgency: int
    impact: int
    priority_reason: str | None
    reported_via: str | None
    on_behalf_of: str | None
    contact: str | None
    requester_unit: Named | None
    group: Named | None
    place: Named | None
    location: str | None
    grid: str | None
    accuracy_m: float | None
    position_doubt: str | None
    position_source: str | None
    state_reason: str | None
    waiting_until: int | None
    solution: str | None
    parent: Named | None
    voided: str | None
    watchers: tuple[Named, ...]
    watching: bool
    links: tuple[LinkRow, ...]
    steps: tuple[StepRow, ...]
    answers: tuple[AnswerRow, ...]
    events: tuple[EventRow, ...]
    history_count: int
    answer_vers: Mapping[str, int]
    """The server's version of each answer, those that were taken back too, by question."""

    @property
    def position(self) -> Position | None:
        """Where it is, how exactly and how that is known; None while either half of it is not known."""
        at = self.row.position
        return (
            None if at is None else replace(at, accuracy_m=self.accuracy_m, grid=self.grid, source=self.position_source)
        )

    @property
    def blockers(self) -> tuple[LinkRow, ...]:
        """The open tickets that block it."""
        return tuple(link for link in self.links if link.kind == "blocks" and link.back and link.is_open)

    def answer_base(self, question: str) -> Base:
        """What an editor of an answer had seen; also where there is none yet."""
        return Base(self.answer_vers.get(question, 0), self.row.base.seq, self.row.base.settled)


@dataclass(frozen=True, slots=True)
class EventRow:
    """What may be done with the ticket's state now. `missing` are the words of guards that do not hold yet.

    `needs` names the inputs to ask for: `reason`, `waiting_reason`, `solution`. `unanswered` are the questions of the
    form, as (code, label), that must be answered first.
    """

    event: str
    label: str
    to: State
    needs: tuple[str, ...]
    missing: tuple[str, ...]
    unanswered: tuple[tuple[str, str], ...] = ()

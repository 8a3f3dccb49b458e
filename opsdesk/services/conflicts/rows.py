"""The frozen rows that screens and the command line get of conflicts. Times are UTC milliseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from opsdesk.models.base import Id
from opsdesk.services.conflicts.texts import Span
from opsdesk.services.forms import FormField
from opsdesk.services.tickets.placing import COLUMNS
from opsdesk.services.tickets.rows import Named

POSITION: Final = frozenset({"place", *COLUMNS})
"""Fields that say together where something is."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a person had before the eyes when they chose: handed back with the choice.

    `ver`, `seq` and `settled` are the base of the record's row (the server's version, the newest own change, how many
    own changes were settled); `changes` name the candidates as (device, sequence).
    """

    conflict: Id
    ver: int
    seq: int
    settled: int
    changes: tuple[tuple[bytes, int], ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One value that somebody wants for a field, or the one from before the split."""

    number: int
    """Its key, from 1."""
    side: str
    """`base`, `mine`, `theirs`, or `shown`: shown now, where none of the versions is of this person or desk."""
    value: object
    """As it is stored; a choice hands it back."""
    text: str
    """As a person reads it; empty for none."""
    author: Named | None
    where: str
    """The station's tag, or the code of the author's unit; empty when neither is known."""
    here: bool
    """Whether it was written at this desk."""
    at: int | None
    shown: bool
    """Whether it is what the record shows meanwhile."""
    changes: tuple[Span, ...] = ()
    """Of a text: how it differs from the base."""
    detail: str = ""
    """What the value alone does not say: of half a position where it is, of what stands against a void or a parent
    what was done."""

    @property
    def label(self) -> str:
        """The word above it."""
        return "Shown now" if self.side == "shown" else self.side.capitalize()


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a conflict was settled."""

    how: str
    """`mine`, `theirs`, `base`, `both joined`, `another value`, `shown`, or `taken back` by those who asked."""
    text: str
    value: object
    by: Named | None
    at: int
    waits: bool
    """True while it has not reached the server."""
    seq: int | None
    """The own change that settled it, for undoing; None when another desk did."""
    note: str = ""
    """Why it was settled so."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field of a record that was changed in two places."""

    id: Id
    kind: str
    """`value`, `text`, `state`, `voided` or `cycle`."""
    field: str
    """Its code: of a ticket the name of the field, of an answer its question."""
    label: str
    severe: bool
    """Whether the more severe value is shown meanwhile."""
    versions: tuple[Version, ...]
    joined: str | None
    """Of a text: all versions in one, where they do not overlap."""
    joined_changes: tuple[Span, ...]
    nullable: bool
    editor: FormField | None
    """How another value is asked for; None where one of the versions must be taken."""
    coding: str
    """How an editor's answer is stored: `plain`, `int`, `id`, `json`."""
    seen: Seen
    found_at: int
    settlement: Settlement | None = None

    def version(self, side: str) -> Version | None:
        """The one version of a side; None where there is none or there are several."""
        found = [version for version in self.versions if version.side == side]
        return found[0] if len(found) == 1 else None

    @property
    def shown(self) -> Version | None:
        """The version that the record shows meanwhile."""
        return next((version for version in self.versions if version.shown), None)


@dataclass(frozen=True, slots=True)
class JoinedField:
    """A field that was changed since the split and came together without help. Texts as a person reads them."""

    label: str
    base: str
    mine: str
    theirs: str
    mine_changed: bool
    theirs_changed: bool
    who: str
    """Who wrote it last."""


@dataclass(frozen=True, slots=True)
class Care:
    """Who looks after the conflicts of a record, and until when. One of person and unit is the owner, or none."""

    person: Named | None
    unit: Named | None
    given: bool
    """Whether somebody named the person; else it follows from the record."""
    due_at: int
    note: str

    @property
    def name(self) -> str:
        """The owner in words."""
        owner = self.person or self.unit
        return owner.name if owner else "Nobody"


@dataclass(frozen=True, slots=True)
class Record:
    """A record with all its conflicts: what the page and the panel on the ticket show."""

    id: Id
    ticket: Id | None
    """The ticket to open: the record itself, or that on which it hangs."""
    kind: str
    """`ticket`, `comment`, `answer`, or the word of another table."""
    number: str
    title: str
    conflicts: tuple[Conflict, ...]
    """The open ones first."""
    joined: tuple[JoinedField, ...]
    care: Care
    mine: bool
    """Whether it is for this person to settle."""
    found_at: int

    @property
    def open(self) -> tuple[Conflict, ...]:
        """Those that wait for a choice."""
        return tuple(one for one in self.conflicts if one.settlement is None)


@dataclass(frozen=True, slots=True)
class Line:
    """A record in the list of those with conflicts. `settled` is set where nothing of it is open."""

    record: Id
    ticket: Id | None
    kind: str
    number: str
    title: str
    conflicts: tuple[Id, ...]
    fields: tuple[str, ...]
    who: tuple[Named, ...]
    places: tuple[str, ...]
    found_at: int
    care: Care
    mine: bool
    involved: bool
    """Whether a version, or the settling, is of this person or desk."""
    settled: Settlement | None = None


@dataclass(frozen=True, slots=True)
class Lists:
    """All that the list shows. `more` counts what was left out."""

    mine: tuple[Line, ...]
    others: tuple[Line, ...]
    settled: tuple[Line, ...]
    settled_count: int
    more: int = 0
    as_of: int = 0

    @property
    def unit(self) -> tuple[Line, ...]:
        """All that is open."""
        return tuple(sorted((*self.mine, *self.others), key=lambda line: line.care.due_at))

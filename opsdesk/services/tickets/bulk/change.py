"""What a bulk change is to do, and whether the person may: judged once, for all tickets alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from opsdesk.models import rights
from opsdesk.models.base import Id
from opsdesk.models.tickets import TRANSITIONS
from opsdesk.services import access, forms
from opsdesk.services.errors import Invalid, Problem, Refused
from opsdesk.services.tickets import commands, threads, transitions
from opsdesk.store.work import Reader

_LEVELS: Final = frozenset({"urgency", "impact", "priority", "priority_reason"})


@dataclass(frozen=True, slots=True)
class BulkChange:
    """One change for many tickets: fields to set, an event to happen, tags and watchers to put on and take off."""

    label: str
    values: Mapping[str, Any] = field(default_factory=dict)
    event: str | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments of the transition: `reason`, `waiting_reason`, `until`, `solution`."""
    tags: tuple[str, ...] = ()
    untags: tuple[str, ...] = ()
    watchers: tuple[Id, ...] = ()
    unwatchers: tuple[Id, ...] = ()
    answers: Mapping[str, Any] = field(default_factory=dict)
    """Answers by question; None takes one back. A ticket whose form does not ask the question is left as it is."""

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing at all."""
        lists = (self.tags, self.untags, self.watchers, self.unwatchers)
        return not (self.values or self.event or self.answers or any(lists))


@dataclass(frozen=True, slots=True)
class Order:
    """A change that was found to be sound, as the tables store it."""

    change: BulkChange
    row: Mapping[str, Any]
    said: transitions.Said
    tags: tuple[str, ...]
    untags: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it can change, those that follow from others too, in the order of the change."""
        named = dict.fromkeys(self.row)
        if named.keys() & _LEVELS:
            named |= {"priority": None, "priority_reason": None}
        if "type" in named:
            named |= {"category": None}
        if self.change.event is not None:
            named |= dict.fromkeys(transitions.COLUMNS)
        return tuple(named)

    @property
    def is_plain(self) -> bool:
        """Whether it sets fields alone, so that one statement does it for a piece of the tickets."""
        change = self.change
        one_by_one = (change.event, self.tags, self.untags, change.watchers, change.unwatchers, change.answers)
        return not any(one_by_one)


def checked(reader: Reader, change: BulkChange) -> Order:
    """The change as it can be done. Raises Invalid naming every wrong field, Refused for what the role lacks."""
    access.require(reader, rights.BULK)
    if change.is_empty:
        raise Refused("Choose what to change")
    commands.refuse_ruled(change.values)
    row = commands.checked(reader, change.values)
    needed = [rights.EDIT, *commands.rights_for(reader, row)]
    if change.event is not None:
        needed.append(rights.TRANSITION)
    for right in needed:
        access.require(reader, right)
    if row.get("type") is not None:
        # With another type another form is asked; the answers given so far stay with the ticket.
        row["form"] = forms.form_for(reader, row["type"], None).id or None
    problems: list[Problem] = []
    if change.answers and "type" in row:
        problems.append(Problem("type", "Another type asks other questions: change the type first, then answer"))
    if change.event is not None and change.event not in {one.event for one in TRANSITIONS} - transitions.NOT_OFFERED:
        problems.append(Problem("event", f"There is nothing called “{change.event}” that could happen"))
    tags, untags = _words(change.tags, problems), _words(change.untags, problems)
    if {*tags} & {*untags}:
        problems.append(Problem("tag", f"“{min({*tags} & {*untags})}” cannot both go on and come off"))
    if len(tags) > threads.TAGS_LIMIT:
        problems.append(Problem("tag", f"A ticket has at most {threads.TAGS_LIMIT} tags"))
    for person in (*change.watchers, *change.unwatchers):
        if reader.value("SELECT 1 FROM person WHERE id = ? AND voided IS NULL", (person,)) is None:
            problems.append(Problem("watcher", "This person is not here"))
    if problems:
        raise Invalid(tuple(problems))
    return Order(change, row, transitions.Said(**dict(change.inputs)), tags, untags)


def _words(words: tuple[str, ...], problems: list[Problem]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for word in words:
        try:
            found[threads.tag_word(word)] = None
        except Refused as refusal:
            problems.append(Problem("tag", refusal.text))
    return tuple(found)

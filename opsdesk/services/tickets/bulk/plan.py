"""What a bulk change does to each ticket, decided from the ticket as it is, without writing: for preview and act alike.

The act calls this in its own transaction and writes what was decided, so that what a preview says is what is done
wherever nothing changes in between.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.tickets import State
from opsdesk.services import forms
from opsdesk.services.errors import Refused
from opsdesk.services.forms import FormField
from opsdesk.services.tickets import answers_of_form, commands, rules, threads, transitions
from opsdesk.services.tickets.bulk.change import Order
from opsdesk.store.work import Reader

_JUDGED: Final = (
    "state", "assignee", "group", "type", "category", "urgency", "impact", "priority", "priority_reason", "occurred_at",
)  # fmt: skip


@dataclass(slots=True)
class Planned:
    """One ticket: `was` and `will` are the columns of the order before and after; `refusal` is why it is left alone."""

    key: int
    id: Id
    number: str
    title: str
    was: tuple[Any, ...]
    will: tuple[Any, ...]
    tags: tuple[str, ...] = ()
    """Tags that it has now and that are put on or taken off; empty where tags play no part."""
    tags_after: tuple[str, ...] = ()
    watchers: tuple[Id, ...] = ()
    watchers_after: tuple[Id, ...] = ()
    answers: tuple[Any, ...] = ()
    """The answers to the questions of the order as they are stored; empty where they play no part."""
    answers_after: tuple[Any, ...] = ()
    refusal: str = ""

    @property
    def stays(self) -> bool:
        """Whether it is so already."""
        before = (self.was, self.tags, self.watchers, self.answers)
        return before == (self.will, self.tags_after, self.watchers_after, self.answers_after)

    @property
    def as_it_was(self) -> tuple[Any, ...]:
        """What the decision is about: it was decided on this."""
        return self.was, self.tags, self.watchers, self.answers


class Planner:
    """Plans one order. `kinds` are read once, as a job's pieces are decided within a moment."""

    def __init__(self, reader: Reader, order: Order) -> None:
        self._order = order
        self.columns = order.columns
        self.questions: dict[str, FormField] = {}
        """The questions of the order as a form asks them, once one does."""
        self._read = tuple(dict.fromkeys((*self.columns, *_JUDGED)))
        self._kinds = rules.kinds(reader) if {"type", "category"} & order.row.keys() else None

    def plan(self, reader: Reader, keys: Sequence[int]) -> list[Planned]:
        """Decide about the tickets with these row keys, in the order given; those that are not here are left out."""
        marks = ", ".join("?" * len(keys))
        columns = ", ".join(f'"{name}"' for name in self._read)
        found = reader.rows(
            f"SELECT key, id, number, title, voided, {columns} FROM ticket WHERE key IN ({marks})", keys
        )
        place = {key: at for at, key in enumerate(keys)}
        found.sort(key=lambda row: place[row[0]])
        ids = [row[1] for row in found]
        order, change = self._order, self._order.change
        blocked = transitions.blocked(reader, ids) if change.event is not None else {}
        wanted = transitions.unanswered(reader, ids, change.event) if change.event is not None else {}
        words = _sets(reader, "tag", "word", ids) if order.tags or order.untags else None
        people = _sets(reader, "watcher", "person", ids) if change.watchers or change.unwatchers else None
        asked = forms.asked_of_all(reader, ids) if change.answers else {}
        return [self._one(reader, row, (blocked, wanted), words, people, asked.get(row[1])) for row in found]

    def _one(
        self,
        reader: Reader,
        row: tuple[Any, ...],
        waits: tuple[Mapping[Id, tuple[str, ...]], Mapping[Id, tuple[tuple[str, str], ...]]],
        words: Mapping[Id, set[str]] | None,
        people: Mapping[Id, set[Id]] | None,
        asked: forms.Asked | None,
    ) -> Planned:
        key, record, number, title, voided = row[:5]
        order = self._order
        before = dict(zip(self._read, row[5:], strict=True))
        was = tuple(before[name] for name in self.columns)
        planned = Planned(key, record, number, title, was, was)
        if words is not None:
            planned.tags = planned.tags_after = tuple(sorted(words.get(record, ())))
        if asked is not None:
            planned.answers = planned.answers_after = tuple(asked.given.get(code) for code in order.change.answers)
        if people is not None:
            planned.watchers = planned.watchers_after = tuple(sorted(people.get(record, ())))
        if voided is not None:
            planned.refusal = f"voided: {voided}"
            return planned
        try:
            after = self._after(reader, before, waits[0].get(record, ()), waits[1].get(record, ()))
            if words is not None:
                planned.tags_after = _with(planned.tags, order.tags, order.untags)
                threads.require_room(planned.tags, order.tags)
            if asked is not None:
                planned.answers_after = self._answered(asked)
        except Refused as refusal:
            planned.tags_after = planned.tags
            planned.refusal = refusal.text
            return planned
        planned.will = tuple(after.get(name, before[name]) for name in self.columns)
        if people is not None:
            planned.watchers_after = _with(planned.watchers, order.change.watchers, order.change.unwatchers)
        return planned

    def _answered(self, asked: forms.Asked) -> tuple[Any, ...]:
        """The answers after the change, each judged with those before it. Raises Refused where one may not be given."""
        for code, value in self._order.change.answers.items():
            field = next((field for field in asked.form.asked if field.code == code), None)
            if field is None:
                known = self.questions.get(code)
                raise Refused(f"its form does not ask {f'“{known.label}”' if known else 'this'}", field=code)
            self.questions.setdefault(code, field)
            answers_of_form.check(asked, code, value)
            asked = forms.asked_if(asked, {code: value})
        return tuple(self._order.change.answers.values())

    def _after(
        self,
        reader: Reader,
        before: dict[str, Any],
        blockers: tuple[str, ...],
        unanswered: tuple[tuple[str, str], ...],
    ) -> dict[str, Any]:
        """The columns after the change. Raises Refused."""
        order = self._order
        row = dict(order.row)
        known = self._kinds
        if known is not None and "category" not in row and not known.fits(before["category"], row.get("type")):
            row["category"] = None
        problem = rules.broken(row, before, self._kinds) or rules.slip(row, before)
        if problem is not None:
            raise Refused(problem.text, field=problem.field)
        commands.set_priority(row, before)
        if order.change.event is not None:
            after = before | row
            routed = bool(after["assignee"] or after["group"])
            stands = transitions.Standing(State(after["state"]), routed, blockers, unanswered)
            _, moved = transitions.judge(reader, stands, order.change.event, order.said)
            row |= moved
        return row


def _with(there: tuple[Any, ...], on: Collection[Any], off: Collection[Any]) -> tuple[Any, ...]:
    return tuple(sorted({*there, *on} - {*off}))


def _sets(reader: Reader, table: str, column: str, ids: Sequence[Id]) -> dict[Id, set[Any]]:
    found: dict[Id, set[Any]] = {}
    marks = ", ".join("?" * len(ids))
    for subject, value in reader.rows(
        f'SELECT subject, "{column}" FROM "{table}" WHERE subject IN ({marks}) AND voided IS NULL', ids
    ):
        found.setdefault(subject, set()).add(value)
    return found

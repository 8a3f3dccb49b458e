"""A desk and what its person does at it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

import msgspec

from opsdesk.models import ids
from opsdesk.models.base import Kind
from opsdesk.models.threads import Answer, Comment, Tag, Watcher
from opsdesk.models.tickets import State as TicketState
from opsdesk.models.tickets import Ticket, transitions_from
from opsdesk.simulator.desks.seat import PEOPLE
from opsdesk.simulator.desks.writing import Writing, resolve, withdraw
from opsdesk.simulator.versions import UNKNOWN_FIELDS
from opsdesk.store.queue.shapes import shapes
from opsdesk.sync.core.messages import Conflict

_TABLES: Final = (Ticket, Comment, Tag, Answer, Watcher)


class SimDesk(Writing):
    """One desk and its person."""

    __slots__ = ()

    def act(self, now: int) -> None:
        """Do one thing that a person does."""
        if self.editors and self.rng.random() < 0.3:
            self._save(self.editors.pop(self.rng.randrange(len(self.editors))), now)
            return
        if self.places is not None and self.places.random() < 0.15:
            self._locate(self.places, now)
            return
        actions: list[tuple[int, Callable[[int], None]]] = [
            (10, self._create),
            (30, self._edit),
            (10, self._step),
            (8, self._comment),
            (8, self._tag),
            (5, self._watch),
            (4, self._assign),
            (0 if self.old else 5, self._answer),
            (4, self._void),
            (4, self._hand_over),
            (4, self._reparent),
            (8, self._resolve),
            (4, self._withdraw),
            (4, self._group),
        ]
        weights = [weight for weight, _ in actions]
        self.rng.choices([action for _, action in actions], weights)[0](now)

    def _create(self, now: int) -> None:
        self._insert(
            Ticket,
            {
                "number": self.unique("T"),
                "title": self.unique("title"),
                "description": "".join(f"{self.unique('line')}\n\n" for _ in range(self.rng.randrange(4))) or None,
                "priority": self.rng.randrange(1, 5),
                "occurred_at": now,
                "created_at": now,
                "updated_at": now,
                "unit": self.rng.choice(self.units),
                "marking": self.rng.choice((1, 1, 1, 3)),
                **self._position(),
            },
            now,
        )

    def _edit(self, now: int) -> None:
        picked = self._pick(Ticket)
        if picked is None:
            return self._create(now)
        names = self.rng.choice(
            (("title",), ("title",), ("description",), ("description",), ("priority",), ("due_at",), ("assignee",),
             ("location",), ("major",), ("title", "location"))
        )  # fmt: skip
        if self.old and UNKNOWN_FIELDS & set(names):
            names = ("title",)
        editor = self._editor(Ticket, picked[0], names)
        if self.rng.random() < 0.25:
            self.editors.append(editor)
        else:
            self._save(editor, now)
        return None

    def _locate(self, places: random.Random, now: int) -> None:
        """Say where a ticket is, or no more; sometimes one half of it, as a program beside the desks may."""
        picked = self._pick(Ticket)
        if picked is None:
            return
        names = places.choice((("lat", "lon"), ("lat", "lon"), ("lat",), ("lon",)))
        editor = self._editor(Ticket, picked[0], names)
        step = places.random()
        if step < 0.25:
            self.editors.append(editor)
        elif step < 0.45:
            self._update(editor, dict.fromkeys(names), now)
        else:
            self._save(editor, now)

    def _step(self, now: int) -> None:
        picked = self._pick(Ticket)
        if picked is None:
            return
        editor = self._editor(Ticket, picked[0], ("state",))
        shown = editor.sights["state"].value
        rows = [row for row in transitions_from(TicketState(shown)) if row.to is not None]
        if rows:
            row = self.rng.choice(rows)
            self._update(editor, {"state": int(row.to or 0)}, now, event=row.event)

    def _comment(self, now: int) -> None:
        picked = self._pick(Ticket)
        if picked is None:
            return
        comment = self._pick(Comment)
        if comment is not None and self.rng.random() < 0.3:
            editor = self._editor(Comment, comment[0], ("body",))
            self._update(editor, {"body": self._text(editor.sights["body"].value)}, now)
            return
        values = {"subject": picked[0], "body": self.unique("line"), "written_at": now, "unit": self.units[0]}
        self._insert(Comment, values, now)

    def _tag(self, now: int) -> None:
        picked = self._pick(Ticket)
        if picked is None:
            return
        tag = self._pick(Tag, "voided IS NULL")
        if tag is not None and self.rng.random() < 0.5:
            self._update(self._editor(Tag, tag[0], ("voided",)), {"voided": "removed"}, now)
            return
        word = self.rng.choice(("flood", "bridge", "power"))
        self._insert(Tag, {"subject": picked[0], "word": word, "unit": self.units[0]}, now)

    def _watch(self, now: int) -> None:
        """Let a person follow a ticket, or no more."""
        picked, watcher = self._pick(Ticket), self._pick(Watcher, "voided IS NULL")
        if watcher is not None and self.rng.random() < 0.5:
            self._update(self._editor(Watcher, watcher[0], ("voided",)), {"voided": "removed"}, now)
        elif picked is not None:
            values = {"subject": picked[0], "person": self.rng.choice(PEOPLE), "unit": self.units[0]}
            self._insert(Watcher, values, now)

    def _assign(self, now: int) -> None:
        picked = self._pick(Ticket)
        if picked is not None:
            name = self.rng.choice(("assignee", "requester"))
            editor = self._editor(Ticket, picked[0], (name,))
            self._update(editor, {name: self._value(name, editor.sights[name].value)}, now)

    def _answer(self, now: int) -> None:
        picked = self._pick(Ticket)
        if picked is None:
            return
        question = self.rng.choice(("depth", "width"))
        record = ids.derived(picked[0], question)
        said = f'"{self.unique("answer")}"'
        if self.rows("SELECT 1 FROM answer WHERE id = ?", record):
            self._update(self._editor(Answer, record, ("value",)), {"value": said}, now)
        else:
            unit, marking = self.rows("SELECT unit, marking FROM ticket WHERE id = ?", picked[0])[0]
            values = {"subject": picked[0], "question": question, "value": said, "unit": unit, "marking": marking}
            self._insert(Answer, values, now, record)

    def _void(self, now: int) -> None:
        picked = self._pick(Ticket)
        if picked is not None:
            editor = self._editor(Ticket, picked[0], ("voided",))
            void = self.unique("void") if editor.sights["voided"].value is None else None
            self._update(editor, {"voided": void}, now)

    def _hand_over(self, now: int) -> None:
        picked = self._pick(Ticket)
        if picked is not None:
            name = self.rng.choice(("unit", "unit", "marking"))
            editor = self._editor(Ticket, picked[0], (name,))
            value = bytes([self.rng.choice((1, 2))]) * 16 if name == "unit" else self.rng.choice((1, 3))
            self._update(editor, {name: value}, now)

    def _reparent(self, now: int) -> None:
        picked, above = self._pick(Ticket), self._pick(Ticket)
        if picked is None or above is None:
            return
        editor = self._editor(Ticket, picked[0], ("parent",))
        first = self.newest()
        try:
            self._update(editor, {"parent": above[0]}, now)
        except Exception as error:
            if "below itself" not in str(error):
                raise
            assert self.newest() == first

    def _resolve(self, now: int) -> None:
        rows = self.rows("SELECT packed FROM conflict WHERE open = 1 ORDER BY id")
        if not rows:
            return
        conflict = msgspec.msgpack.decode(self.rng.choice(rows)[0], type=Conflict)
        shape = shapes().get(conflict.entity)
        if shape is None or conflict.field not in shape.fields:
            return
        entity = next(one for one in _TABLES if one.entity == conflict.entity)
        name = shape.fields[conflict.field].name
        if not self.rows(f'SELECT 1 FROM "{shape.table}" WHERE id = ?', conflict.record):
            return
        editor = self._editor(entity, conflict.record, (name,))
        choices = [editor.sights[name].value, *(one.value for one in conflict.candidates)]
        value = self.rng.choice([one for one in choices if one is not None or conflict.field in shape.optional])
        if shape.fields[conflict.field].kind is Kind.TEXT and self.rng.random() < 0.3:
            value = "\n\n".join(str(one) for one in choices if one)
        try:
            resolve(self, editor, name, value, conflict, now)
        except Exception as error:
            if "below itself" not in str(error):
                raise

    def _withdraw(self, now: int) -> None:
        rows = self.rows(
            "SELECT c.seq, c.entity, c.record, c.field FROM change c WHERE c.outcome IS NULL AND c.field > 0 "
            "AND NOT EXISTS (SELECT 1 FROM sync_intent i WHERE i.seq = c.seq) AND c.seq = (SELECT max(d.seq) "
            "FROM change d WHERE d.record = c.record AND d.field = c.field) ORDER BY c.seq"
        )
        if rows:
            seq, entity, record, number = self.rng.choice(rows)
            table = next(one for one in _TABLES if one.entity == entity)
            if not self.rows(f'SELECT 1 FROM "{table.__tablename__}" WHERE id = ?', record):
                return  # it has gone, and its changes are offered again to a restored server
            withdraw(self, table, record, seq, number, now)

    def _group(self, now: int) -> None:
        picked = self._pick(Ticket)
        if picked is not None:
            second = "assignee" if self.old else "due_at"
            editor = self._editor(Ticket, picked[0], ("title", second))
            values = {"title": self.unique("title"), second: self._value(second, None)}
            self._update(editor, values, now, gid=self.rng.randbytes(16))

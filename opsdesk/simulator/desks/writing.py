"""How what a person does is written on a desk, and noted with what was shown."""

from __future__ import annotations

from typing import Any

from opsdesk.models import ids
from opsdesk.models.base import Synced
from opsdesk.models.tickets import Ticket
from opsdesk.simulator.desks.seat import PEOPLE, Seat
from opsdesk.simulator.desks.sights import Editor, Sight
from opsdesk.store.queue.shapes import shapes
from opsdesk.store.work import Work
from opsdesk.sync.core.messages import Conflict


class Writing(Seat):
    """The part of a desk that writes."""

    __slots__ = ()

    def _work(self, now: int) -> Work:
        person = PEOPLE[self.rng.randrange(len(PEOPLE))]
        return Work(self.database, person=person, unit=self.rng.choice(self.units), now=now, act=self.rng.randbytes(16))

    def _note(self, first: int, editor: Editor | None) -> None:
        """Remember what was shown when each new change was begun."""
        for seq, entity, number in self.rows("SELECT seq, entity, field FROM change WHERE seq > ?", first):
            if number == 0 or editor is None:
                self.sights[seq] = {0: Sight(None, 0)}
                continue
            name = shapes()[entity].fields[number].name
            self.sights[seq] = {number: editor.sights[name]}

    def unique(self, word: str) -> str:
        """A value that nobody else ever writes."""
        self.made += 1
        return f"{word} {self.name}.{self.made}"

    def _insert(self, table: type[Synced], values: dict[str, Any], now: int, record: bytes | None = None) -> bytes:
        first = self.newest()
        made = ids.new_id(now, self.rng.randbytes(10)) if record is None else record
        with self.database.transaction(now=now, actor=PEOPLE[0], act=self.rng.randbytes(16)):
            self._work(now).insert(table, values, record=made)
        self._note(first, None)
        return made

    def _value(self, name: str, shown: Any) -> Any:
        if name in ("title", "location", "body"):
            return self.unique(name)
        if name == "description":
            return self._text(shown or "")
        if name == "priority":
            return self.rng.randrange(1, 5)
        if name == "major":
            return int(not shown)
        if name == "due_at":
            self.made += 1
            return self.rng.choice((None, 1_000_000 * (1 + sum(self.name.encode())) + self.made))
        if name in ("lat", "lon"):
            return self._position()[name]
        return self.rng.choice([None, *PEOPLE])

    def _position(self) -> dict[str, float]:
        """Somewhere that nobody else ever says; nothing where nobody writes positions."""
        if self.places is None:
            return {}
        return {"lat": round(self.places.uniform(-90, 90), 6), "lon": round(self.places.uniform(-180, 180), 6)}

    def _text(self, shown: str) -> str:
        pieces = shown.split("\n\n")
        at = self.rng.randrange(len(pieces))
        step = self.rng.random()
        if step < 0.4:
            pieces[at] = self.unique("line")
        elif step < 0.8:
            pieces.insert(at, self.unique("line"))
        else:
            pieces.pop(at)
        return "\n\n".join(pieces)

    def _save(self, editor: Editor, now: int) -> None:
        if not self.rows(f'SELECT 1 FROM "{editor.table.__tablename__}" WHERE id = ?', editor.record):
            return  # it has left what this desk reads
        values = {name: self._value(name, sight.value) for name, sight in editor.sights.items()}
        self._update(editor, values, now)

    def _update(
        self, editor: Editor, values: dict[str, Any], now: int, event: str | None = None, gid: bytes | None = None
    ) -> int:
        """Write values in one transaction; the sequence before it."""
        first = self.newest()
        with self.database.transaction(now=now, actor=PEOPLE[0], act=self.rng.randbytes(16)):
            if gid is not None:
                self.database.connection.execute("UPDATE capture SET gid = ?", (gid,))
            more = {"updated_at": now} if editor.table is Ticket else {}
            self._work(now).update(editor.table, editor.record, {**values, **more}, seen=editor.seen, event=event)
        self._note(first, editor)
        return first


def resolve(desk: Writing, editor: Editor, name: str, value: Any, conflict: Conflict, now: int) -> None:
    """Settle a conflict: one own change that names the candidates that were seen."""
    first = desk.newest()
    with desk.database.transaction(now=now, actor=PEOPLE[0], act=desk.rng.randbytes(16)):
        desk.session.outbox.resolve(editor.table.entity, editor.record, conflict, value, seen=editor.seen)
    desk._note(first, editor)


def withdraw(desk: Writing, table: type[Synced], record: bytes, seq: int, number: int, now: int) -> None:
    """Take back an own change that waits: its field shows what stood there before."""
    name = shapes()[table.entity].fields[number].name
    editor = desk._editor(table, record, (name,))
    first = desk.newest()
    with desk.database.transaction(now=now, actor=PEOPLE[0], act=desk.rng.randbytes(16)):
        desk.session.outbox.withdraw(seq)
    desk._note(first, editor)

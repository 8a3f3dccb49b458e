"""A desk in the simulated world: a database in memory, what its person does, and what stood on the screen meanwhile."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import msgspec

from opsdesk.models import ids
from opsdesk.models.base import Kind, Synced
from opsdesk.models.threads import Answer, Comment, Tag, Watcher
from opsdesk.models.tickets import State as TicketState
from opsdesk.models.tickets import Ticket, transitions_from
from opsdesk.simulator.versions import UNKNOWN_FIELDS, older, older_shapes
from opsdesk.store.database import Connection, Database, Driver, connect
from opsdesk.store.queue.session import Session
from opsdesk.store.queue.shapes import Shape, shapes
from opsdesk.store.work import Work
from opsdesk.sync.core.codec import Link
from opsdesk.sync.core.feed import EVERYTHING, Reader
from opsdesk.sync.core.messages import Conflict

T = TypeVar("T")
PEOPLE = [bytes([70 + number]) * 16 for number in range(4)]
_TABLES = (Ticket, Comment, Tag, Answer, Watcher)


@cache
def _template() -> Connection:
    """A database as a first start makes it; only to be copied."""
    with TemporaryDirectory() as folder:
        Database.open(Path(folder)).close()
        source = connect(Path(folder) / "opsdesk.db")
        kept = Driver.connect(":memory:", isolation_level=None)
        source.backup(kept)
        source.close()
    return kept


def open_copy(source: Connection) -> Database:
    """A database in memory that begins as a copy of another."""
    connection = Driver.connect(":memory:", isolation_level=None)
    source.backup(connection)
    for pragma in ("foreign_keys=ON", "recursive_triggers=ON", "temp_store=MEMORY", "synchronous=OFF"):
        connection.execute(f"PRAGMA {pragma}")
    return Database(Path("/nowhere"), connection, None)


@dataclass(frozen=True, slots=True)
class Sight:
    """What the screen showed of one field when an edit was begun."""

    value: Any
    ver: int
    """The row's version; where an own change of the field waited, that which was shown when the first was begun."""
    before: tuple[Any, ...] = ()
    """What was shown of it before, since the first own change that still waited was begun."""

    def shown(self, value: Any) -> bool:
        """Whether the person had a value before the eyes."""
        return value == self.value or value in self.before


@dataclass(slots=True)
class Editor:
    """A form that was opened, and is saved later."""

    table: type[Synced]
    record: bytes
    seen: tuple[int, int, int]
    sights: dict[str, Sight]


@dataclass(slots=True)
class SimDesk:
    """One desk and its person."""

    name: str
    database: Database
    rng: random.Random
    units: list[bytes]
    """Units whose records its person writes."""
    reader: Reader = EVERYTHING
    """What its person reads."""
    link: Link = field(init=False)
    """What the server knows of this desk since it was enrolled. A copied disk has the same."""
    session: Session = field(init=False)
    sights: dict[int, dict[int, Sight]] = field(default_factory=dict)
    """Of each own change, by sequence and field: what was shown."""
    editors: list[Editor] = field(default_factory=list)
    settled: set[int] = field(default_factory=set)
    """Own changes of which it was checked that nothing older is shown in their place."""
    may_write: bool = True
    old: bool = False
    """Whether it runs an older version."""
    piece: int = 10_000
    """How many entries it takes in one transaction."""
    made: int = 0
    clock: Callable[[], int] = lambda: 0

    def __post_init__(self) -> None:
        self.link = Link(self.database.identity.dev, PEOPLE[0])
        self.restart()

    @classmethod
    def new(
        cls, name: str, rng: random.Random, units: list[bytes], places: list[bytes], reader: Reader = EVERYTHING
    ) -> SimDesk:
        """A desk with a database of its own that reads some feeds."""
        database = open_copy(_template())
        database.connection.execute("UPDATE device SET dev = ?, tag = ?", (rng.randbytes(16), name))
        database.identity = type(database.identity)(
            database.connection.execute("SELECT dev FROM device").fetchone()[0], name
        )
        desk = cls(name, database, rng, units, reader)
        with database.transaction(now=1):
            for place in places:
                desk.session.inbox.read(place)
        return desk

    def clone(self, name: str) -> SimDesk:
        """A desk on a copy of this one's disk."""
        rng = random.Random(self.rng.random())
        made = SimDesk(name, open_copy(self.database.connection), rng, self.units, self.reader)
        made.link = self.link
        made.restart()
        made.sights = {seq: dict(fields) for seq, fields in self.sights.items()}
        made.settled = set(self.settled)
        made.old, made.piece = self.old, self.piece
        made.restart()
        made.made = 1_000_000
        made.clock = self.clock
        return made

    def restart(self) -> None:
        """Start the program again: what was only in memory is gone."""
        self.session = Session(self.database, self.rng.randbytes, self.link)
        self.session.piece = self.piece
        self.editors = []

    def run(self, work: Callable[..., T], *given: Any) -> T:
        """Let the program of this desk do something, in its own version."""
        with older() if self.old else nullcontext():
            return work(*given)

    def shapes(self) -> dict[int, Shape]:
        """The tables that this desk's version knows."""
        return older_shapes() if self.old else shapes()

    # Reading

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """All rows of a question."""
        return self.database.connection.execute(sql, parameters).fetchall()  # type: ignore[no-any-return]

    def newest(self) -> int:
        """Sequence of the newest own change."""
        return int(self.rows("SELECT coalesce(max(seq), 0) FROM change")[0][0])

    def _pick(self, table: type[Synced], where: str = "1") -> tuple[Any, ...] | None:
        rows = self.rows(f'SELECT id FROM "{table.__tablename__}" WHERE {where} ORDER BY id')
        return self.rng.choice(rows) if rows else None

    def _editor(self, table: type[Synced], record: bytes, names: tuple[str, ...]) -> Editor:
        columns = ", ".join(f'"{name}"' for name in names)
        row = self.rows(f'SELECT ver, {columns} FROM "{table.__tablename__}" WHERE id = ?', record)[0]
        numbers = {spec.name: number for number, spec in shapes()[table.entity].fields.items()}
        sights = {}
        for name, value in zip(names, row[1:], strict=True):
            waiting = self.rows(
                "SELECT max(seq) FROM change WHERE record = ? AND field IN (0, ?) AND outcome IS NULL",
                record,
                numbers[name],
            )[0][0]
            noted = self.sights.get(waiting, {}) if waiting else {}
            known = noted.get(numbers[name]) or noted.get(0)
            before = (*known.before, known.value) if known else ()
            sights[name] = Sight(value, known.ver if known else row[0], before)
        return Editor(table, record, (row[0], self.newest(), self.session.outbox.settled()), sights)

    # Writing

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

    def act(self, now: int) -> None:
        """Do one thing that a person does."""
        if self.editors and self.rng.random() < 0.3:
            self._save(self.editors.pop(self.rng.randrange(len(self.editors))), now)
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

    def _insert(self, table: type[Synced], values: dict[str, Any], now: int, record: bytes | None = None) -> bytes:
        first = self.newest()
        made = ids.new_id(now, self.rng.randbytes(10)) if record is None else record
        with self.database.transaction(now=now, actor=PEOPLE[0], act=self.rng.randbytes(16)):
            self._work(now).insert(table, values, record=made)
        self._note(first, None)
        return made

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
        return self.rng.choice([None, *PEOPLE])

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


def resolve(desk: SimDesk, editor: Editor, name: str, value: Any, conflict: Conflict, now: int) -> None:
    """Settle a conflict: one own change that names the candidates that were seen."""
    first = desk.newest()
    with desk.database.transaction(now=now, actor=PEOPLE[0], act=desk.rng.randbytes(16)):
        desk.session.outbox.resolve(editor.table.entity, editor.record, conflict, value, seen=editor.seen)
    desk._note(first, editor)


def withdraw(desk: SimDesk, table: type[Synced], record: bytes, seq: int, number: int, now: int) -> None:
    """Take back an own change that waits: its field shows what stood there before."""
    name = shapes()[table.entity].fields[number].name
    editor = desk._editor(table, record, (name,))
    first = desk.newest()
    with desk.database.transaction(now=now, actor=PEOPLE[0], act=desk.rng.randbytes(16)):
        desk.session.outbox.withdraw(seq)
    desk._note(first, editor)

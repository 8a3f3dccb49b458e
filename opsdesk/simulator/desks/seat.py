"""A desk without its person: a database in memory, the program on it, and what stood on the screen."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Final, Self, TypeVar

from opsdesk.models.base import Synced
from opsdesk.simulator.desks.opening import open_copy, template
from opsdesk.simulator.desks.sights import Editor, Sight
from opsdesk.simulator.versions import older, older_shapes
from opsdesk.store.database import Database
from opsdesk.store.queue.session import Session
from opsdesk.store.queue.shapes import Shape, shapes
from opsdesk.sync.core.codec import Link
from opsdesk.sync.core.feed import EVERYTHING, Reader

T = TypeVar("T")
PEOPLE: Final = [bytes([70 + number]) * 16 for number in range(4)]


@dataclass(slots=True)
class Seat:
    """One desk: what it holds, and how its program is run."""

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
    begun: dict[bytes, list[int]] = field(default_factory=dict)
    """Of each record that came where it did not stand: behind which rows of the history it begins, each time."""
    retold: dict[bytes, set[bytes]] = field(default_factory=dict)
    """Of each feed, the records that it has told of since it was last read from its begin."""
    may_write: bool = True
    old: bool = False
    """Whether it runs an older version."""
    piece: int = 10_000
    """How many entries it takes in one transaction."""
    places: random.Random | None = None
    """Decides where things are; None: nobody writes positions here."""
    made: int = 0
    clock: Callable[[], int] = lambda: 0

    def __post_init__(self) -> None:
        self.link = Link(self.database.identity.dev, PEOPLE[0])
        self.restart()

    @classmethod
    def new(
        cls, name: str, rng: random.Random, units: list[bytes], places: list[bytes], reader: Reader = EVERYTHING
    ) -> Self:
        """A desk with a database of its own that reads some feeds."""
        database = open_copy(template())
        database.connection.execute("UPDATE device SET dev = ?, tag = ?", (rng.randbytes(16), name))
        database.identity = type(database.identity)(
            database.connection.execute("SELECT dev FROM device").fetchone()[0], name
        )
        desk = cls(name, database, rng, units, reader)
        with database.transaction(now=1):
            for place in places:
                desk.session.inbox.read(place)
        return desk

    def clone(self, name: str) -> Self:
        """A desk on a copy of this one's disk."""
        rng = random.Random(self.rng.random())
        made = type(self)(name, open_copy(self.database.connection), rng, self.units, self.reader)
        made.link = self.link
        made.restart()
        made.sights = {seq: dict(fields) for seq, fields in self.sights.items()}
        made.settled = set(self.settled)
        made.begun = {record: list(times) for record, times in self.begun.items()}
        made.retold = {place: set(records) for place, records in self.retold.items()}
        made.old, made.piece = self.old, self.piece
        made.places = None if self.places is None else random.Random(self.places.random())
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

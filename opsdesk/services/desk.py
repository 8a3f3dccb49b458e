"""The desk: one thread that writes, a few that read, and the one announcement of what changed.

`do` runs a command on the writing thread as one transaction; `ask` runs a question on a reading thread. Both return
futures at once, so no screen ever waits. What a command changed is announced by `changed` after it is durable.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from opsdesk.models import ids
from opsdesk.models.base import Id
from opsdesk.models.local import Act
from opsdesk.services import defaults
from opsdesk.services.base_maps import BaseMaps
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.filework.worker import FileWorker
from opsdesk.services.link import Link
from opsdesk.services.settings import Settings
from opsdesk.services.tending import Tending
from opsdesk.services.threads import BACKGROUND, PERSON, Question, Questions, Writer
from opsdesk.store import clock, clocks, membership
from opsdesk.store.database import Database, storage_errors
from opsdesk.store.work import Reader, Work

T = TypeVar("T")

READERS = 3
"""Reading threads for what a person waits for; one more serves background questions such as counters."""


_AT_ONCE = 32
"""So many tickets of one command have their clocks folded in its own transaction; those of more follow soon."""


class Announcement:
    """A list of callbacks. They run on the thread that announces; the Qt bridge moves them to the window's."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[Changes], None]] = []

    def connect(self, callback: Callable[[Changes], None]) -> None:
        """Call `callback` with every later Changes."""
        self._callbacks.append(callback)

    def disconnect(self, callback: Callable[[Changes], None]) -> None:
        """Stop calling it."""
        self._callbacks.remove(callback)

    def __call__(self, changes: Changes) -> None:
        for callback in tuple(self._callbacks):
            callback(changes)


class Desk:
    """An open data folder with its threads. Made by `Desk.open`, ended by `close`."""

    def __init__(self, database: Database, *, read_only: bool, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now
        self.read_only = read_only
        self.folder = database.folder
        self.changed = Announcement()
        self.announcing = False
        """On the writing thread: whether what is announced came from the server."""
        me = defaults.local_person(database, now()) if not read_only else defaults.known_person(database)
        joined = membership.read(database.connection)
        self.person: Id = me.person
        self.unit: Id = me.unit
        """Who works here: the person and unit of the server that was joined, else the local ones."""
        self.settings = Settings(database.connection, self._write_setting)
        self.link = Link(self, joined)
        self.files = FileWorker(database.folder)
        self.base_maps = BaseMaps(database.folder)
        self._writer = Writer()
        self._questions = Questions(database.reader, READERS)
        self._background = Questions(database.reader, 1)
        self.tending = Tending(self, self._writer)
        if not read_only:
            self.tending.soon(database)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        program: str = "OpsDesk",
        read_only: bool = False,
        now: Callable[[], int] = clock.now_ms,
    ) -> Desk:
        """Open a data folder. Raises FolderInUse (another program writes to it) or StorageError."""
        database = Database.open(folder, program=program, read_only=read_only)
        try:
            return cls(database, read_only=read_only, now=now)
        except BaseException:
            database.close()
            raise

    def close(self) -> None:
        """Finish the commands already given, interrupt the questions, and give the folder back."""
        self.tending.close()
        self.files.close()
        self.base_maps.close()
        self._questions.close()
        self._background.close()
        self._writer.close()
        self._database.close()

    def ask(
        self,
        function: Callable[..., T],
        *args: Any,
        channel: str | None = None,
        background: bool = False,
        **kwargs: Any,
    ) -> Future[T]:
        """Run a question, `function(reader, *args, **kwargs)`, on a reading thread, on one snapshot.

        `channel` names what it is for: a newer question on the same channel interrupts the older one, whose future
        raises Superseded. `background` lets what a person waits for go first.
        """
        pool = self._background if background else self._questions

        def run(connection: Any, stop: Callable[[], None]) -> T:
            with storage_errors(self.folder):
                connection.execute("BEGIN")
                try:
                    reader = Reader(connection, person=self.person, unit=self.unit, now=self._now(), stop=stop)
                    return function(reader, *args, **kwargs)
                finally:
                    connection.execute("ROLLBACK")

        return pool.put(Question(run, channel))

    def do(
        self,
        function: Callable[..., Changes],
        *args: Any,
        background: bool = False,
        happened: int | None = None,
        act: Id | None = None,
        durable: bool = True,
        **kwargs: Any,
    ) -> Future[Outcome]:
        """Run a command, `function(work, *args, **kwargs)`, on the writing thread as one unit of work.

        The future ends when it is durable and announced. `background` lets commands of a person go first, `happened`
        is when it happened in the world (UTC milliseconds) if that is not now, `act` joins it to an earlier act, so
        that both are undone as one. A command that is not `durable` is safe against a power cut only with the next one
        that is: for the pieces of a long job.
        """

        def run() -> Outcome:
            return self._commit(function, args, kwargs, happened, act, durable)

        return self._writer.put(run, BACKGROUND if background else PERSON)

    def background(self, function: Callable[[Database, int], T]) -> Future[T]:
        """Run `function(database, now)` on the writing thread, after what persons wait for: for the link, which brings
        transactions of its own, each short enough for nobody to notice."""
        return self._writer.put(lambda: function(self._database, self._now()), BACKGROUND)

    @property
    def person_waits(self) -> bool:
        """Whether a command of a person waits for what now runs on the writing thread."""
        return self._writer.person_waits

    def announce(self, changes: Changes) -> None:
        """Tell what has come in from the server; to be called on the writing thread, when it is durable."""
        self.announcing = True
        try:
            self.changed(changes)
        finally:
            self.announcing = False
        self.tending.later()

    def now(self) -> int:
        """The time as this desk has it, UTC milliseconds."""
        return self._now()

    def take_up(self) -> None:
        """Work for whoever the data folder now says; called on the writing thread after a server was joined."""
        me = defaults.known_person(self._database)
        self.person, self.unit = me.person, me.unit
        self.changed(Changes(everything=True, queue=True))

    @property
    def tag(self) -> str:
        """What the numbers of records carry that are made here; another one when this folder was found to be a copy."""
        return self._database.identity.tag

    @property
    def busy(self) -> bool:
        """True while any command or question waits or runs."""
        return self._writer.busy or self._questions.busy or self._background.busy

    def new_act(self) -> Id:
        """An id under which several commands are undone together."""
        return ids.new_id(self._now())

    def _commit(
        self,
        function: Callable[..., Changes],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        happened: int | None,
        act: Id | None,
        durable: bool,
    ) -> Outcome:
        now = self._now()
        act = act or ids.new_id(now)
        work = Work(self._database, person=self.person, unit=self.unit, now=now, act=act, happened=happened)
        with self._database.transaction(durable=durable, actor=self.person, act=act, happened=happened, now=now):
            before = work.newest_change()
            changes = function(work, *args, **kwargs)
            captured = work.newest_change() > before
            if captured:
                _remember(work)
                if len(changes.tickets) <= _AT_ONCE:
                    clocks.refresh(self._database.connection, only=changes.tickets)
        if changes:
            self.changed(changes)
        if captured:
            self.tending.soon(self._database)
        return Outcome(changes, act if captured else None, work.label, work.value_out)

    def _write_setting(self, name: str, value: str) -> None:
        def write(work: Work) -> Changes:
            work.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))
            return Changes(settings=frozenset({name}))

        if not self.read_only:
            self.do(write)


def _remember(work: Work) -> None:
    """Keep the act, so that it can be undone; a later command of the same act adds to it."""
    table = Act.__tablename__
    work.execute(
        f"INSERT INTO {table} (id, number, label, actor, done_at) "
        f"VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM {table}), ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (work.act, work.label, work.person, work.now),
    )

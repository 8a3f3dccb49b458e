"""What the person at this desk should know: read as lines, marked as read, put off. `store.notices` raises it.

A line is made of what the ticket says now. Many of one kind that one person did in one go are one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from typing import Final

from opsdesk.models.base import Id
from opsdesk.models.tickets import State
from opsdesk.services import mentions, tickets, times
from opsdesk.services.changes import Changes
from opsdesk.services.errors import NotFound
from opsdesk.services.tickets.rows import Named
from opsdesk.store import notices
from opsdesk.store.notices import EXCEPTIONS, SWITCHES, exception
from opsdesk.store.work import Reader, Work

__all__ = [
    "EVENTS", "EXCEPTIONS", "SWITCHES", "TOLD", "Notice", "acknowledge", "due_soon", "due_waits", "exception", "fresh",
    "latest", "lines", "read", "read_all", "snooze", "unread",
]  # fmt: skip

TOLD: Final = "notify.told"
"""The setting that holds up to which notice a person was told over the window or by the system."""
DUE_WITHIN_MS: Final = times.HOUR
"""How long before a ticket is due its assignee is told."""
EVENTS: Final = {
    notices.MENTIONED: "I am mentioned", notices.GROUP: "My unit is mentioned",
    notices.ASSIGNED: "A ticket is given to me", notices.NAMED: "I am added as a watcher",
    notices.COMMENTED: "Comments", notices.ANSWERED: "Answers to what I reported", notices.MOVED: "Changes of state",
    notices.NEW: "New tickets", notices.DUE: "What I have is due within the hour",
}  # fmt: skip
"""The kinds of events, as settings name them."""
_MOST: Final = 2_000
"""Notices that are looked at for the list."""
_TOGETHER: Final = 3
"""From so many of one kind by one person on, they are one line."""
_ONE_GO_MS: Final = 2 * times.MINUTE
_WORDS: Final = 160


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of the list. `keys` are the notices that it stands for: more than one for what was done in one go."""

    keys: tuple[int, ...]
    kind: str
    ticket: Id
    record: Id
    """The comment that it is about, else the ticket."""
    number: str
    title: str
    actor: Named | None
    told: str
    """What happened, without who: "mentioned you"."""
    words: str
    """Of a comment its first words, as plain text; empty for all else."""
    happened_at: int
    read: bool
    snoozed_until: int | None

    @property
    def count(self) -> int:
        """How many tickets or comments it stands for."""
        return len(self.keys)

    @property
    def sentence(self) -> str:
        """All of it in one sentence, for the system's own notifications and for screen readers."""
        who = self.actor.name if self.actor is not None else ""
        what = f"{who} {self.told}" if who else self.told[:1].upper() + self.told[1:]
        return what if self.count > 1 else f"{what}: {self.number} {self.title}"


_TOLD: Final = {
    notices.MENTIONED: "mentioned you",
    notices.GROUP: "mentioned your unit",
    notices.ASSIGNED: "assigned a ticket to you",
    notices.NAMED: "added you as a watcher",
    notices.COMMENTED: "commented",
    notices.ANSWERED: "answered your request",
    notices.NEW: "reported a new ticket in your unit",
}
_MANY: Final = {
    notices.MENTIONED: "mentioned you {n} times",
    notices.GROUP: "mentioned your unit {n} times",
    notices.ASSIGNED: "assigned {n} tickets to you",
    notices.NAMED: "added you as a watcher of {n} tickets",
    notices.COMMENTED: "commented on {n} tickets",
    notices.ANSWERED: "answered {n} of your requests",
    notices.MOVED: "moved {n} tickets",
    notices.NEW: "reported {n} new tickets in your unit",
    notices.DUE: "{n} tickets are due soon",
}
_NOBODY: Final = {
    notices.ASSIGNED: "a ticket was assigned to you",
    notices.NEW: "a new ticket came in in your unit",
    notices.COMMENTED: "a new comment",
}
_HERE: Final = "n.person = ? AND t.voided IS NULL"
_JOIN: Final = "FROM notification n JOIN ticket t ON t.id = n.subject"


def unread(reader: Reader) -> int:
    """How many lines are not read, and not put off until later."""
    return len([line for line in lines(reader) if not line.read and not _later(line, reader.now)])


def lines(reader: Reader, limit: int = 200, *, whole: Set[int] = frozenset()) -> tuple[Notice, ...]:
    """The lines, newest first: what is new, then what was put off, then what is read. Notices in `whole` are shown a
    line each."""
    found = _joined(_rows(reader), whole)
    order = sorted(found, key=lambda line: (line.read, not line.read and _later(line, reader.now), -line.keys[0]))
    return tuple(replace(line, words=_short(mentions.words(line.words))) for line in order[:limit])


def due_waits(reader: Reader) -> bool:
    """Whether a ticket of this person is due so soon that `due_soon` has something to raise."""
    return bool(notices.due(reader.connection, reader.person, reader.now, DUE_WITHIN_MS))


def latest(reader: Reader) -> int:
    """The key of the newest notice of this person; 0 before the first."""
    return int(reader.value("SELECT coalesce(max(key), 0) FROM notification WHERE person = ?", (reader.person,)))


def fresh(reader: Reader, after: int) -> tuple[Notice, ...]:
    """The unread lines raised after the notice `after`, newest first."""
    return tuple(line for line in lines(reader) if line.keys[0] > after and not line.read)


def _later(line: Notice, now: int) -> bool:
    return line.snoozed_until is not None and line.snoozed_until > now


def _rows(reader: Reader) -> list[Notice]:
    rows = reader.rows(
        "SELECT n.key, n.kind, n.subject, n.record, t.number, t.title, p.id, p.name, n.value, "
        "substr(c.body, 1, 2000), n.happened_at, "
        f"n.read_at, n.snoozed_until {_JOIN} LEFT JOIN person p ON p.id = n.actor "
        "LEFT JOIN comment c ON c.id = n.record AND c.voided IS NULL "
        f"WHERE {_HERE} ORDER BY n.key DESC LIMIT {_MOST}",
        (reader.person,),
    )
    names = mentions.names(reader, (row[9] for row in rows if row[9]))
    return [
        Notice(
            keys=(key,), kind=kind, ticket=ticket, record=record, number=number, title=title,
            actor=None if person is None else Named(person, name), told=_told(kind, value, person is not None),
            words=mentions.plain(body or "", names), happened_at=happened, read=read_at is not None,
            snoozed_until=until,
        )
        for key, kind, ticket, record, number, title, person, name, value, body, happened, read_at, until in rows
    ]  # fmt: skip


def _told(kind: str, value: int | None, somebody: bool) -> str:
    if kind == notices.MOVED:
        word = State(value).label if value in set(State) else "another state"
        return f"moved it to {word}" if somebody else f"it is {word} now"
    if kind == notices.DUE:
        return f"due at {times.dtg(value or 0)}"
    words = _TOLD if somebody else _NOBODY | {name: said for name, said in _TOLD.items() if name not in _NOBODY}
    return words.get(kind, kind)


def _short(body: str) -> str:
    line = " ".join(body.split())
    return line if len(line) <= _WORDS else line[: _WORDS - 1].rstrip() + "…"


def _joined(rows: Iterable[Notice], whole: Set[int]) -> list[Notice]:
    """Rows, newest first, with what one person did in one go put together."""
    runs: list[list[Notice]] = []
    by_kind: dict[tuple[object, ...], list[Notice]] = {}
    for row in rows:
        key = (row.kind, row.actor and row.actor.id, row.read, row.snoozed_until)
        run = by_kind.get(key)
        if run is None or abs(run[-1].happened_at - row.happened_at) > _ONE_GO_MS:
            run = by_kind[key] = []
            runs.append(run)
        run.append(row)
    return [line for run in runs for line in _as_lines(run, whole)]


def _as_lines(run: list[Notice], whole: Set[int]) -> list[Notice]:
    if len({row.ticket for row in run}) < _TOGETHER or any(row.keys[0] in whole for row in run):
        return run
    first = run[0]
    told = _MANY[first.kind].format(n=len(run))
    return [replace(first, keys=tuple(row.keys[0] for row in run), told=told, words="")]


# -- commands ------------------------------------------------------------------------------------------------------


def read(work: Work, keys: Iterable[int], *, unread: bool = False) -> Changes:
    """Mark notices as read, or as not read."""
    when = None if unread else work.now
    _set(work, keys, "read_at = ?, snoozed_until = NULL", when)
    return Changes(notifications=True)


def acknowledge(work: Work, notice: int, note: str) -> Changes:
    """Mark a notice as read, with a note for all who work on the ticket: an internal one, below the comment that the
    notice is about. Raises Refused for an empty note, NotFound for a notice that has gone."""
    row = work.row("SELECT subject, record FROM notification WHERE key = ? AND person = ?", (notice, work.person))
    if row is None:
        raise NotFound("This notification is not here any more")
    ticket, record = row
    answers = None if record == ticket else record
    if answers is not None and work.value("SELECT 1 FROM comment WHERE id = ? AND voided IS NULL", (answers,)) is None:
        answers = None
    done = tickets.comment(work, ticket, note, reply_to=answers)
    work.label = work.label.replace("Comment on", "Acknowledge", 1)
    return done | read(work, (notice,))


def read_all(work: Work) -> Changes:
    """Acknowledge all that is new; what was put off stays put off."""
    work.execute(
        "UPDATE notification SET read_at = ?1 WHERE person = ?2 AND read_at IS NULL "
        "AND (snoozed_until IS NULL OR snoozed_until <= ?1)",
        (work.now, work.person),
    )
    return Changes(notifications=True)


def snooze(work: Work, keys: Iterable[int], until: int) -> Changes:
    """Put notices off: they are new again at `until` (UTC milliseconds)."""
    _set(work, keys, "snoozed_until = ?, read_at = NULL", until)
    return Changes(notifications=True)


def due_soon(work: Work) -> Changes:
    """Raise the tickets of this person that are due within the hour, each once for each time that was set."""
    raised = notices.due_soon(work.connection, work.person, work.now, DUE_WITHIN_MS)
    return Changes(notifications=True) if raised else Changes()


def _set(work: Work, keys: Iterable[int], what: str, value: int | None) -> None:
    work.connection.executemany(
        f"UPDATE notification SET {what} WHERE key = ? AND person = ?", [(value, key, work.person) for key in keys]
    )

"""What a person should be told of, noted in the transaction in which it comes in.

So none is lost or told twice, whenever the program ends: with the place in the feed up to which it was read stands
what was raised of it, under an id that follows from the event. What stood at the server before this desk began to read
a feed is old and raises nothing (`quiet`), nor does a walk through a partition. Own changes raise nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from opsdesk.models import ids
from opsdesk.models.base import Id, fields
from opsdesk.models.mentions import PERSON, UNIT, mentions
from opsdesk.models.threads import Comment, Watcher
from opsdesk.models.tickets import State, Ticket
from opsdesk.store.database import Connection
from opsdesk.store.queue.lookup import looked_up
from opsdesk.store.queue.shapes import values_of
from opsdesk.store.tables import ORIGIN_RECEIVED
from opsdesk.sync.core.messages import Entry, EntryKind, Frame
from opsdesk.sync.core.state import PERSON as FEED_OF_PERSON

MENTIONED: Final = "mentioned"
GROUP: Final = "group"
ASSIGNED: Final = "assigned"
NAMED: Final = "named"
COMMENTED: Final = "commented"
ANSWERED: Final = "answered"
MOVED: Final = "moved"
NEW: Final = "new"
DUE: Final = "due"

SWITCHES: Final = {"notify.mentions": True, "notify.watched": True, "notify.unit": False}
"""The settings by which a person chooses, and what they are at first: mentions and assignments, what one follows,
everything in the own unit."""

EXCEPTIONS: Final = {
    "notify.mentions": (MENTIONED, GROUP, ASSIGNED, NAMED),
    "notify.watched": (COMMENTED, ANSWERED, MOVED, DUE),
    "notify.unit": (NEW, COMMENTED, MOVED),
}
"""What each switch is about. A setting `notify.watched.moved` that is false is an exception: never tell of that."""

_OLD_MS: Final = 14 * 24 * 3_600_000
"""What enters later than this after it was written, because its ticket moved or somebody was named, is no news."""
_UNITS: Final = (
    "WITH RECURSIVE above (id, parent, depth) AS ("
    "SELECT u.id, u.parent, 0 FROM unit u JOIN person p ON p.unit = u.id WHERE p.id = ? "
    "UNION SELECT u.id, u.parent, a.depth + 1 FROM unit u JOIN above a ON u.id = a.parent WHERE a.depth < 20) "
    "SELECT id FROM above ORDER BY depth"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """What was here before frames: the newest received change, and which of its records were not held."""

    seq: int
    arriving: tuple[tuple[int, Id], ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: its kind, the ticket, what it is about (a comment, else the ticket), who did it and when
    (UTC milliseconds). `value` is the state that was reached, or when it is due."""

    kind: str
    ticket: Id
    record: Id
    actor: Id | None
    happened: int
    name: str = ""
    """What tells two events of one kind and record apart."""
    value: int | None = None


# -- what is old -----------------------------------------------------------------------------------------------


def keep_quiet(connection: Connection, held: Iterable[bytes], heads: Mapping[bytes, int]) -> None:
    """Count as old what the feeds hold that are read from now on, and the person's own one that is read anew."""
    known = set(held)
    connection.executemany(
        "UPDATE feed_cursor SET quiet = max(quiet, ?) WHERE place = ?",
        [(head, place) for place, head in heads.items() if place not in known or len(place) == FEED_OF_PERSON],
    )


def quiet(connection: Connection) -> dict[bytes, int]:
    """The last position of each feed that raises nothing."""
    return dict(connection.execute("SELECT place, quiet FROM feed_cursor WHERE quiet > 0").fetchall())


# -- raising ---------------------------------------------------------------------------------------------------


def mark(connection: Connection, frames: Iterable[Frame]) -> Mark:
    """Where things stand before frames are applied."""
    (seq,) = connection.execute("SELECT coalesce(max(seq), 0) FROM received_change").fetchone()
    entering = [
        entry
        for frame in frames
        for entry in frame.entries
        if entry.kind == EntryKind.ENTER and entry.entity in _TABLES
    ]
    return Mark(seq, tuple(_not_held(connection, entering)))


def _not_held(connection: Connection, entries: Iterable[Entry]) -> Iterable[tuple[int, Id]]:
    by_entity: dict[int, set[Id]] = {}
    for entry in entries:
        by_entity.setdefault(entry.entity, set()).add(entry.record)
    for entity, records in by_entity.items():
        sql = f'SELECT id FROM "{_TABLES[entity]}" WHERE id IN ({{0}})'
        held = {record for (record,) in looked_up(connection, sql, records)}
        yield from ((entity, record) for record in sorted(records - held))


def take(connection: Connection, me: Id, since: Mark, now: int) -> int:
    """Raise what the person `me` should know of all that came since a mark; how many that were."""
    told = _Told(connection, me)
    told.changes(since.seq)
    told.arrivals(since.arriving, now)
    return sum(raise_one(connection, me, event, now) for event in told.events)


def raise_one(connection: Connection, me: Id, event: Event, now: int) -> int:
    """Note an event for a person; 0 when it was noted before."""
    made = ids.derived(event.record, f"{event.kind} {event.name} {me.hex()}")
    return int(
        connection.execute(
            "INSERT OR IGNORE INTO notification "
            "(id, person, kind, subject, record, actor, value, happened_at, raised_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (made, me, event.kind, event.ticket, event.record, event.actor, event.value, event.happened, now),
        ).rowcount
    )  # fmt: skip


def due(connection: Connection, me: Id, now: int, within_ms: int) -> list[tuple[Id, int]]:
    """Open tickets of a person that are due within a time and were not raised for that time yet, and when they are;
    none when the person never wants to be told of that."""
    if _Wanted(connection).never(_WATCHED, DUE):
        return []
    rows = connection.execute(
        "SELECT id, due_at FROM ticket t WHERE assignee = ?1 AND due_at > ?2 AND due_at <= ?3 AND voided IS NULL "
        f"AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.subject = t.id AND n.person = ?1 AND n.kind = '{DUE}' "
        "AND n.value = t.due_at) "
        f"AND state < {int(State.RESOLVED)}",
        (me, now, now + within_ms),
    ).fetchall()
    return list(rows)


def due_soon(connection: Connection, me: Id, now: int, within_ms: int) -> int:
    """Raise what `due` finds; how many that were."""
    return sum(
        raise_one(connection, me, Event(DUE, ticket, ticket, None, now, str(due_at), due_at), now)
        for ticket, due_at in due(connection, me, now, within_ms)
    )


def exception(switch: str, kind: str) -> str:
    """The name of the setting that is false when a person is never to be told of a kind by a switch."""
    return f"{switch}.{kind}"


class _Wanted:
    """What a person wants to be told, by the switches and their exceptions."""

    def __init__(self, connection: Connection) -> None:
        said = dict(connection.execute("SELECT name, value FROM setting WHERE name GLOB 'notify.*'").fetchall())
        self._off = {name for name, value in said.items() if value == "false"}
        self._on = {name for name, first in SWITCHES.items() if (said[name] == "true" if name in said else first)}

    def never(self, switch: str, kind: str) -> bool:
        """Whether an exception forbids it, whatever the switch says."""
        return exception(switch, kind) in self._off

    def switched_off(self, switch: str) -> bool:
        """Whether the switch itself is off."""
        return switch not in self._on

    def tells(self, switch: str, kind: str) -> bool:
        """Whether the switch is on, and no exception forbids it."""
        return switch in self._on and not self.never(switch, kind)

    def follows(self, kind: str, *, follows: bool, in_unit: bool) -> bool:
        """Whether somebody is told of it who follows the ticket, or has it in the unit. What is never to be told of
        what one follows is not told as something of the unit either."""
        if follows and self.never(_WATCHED, kind):
            return False
        return (follows and self.tells(_WATCHED, kind)) or (in_unit and self.tells(_UNIT, kind))


_MENTIONS, _WATCHED, _UNIT = SWITCHES


class _Told:
    """Gathers the events for one person out of what came."""

    def __init__(self, connection: Connection, me: Id) -> None:
        self._connection, self._me = connection, me
        self._wanted = _Wanted(connection)
        self._units: tuple[Id, ...] = tuple(unit for (unit,) in connection.execute(_UNITS, (me,)))
        self._ties: dict[Id, tuple[bool, bool, bool]] = {}
        self.events: list[Event] = []

    def changes(self, since: int) -> None:
        """What others changed after the received change `since`."""
        number = _numbers()
        looked_at = ", ".join(str(number[name]) for name in ("assignee", "state", "description"))
        ticket, comment, watcher = Ticket.entity, Comment.entity, Watcher.entity
        rows = self._connection.execute(
            "SELECT entity, record, field, new, old, actor, coalesce(happened, hlc >> 16), ver FROM received_change "
            f"WHERE seq > ? AND origin = {ORIGIN_RECEIVED} AND (actor IS NULL OR actor <> ?) "
            f"AND (entity = {ticket} AND field IN (0, {looked_at}) "
            f"OR entity = {comment} AND field IN (0, {number['body']}) OR entity = {watcher} AND field = 0) "
            "ORDER BY seq",
            (since, self._me),
        ).fetchall()
        for entity, record, field, new, old, actor, at, ver in rows:
            if entity == comment and field:
                self._edited(record, new, old, actor, at)
            elif entity == comment:
                self._comment(values_of(comment, new), record, actor, at)
            elif entity == watcher:
                self._watcher(values_of(watcher, new), record, actor, at)
            elif field == 0:
                self._ticket(values_of(ticket, new), record, actor, at)
            elif field == number["assignee"]:
                self._assigned(record, new, actor, at, str(ver))
            elif field == number["description"]:
                self._described(record, new, old, actor, at)
            elif self._wanted.follows(MOVED, follows=self._tie(record)[0], in_unit=self._tie(record)[1]):
                self.events.append(Event(MOVED, record, record, actor, at, str(ver), new))

    def arrivals(self, records: Iterable[tuple[int, Id]], now: int) -> None:
        """What was there before, and is to be read here only since somebody named this person or moved the ticket."""
        wanted: dict[int, list[Id]] = {}
        for entity, record in records:
            wanted.setdefault(entity, []).append(record)
        for record, subject, author, body, at in looked_up(
            self._connection,
            "SELECT id, subject, author, body, written_at FROM comment WHERE id IN ({0}) AND voided IS NULL",
            wanted.get(Comment.entity, ()),
        ):
            if at > now - _OLD_MS and author != self._me:
                self._mentioned(subject, record, body, author, at)
        for record, assignee, description, at in looked_up(
            self._connection,
            "SELECT id, assignee, description, updated_at FROM ticket WHERE id IN ({0}) AND voided IS NULL",
            wanted.get(Ticket.entity, ()),
        ):
            if at > now - _OLD_MS:
                self._assigned(record, assignee, None, at, "")
                self._mentioned(record, record, description or "", None, at)

    # One kind of change each

    def _ticket(self, values: Mapping[str, Any], ticket: Id, actor: Id | None, at: int) -> None:
        assigned = self._assigned(ticket, values.get("assignee"), actor, at, "")
        if self._mentioned(ticket, ticket, str(values.get("description") or ""), actor, at) or assigned:
            return
        if self._wanted.tells(_UNIT, NEW) and self._tie(ticket)[1]:
            self.events.append(Event(NEW, ticket, ticket, actor, at))

    def _assigned(self, ticket: Id, to: Any, actor: Id | None, at: int, name: str) -> bool:
        if to == self._me and self._wanted.tells(_MENTIONS, ASSIGNED):
            self.events.append(Event(ASSIGNED, ticket, ticket, actor, at, name))
        return bool(to == self._me)

    def _watcher(self, values: Mapping[str, Any], record: Id, actor: Id | None, at: int) -> None:
        if values.get("person") == self._me and self._wanted.tells(_MENTIONS, NAMED):
            self.events.append(Event(NAMED, values["subject"], record, actor, at))

    def _comment(self, values: Mapping[str, Any], record: Id, actor: Id | None, at: int) -> None:
        ticket, body = values["subject"], str(values.get("body", ""))
        if self._mentioned(ticket, record, body, actor, at):
            return
        follows, in_unit, reported = self._tie(ticket)
        if reported and values.get("visibility") == "requester" and not self._wanted.switched_off(_WATCHED):
            if self._wanted.tells(_WATCHED, ANSWERED):
                self.events.append(Event(ANSWERED, ticket, record, actor, at))
        elif self._wanted.follows(COMMENTED, follows=follows, in_unit=in_unit):
            self.events.append(Event(COMMENTED, ticket, record, actor, at))

    def _described(self, ticket: Id, new: Any, old: Any, actor: Id | None, at: int) -> None:
        added = _added(new, old)
        if added:
            self._mentioned(ticket, ticket, added, actor, at)

    def _edited(self, record: Id, new: Any, old: Any, actor: Id | None, at: int) -> None:
        added = _added(new, old)
        row = self._connection.execute("SELECT subject FROM comment WHERE id = ?", (record,)).fetchone()
        if added and row is not None:
            self._mentioned(row[0], record, added, actor, at)

    def _mentioned(self, ticket: Id, record: Id, body: str, actor: Id | None, at: int) -> bool:
        named = {(one.kind, one.record) for one in mentions(body)}
        mine = (PERSON, self._me) in named
        ours = any((UNIT, unit) in named for unit in self._units)
        kind = MENTIONED if mine else GROUP
        if (mine or ours) and self._wanted.tells(_MENTIONS, kind):
            self.events.append(Event(kind, ticket, record, actor, at))
        return mine or ours

    def _tie(self, ticket: Id) -> tuple[bool, bool, bool]:
        """Whether the person follows a ticket (watches, has or reported it), has it in the unit, and reported it."""
        if ticket not in self._ties:
            row = self._connection.execute(
                "SELECT assignee = ?1 OR requester = ?1 OR EXISTS (SELECT 1 FROM watcher w WHERE w.subject = t.id "
                "AND w.person = ?1 AND w.voided IS NULL), unit, requester = ?1 FROM ticket t WHERE id = ?2",
                (self._me, ticket),
            ).fetchone()
            unit = self._units[0] if self._units else None
            self._ties[ticket] = (bool(row[0]), row[1] == unit, bool(row[2])) if row else (False, False, False)
        return self._ties[ticket]


def _added(new: Any, old: Any) -> str:
    """The mentions that a text has and had not before, as text."""
    before = {one.target for one in mentions(str(old or ""))}
    return "".join(one.token for one in mentions(str(new or "")) if one.target not in before)


_TABLES: Final = {Ticket.entity: "ticket", Comment.entity: "comment"}


@cache
def _numbers() -> dict[str, int]:
    names = {spec.name: spec.number for spec in fields(Ticket) if spec.name in ("assignee", "state", "description")}
    return names | {spec.name: spec.number for spec in fields(Comment) if spec.name == "body"}

"""Writes made-up tickets into an empty data folder in one transaction."""

from __future__ import annotations

import bisect
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from opsdesk.models.base import Id
from opsdesk.models.tickets import REPORTED_VIA, SOLUTIONS, WAITING_REASONS, Level, State, priority_of
from opsdesk.services import defaults
from opsdesk.services.errors import Refused
from opsdesk.services.seeding import people, words
from opsdesk.services.seeding.people import SeedPerson, SeedPlace, SeedUnit, made_id
from opsdesk.services.seeding.texts import Texts
from opsdesk.services.unread import READ_UNTIL
from opsdesk.store import clock, clocks, membership
from opsdesk.store.database import Connection, Database
from opsdesk.store.tables import ORIGIN_RECEIVED

SEEDED = "seeded"
"""Setting of a seeded folder: such a folder is never enrolled."""

YEARS = 3
_DAY = 86_400_000
_NEWS = 3_600_000
"""What changed in the last hour is news, the rest counts as read."""
_BATCH = 10_000

Progress = Callable[[int, int], None]
"""Called with tickets done and tickets wanted."""

_TICKET = (
    "id unit exercise ver number type category title description requester requester_unit reported_via contact "
    "place location lat lon accuracy_m urgency impact priority priority_reason state state_reason waiting_reason "
    "waiting_until solution assignee group due_at occurred_at created_at external source updated_at"
)
_COMMENT = "id unit exercise ver subject author body visibility written_at"
_TAG = "id unit exercise ver subject word"
_WATCHER = "id unit exercise ver subject person"


def is_seeded(database: Database) -> bool:
    """True for a folder that holds made-up tickets."""
    row = database.connection.execute("SELECT 1 FROM setting WHERE name = ?", (SEEDED,)).fetchone()
    return row is not None


def seed(
    database: Database,
    tickets: int,
    seed: int = 1,
    *,
    now: int | None = None,
    progress: Progress | None = None,
) -> dict[str, object]:
    """Fill the folder with so many made-up tickets of the last three years before `now` (UTC milliseconds).

    Returns the counts of what was written. Raises Refused when the folder holds tickets, people or views already.
    """
    if tickets < 0:
        raise Refused("The number of tickets cannot be negative", field="tickets")
    began = time.perf_counter()
    now = clock.now_ms() if now is None else now
    me = defaults.local_person(database, now)
    _refuse_other_data(database)
    with database.loading() as connection:
        maker = Maker(connection, random.Random(seed), me, now, tickets)
        maker.write_organisation()
        for start in range(0, tickets, _BATCH):
            maker.write_tickets(start, min(start + _BATCH, tickets))
            if progress is not None:
                progress(min(start + _BATCH, tickets), tickets)
        maker.write_settings(seed)
    _fold_clocks(database)
    return {
        "tickets": tickets,
        "comments": maker.comments,
        "tags": maker.tags,
        "people": people.PEOPLE,
        "places": people.PLACES,
        "units": len(words.UNITS),
        "seed": seed,
        "seconds": round(time.perf_counter() - began, 1),
    }


def _fold_clocks(database: Database) -> None:
    """At once, so that what is measured with the folder is measured at rest."""
    while clocks.are_stale(database.connection):
        with database.transaction(durable=False, origin=ORIGIN_RECEIVED):
            clocks.refresh(database.connection, limit=1_000)


def _refuse_other_data(database: Database) -> None:
    if membership.read(database.connection) is not None:
        raise Refused(f"{database.folder} has joined a server; made-up tickets need a folder of their own")
    for table, most, word in (("ticket", 0, "tickets"), ("person", 1, "people"), ("saved_view", 0, "views")):
        (count,) = database.connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        if count > most:
            raise Refused(f"{database.folder} holds {word} already; made-up tickets need a folder of their own")


class Maker:
    """Draws and writes the rows. One source of chance decides all, in one order, so that a seed repeats."""

    def __init__(self, connection: Connection, chance: random.Random, me: defaults.Me, now: int, wanted: int) -> None:
        self._connection = connection
        self._chance = chance
        self._me = me
        self._now = now
        self._wanted = wanted
        self._ver = 0
        self._texts = Texts(chance)
        self._numbers = dict.fromkeys(words.DESKS, 0)
        self.comments = 0
        self.tags = 0

    # ----- the organisation

    def write_organisation(self) -> None:
        """Units, people and places; the local person works in the first of the larger units too."""
        began = self._now - YEARS * 366 * _DAY
        self._units = people.units(self._chance, began)
        self._places = people.places(self._chance, began)
        self._weights = _running([1 / (1 + rank) ** 0.7 for rank in range(len(self._units))])
        self._order = self._chance.sample(self._units, len(self._units))
        self._insert(
            "unit", "id unit ver name code parent",
            [(unit.id, unit.id, self._next(), unit.name, unit.code, unit.parent) for unit in self._units],
        )  # fmt: skip
        self._insert(
            "person", "id unit ver name short_name rank callsign",
            [(person.id, unit.id, self._next(), person.name, person.short_name, person.rank, person.callsign)
             for unit in self._units for person in unit.people],
        )  # fmt: skip
        self._insert(
            "place", "id ver name sort lat lon",
            [(place.id, self._next(), place.name, place.sort, place.lat, place.lon) for place in self._places],
        )  # fmt: skip
        rows = self._connection.execute("SELECT id, code FROM ticket_type ORDER BY key").fetchall()
        self._types: dict[str, Id] = {code: id_ for id_, code in rows if code in words.TITLES}
        self._categories: dict[str, list[Id]] = {code: [] for code in self._types}
        for id_, code in self._connection.execute("SELECT id, type_code FROM category ORDER BY key").fetchall():
            if code in self._categories:
                self._categories[code].append(id_)
        self._type_codes = list(self._types)
        self._type_weights = _running([1 / (1 + rank) ** 0.5 for rank in range(len(self._type_codes))])

    def write_settings(self, seed: int) -> None:
        """Mark the folder, so that it is never enrolled; all but the latest counts as read."""
        settings = {SEEDED: {"tickets": self._wanted, "seed": seed}, READ_UNTIL: self._now - _NEWS}
        self._connection.executemany(
            "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)",
            [(name, json.dumps(value)) for name, value in settings.items()],
        )

    # ----- tickets

    def write_tickets(self, start: int, stop: int) -> None:
        """The tickets from `start` to `stop` (exclusive), oldest first, with what hangs on them."""
        tickets: list[Sequence[Any]] = []
        comments: list[Sequence[Any]] = []
        tags: list[Sequence[Any]] = []
        watchers: list[Sequence[Any]] = []
        for number in range(start, stop):
            row, updated, watching = self._ticket(number)
            hung = list(self._comments(row[0], row[1], row[-3], updated))
            if hung:
                updated = max(updated, hung[-1][-1])
            tickets.append((*row, updated))
            comments += hung
            tags += self._tags(row[0], row[1])
            if watching:
                watchers.append((self._id(updated), row[1], 1, self._next(), row[0], self._me.person))
        self._insert("ticket", _TICKET, tickets)
        self._insert("comment", _COMMENT, comments)
        self._insert("tag", _TAG, tags)
        self._insert("watcher", _WATCHER, watchers)
        self.comments += len(comments)
        self.tags += len(tags)

    def _ticket(self, number: int) -> tuple[tuple[Any, ...], int, bool]:
        """One ticket without its `updated_at`, that time, and whether the local person watches it."""
        chance, texts = self._chance, self._texts
        unit = self._order[bisect.bisect(self._weights, chance.random())]
        person = self._person(unit)
        requester = texts.one(unit.people) if unit.people else None
        place = texts.one(self._places)
        texts.place, texts.callsign = place.name, person.callsign if person else "the watch"
        texts.person = requester.short_name if requester else "the requester"

        occurred = self._occurred(number)
        created = min(occurred + int(chance.expovariate(1 / 900_000)), self._now)
        urgency, impact = Level(1 + _weighted(chance, (35, 80, 100))), Level(1 + _weighted(chance, (40, 85, 100)))
        priority = priority_of(urgency, impact)
        state = self._state(self._now - created)
        updated = self._updated(state, created)
        due = created + (5 - priority) * 6 * 3_600_000 if chance.random() < 0.6 else None
        code = self._type_codes[bisect.bisect(self._type_weights, chance.random())]
        assigned = state is not State.NEW and chance.random() < 0.9
        mine = assigned and chance.random() < 0.004
        assignee = self._me.person if mine else person.id if assigned and person else None
        placed = chance.random() < 0.8
        positioned = placed and chance.random() < 0.9
        waiting = texts.one(list(WAITING_REASONS)) if state is State.WAITING else None
        row = (
            self._id(created),
            unit.id,
            1,
            self._next(),
            self._number(),
            self._types[code],
            texts.one(self._categories[code]),
            _upper(texts.filled(texts.one(words.TITLES[code]))),
            texts.sentences(words.SENTENCES, 1 + int(chance.random() * 4)) if chance.random() < 0.85 else None,
            requester.id if requester else None,
            unit.id,
            REPORTED_VIA[int(chance.random() * (len(REPORTED_VIA) - 1))],
            f"{texts.one(words.LETTERS).upper()} {1 + int(chance.random() * 39)}" if chance.random() < 0.25 else None,
            place.id if placed else None,
            None if placed else f"near {place.name}" if chance.random() < 0.5 else None,
            round(place.lat + chance.gauss(0, 0.002), 6) if positioned else None,
            round(place.lon + chance.gauss(0, 0.002), 6) if positioned else None,
            texts.one((10.0, 50.0, 100.0, 1000.0)) if positioned else None,
            int(urgency),
            int(impact),
            int(priority),
            None,
            int(state),
            None,
            waiting,
            updated + _DAY if waiting == "scheduled" else None,
            texts.one(list(SOLUTIONS)) if state in (State.RESOLVED, State.CLOSED) else None,
            assignee,
            unit.id if state is not State.NEW else None,
            due,
            occurred,
            created,
            f"EXT-{number:07d}" if chance.random() < 0.02 else None,
            None,
        )
        return row, updated, mine and chance.random() < 0.5

    def _person(self, unit: SeedUnit) -> SeedPerson | None:
        """Somebody of the unit; the first ones have more to do."""
        if not unit.people:
            return None
        return unit.people[int(len(unit.people) * self._chance.random() ** 1.5)]

    def _occurred(self, number: int) -> int:
        """Times grow with the number, are denser of late, and rest a little at night."""
        share = (number + self._chance.random()) / self._wanted
        at = self._now - int(YEARS * 365 * _DAY * (1 - share) ** 1.15)
        hour = at // 3_600_000 % 24
        if hour < 5 and self._chance.random() < 0.6:
            at = max(at - 8 * 3_600_000, 0)
        return at

    def _state(self, age: int) -> State:
        """Old tickets are mostly closed, of the last days most are open."""
        if self._chance.random() < 0.03 + 0.85 * 2 ** (-age / (12 * _DAY)):
            young = age < 2 * 3_600_000
            step = _weighted(self._chance, (60, 85, 95, 100) if young else (8, 33, 75, 100))
            return (State.NEW, State.OPEN, State.IN_PROGRESS, State.WAITING)[step]
        step = _weighted(self._chance, (8, 94, 100) if age > 14 * _DAY else (60, 94, 100))
        return (State.RESOLVED, State.CLOSED, State.CANCELLED)[step]

    def _updated(self, state: State, created: int) -> int:
        mean = 1.5 * _DAY if state >= State.RESOLVED else 6 * _DAY
        at = min(created + int(self._chance.expovariate(1 / mean)), self._now - int(self._chance.random() * 60_000))
        return max(at, created)

    def _comments(self, ticket: Id, unit: Id, created: int, updated: int) -> Iterator[tuple[Any, ...]]:
        chance, texts = self._chance, self._texts
        if chance.random() > 0.16:
            return
        lasted, count = updated - created, 1 + int(chance.random() * 4)
        for at in sorted(created + int(lasted * chance.random()) for _ in range(count)):
            author = texts.one(texts.one(self._units[1:]).people or (None,))
            body = texts.sentences(words.COMMENTS, 1 + int(chance.random() * 2))
            visibility = "requester" if chance.random() < 0.3 else "internal"
            yield (
                self._id(at), unit, 1, self._next(), ticket, author.id if author else self._me.person, body,
                visibility, at,
            )  # fmt: skip

    def _tags(self, ticket: Id, unit: Id) -> Iterator[tuple[Any, ...]]:
        if self._chance.random() < 0.1:
            for word in self._chance.sample(words.TAGS, 1 + int(self._chance.random() * 2)):
                yield self._id(self._now), unit, 1, self._next(), ticket, word

    # ----- small parts

    def _number(self) -> str:
        desk = words.DESKS[_weighted(self._chance, (60, 80, 93, 100))]
        self._numbers[desk] += 1
        return f"T-{desk}-{self._numbers[desk]:05d}"

    def _next(self) -> int:
        """The next version, as the server would have given it."""
        self._ver += 1
        return self._ver

    def _id(self, at: int) -> Id:
        return made_id(self._chance, at)

    def _insert(self, table: str, columns: str, rows: Sequence[Sequence[Any]]) -> None:
        names = [f'"{column}"' for column in columns.split()]
        marks = ", ".join("?" * len(names))
        self._connection.executemany(f'INSERT INTO "{table}" ({", ".join(names)}) VALUES ({marks})', rows)


def _running(weights: Sequence[float]) -> list[float]:
    """Weights as running shares of one, for bisect."""
    total, running = 0.0, []
    for weight in weights:
        total += weight
        running.append(total / sum(weights))
    running[-1] = 1.0
    return running


def _weighted(chance: random.Random, upto: Sequence[int]) -> int:
    """An index by percent limits: (60, 100) gives 0 in 60 of 100 cases."""
    return bisect.bisect(upto, chance.random() * 100)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


__all__ = ["SEEDED", "SeedPlace", "is_seeded", "seed"]

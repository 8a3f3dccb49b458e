"""Random tickets for lists, and an oracle that filters and sorts them in plain Python.

The oracle shares no code with the query language or the planner: it reads whole tables into dictionaries.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from opsdesk.models import ids
from opsdesk.services.desk import Desk
from opsdesk.store.database import Database
from opsdesk.store.tables import ORIGIN_RECEIVED
from opsdesk.store.work import Reader

NOW = 1_795_000_000_000
HOUR = 3_600_000
DAY = 24 * HOUR

SYNC = ("conflict", "returned", "draft", "queued", "new")
"""How a ticket may stand with other stations, in the order of the Sync column; in step is none of these."""

TITLES = (
    *("Generator leaks", "generator failed", "Bridge blocked", "Water short", "Antenna down", "bridge damaged", "Élan"),
)


@dataclass
class Oracle:
    """All rows as dictionaries, with what hangs on each ticket."""

    tickets: list[dict[str, Any]]
    names: dict[bytes, tuple[str, int]]
    """Id of a person, unit, place, type or category → the name shown and its row key."""
    units_below: dict[bytes, set[bytes]]
    me: bytes
    my_unit: bytes
    text: dict[bytes, str] = field(default_factory=dict)

    def keys(
        self, keep: Callable[[dict[str, Any]], bool], order: tuple[str, ...], *, voided: bool = False
    ) -> list[int]:
        """Row keys of the tickets to keep, sorted by the columns of `order`, then by the row key like the last one.

        Age grows as the time of the event falls.
        """
        order = tuple({"age": "-occurred", "-age": "occurred"}.get(said, said) for said in order)
        kept = [ticket for ticket in self.tickets if (voided or ticket["voided"] is None) and keep(ticket)]
        kept.sort(key=lambda ticket: ticket["key"], reverse=order[-1].startswith("-"))
        for said in reversed(order):
            down = said.startswith("-")
            rank = _RANKS[said.removeprefix("-")]
            there = [ticket for ticket in kept if rank(self, ticket) is not None]
            missing = [ticket for ticket in kept if rank(self, ticket) is None]
            there.sort(key=lambda ticket, rank=rank: rank(self, ticket), reverse=down)  # type: ignore[misc]
            if said.removeprefix("-") in _NAMED:
                column = _NAMED[said.removeprefix("-")]
                missing.sort(key=lambda ticket, column=column: (ticket[column] is not None, ticket[column] or b""))  # type: ignore[misc]
            if said.removeprefix("-") == "place":
                missing = self._by_location(missing, down)
            kept = there + missing
        return [ticket["key"] for ticket in kept]

    def _by_location(self, tickets: list[dict[str, Any]], down: bool) -> list[dict[str, Any]]:
        def said(ticket: dict[str, Any]) -> str | None:
            return _fold(ticket["location"] or ticket["grid"]) if ticket["location"] or ticket["grid"] else None

        free = [ticket for ticket in tickets if ticket["place"] is None]
        there = [ticket for ticket in free if said(ticket) is not None]
        there.sort(key=lambda ticket: said(ticket) or "", reverse=down)
        nowhere = [ticket for ticket in free if said(ticket) is None]
        return there + nowhere + [ticket for ticket in tickets if ticket["place"] is not None]

    def has_word(self, ticket: dict[str, Any], word: str, *, beginning: bool) -> bool:
        """A word of the ticket's texts is `word`, or begins so; or its numbers or contact hold it."""
        tokens = re.findall(r"[a-z0-9]+", self.text[ticket["id"]].replace("é", "e"))
        if any(token == word or (beginning and len(word) > 1 and token.startswith(word)) for token in tokens):
            return True
        numbers = " ".join(filter(None, (ticket["number"], ticket["external"])))
        return len(word) >= 3 and (word in numbers.lower() or word in (ticket["contact"] or "").lower())


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Great-circle distance by the law of haversines."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(min(1.0, half)))


def _fold(text: str) -> str:
    """Without the case of A to Z, as the lists compare."""
    return "".join(sign.lower() if sign.isascii() else sign for sign in text)


def _by_name(column: str) -> Callable[[Oracle, dict[str, Any]], Any]:
    def rank(oracle: Oracle, ticket: dict[str, Any]) -> Any:
        found = oracle.names.get(ticket[column])
        return None if found is None else (_fold(found[0]).encode(), found[1])

    return rank


_NAMED = {
    "assignee": "assignee", "unit": "unit", "category": "category", "type": "type", "place": "place",
    "group": "group", "requester": "requester",
}  # fmt: skip

_RANKS: dict[str, Callable[[Oracle, dict[str, Any]], Any]] = {
    **{name: _by_name(column) for name, column in _NAMED.items()},
    "updated": lambda _, t: t["updated_at"],
    "occurred": lambda _, t: t["occurred_at"],
    "created": lambda _, t: t["created_at"],
    "due": lambda _, t: t["due_at"],
    "external": lambda _, t: t["external"],
    "title": lambda _, t: _fold(t["title"]).encode(),
    "number": lambda _, t: (t["number"].rstrip("0123456789"), len(t["number"]), t["number"]),
    "priority": lambda _, t: t["priority"] + 10 * t["major"],
    "state": lambda _, t: t["state"],
    "received": lambda _, t: t["key"],
    "sync": lambda _, t: min((SYNC.index(word) for word in t["sync"]), default=len(SYNC)),
    "tags": lambda _, t: min(t["tags"], default=None),
}


def fill(database: Database, count: int, seed: int, me: bytes, my_unit: bytes) -> None:
    """Write random tickets with ties, missing values, names that have not arrived and voided rows."""
    chance = random.Random(seed)

    def made() -> bytes:
        return ids.new_id(NOW, chance.randbytes(10))

    with database.loading() as connection:

        def put(table: str, **values: Any) -> None:
            names = ", ".join(f'"{name}"' for name in values)
            marks = ", ".join("?" * len(values))
            connection.execute(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', tuple(values.values()))

        units = [made() for _ in range(6)]
        for at, id_ in enumerate(units):
            parent = None if at < 2 else units[(at - 2) // 2]
            name = ("Bravo", "alpha", "Charlie", "Delta", "Bravo", "Echo")[at]
            put("unit", id=id_, unit=id_, name=f"{name} Company", code=f"{name} {at}", parent=parent, ver=1)
        people = [made() for _ in range(5)]
        for id_, name in zip(people, ("Ann Lee", "ben Hur", "Ann Lee", "Zoë Ott", "Cy Twombly"), strict=True):
            put("person", id=id_, unit=units[0], name=name, callsign=name[:2].upper(), ver=1)
        places = [made() for _ in range(4)]
        for at, id_ in enumerate(places):
            put("place", id=id_, name=("Kemp Bridge", "old mill", "Kemp Bridge", "Hill 214")[at], ver=1,
                lat=5.0 + at, lon=-4.0 + at)  # fmt: skip
        types = [row[0] for row in connection.execute("SELECT id FROM ticket_type ORDER BY key LIMIT 3").fetchall()]
        categories = [row[0] for row in connection.execute("SELECT id FROM category ORDER BY key LIMIT 6").fetchall()]
        strangers = [made() for _ in range(2)]
        tickets = []
        for at in range(count):
            id_ = made()
            tickets.append(id_)
            occurred = NOW - chance.choice((0, 1, 2, 30, 300)) * HOUR - chance.randrange(3) * HOUR
            positioned = chance.random() < 0.7
            put(
                "ticket", id=id_, ver=1, unit=chance.choice((*units, my_unit, strangers[0])),
                number=f"T-{chance.choice(('CP1', 'DE1'))}-{chance.choice((7, 42, 99_999, 100_000)) + at:05d}",
                type=chance.choice((*types, None)), category=chance.choice((*categories, None)),
                title=chance.choice(TITLES), description=chance.choice((None, "Diesel and water", "convoy at noon")),
                requester=chance.choice((*people, None)), contact=chance.choice((None, None, "ALPHA 21", "Bravo 7")),
                place=chance.choice((*places, None, None, strangers[1])),
                location=chance.choice((None, "North gate", "east gate")), grid=chance.choice((None, "31U FT 1 2")),
                lat=5.0 + chance.gauss(0, 0.3) if positioned else None,
                lon=-4.0 + chance.gauss(0, 0.3) if positioned else None,
                priority=chance.randint(1, 4), major=int(chance.random() < 0.1), state=chance.randrange(10, 90, 10),
                assignee=chance.choice((*people, me, None, None, strangers[0])),
                group=chance.choice((*units[:3], None)),
                due_at=chance.choice((None, NOW - HOUR, NOW + HOUR, NOW + DAY)),
                occurred_at=occurred, created_at=occurred + chance.randrange(3) * HOUR,
                updated_at=NOW - chance.choice((0, 1, 1, 5, 50)) * HOUR, marking=chance.randrange(4),
                exercise=chance.randrange(2), external=chance.choice((None, None, "A-1", "b-2", f"X{at}")),
                reported_via=chance.choice((None, "radio", "phone")), source=chance.choice((None, "reports.csv")),
                voided="mistake" if chance.random() < 0.1 else None,
                parent=chance.choice(tickets[:-1]) if at > 5 and chance.random() < 0.1 else None,
            )  # fmt: skip
            hung = {"unit": units[0], "subject": id_, "ver": 1}
            for word in chance.sample(("convoy", "night", "fuel"), chance.choice((0, 0, 1, 2))):
                put("tag", id=made(), word=word, voided="gone" if chance.random() < 0.2 else None, **hung)
            if chance.random() < 0.2:
                body = chance.choice(("detour signed", "Water is rising"))
                gone = "gone" if chance.random() < 0.3 else None
                put("comment", id=made(), body=body, author=people[0], written_at=NOW, voided=gone, **hung)
            if chance.random() < 0.1:
                put("watcher", id=made(), person=chance.choice((me, people[0])), **hung)
            if chance.random() < 0.1:
                put("attachment", id=made(), name="a.png", mime="image/png", size=3, sha256="00", **hung)
            if at > 2 and chance.random() < 0.05:
                put("link", id=made(), kind="relates", target=tickets[0], **hung)
            if chance.random() < 0.3:
                put("seen", person=me, subject=id_, seen_at=NOW - chance.choice((0, 3, 100)) * HOUR)
    with database.transaction(actor=me, now=NOW):
        for id_ in chance.sample(tickets, min(len(tickets), 7)):
            database.connection.execute("UPDATE ticket SET on_behalf_of = 'x' WHERE id = ?", (id_,))
        comments = database.connection.execute("SELECT id FROM comment ORDER BY key LIMIT 12").fetchall()
        for (id_,) in comments[:4]:
            database.connection.execute("UPDATE comment SET body = 'Changed' WHERE id = ?", (id_,))
    with database.transaction(origin=ORIGIN_RECEIVED, now=NOW):
        run = database.connection.execute
        for at, seq in enumerate(row[0] for row in run("SELECT seq FROM change WHERE field > 0").fetchall()):
            if at % 3 == 0:
                run("UPDATE change SET outcome = 5, settled = ? WHERE seq = ?", (at + 1, seq))
                settled = NOW if at % 2 else None
                run("INSERT INTO returned_change (seq, reason, returned_at, settled_at) VALUES (?, 'no', ?, ?)",
                    (seq, NOW, settled))  # fmt: skip
        about = [(10, id_) for id_ in chance.sample(tickets, 9)] + [(11, id_) for (id_,) in comments[4:8]]
        for at, (entity, id_) in enumerate(about):
            names = "id, kind, entity, record, field, ver, open, packed"
            values = (bytes([at]) * 16, entity, id_, at % 4 != 0)
            run(f"INSERT INTO conflict ({names}) VALUES (?, 0, ?, ?, 13, 1, ?, x'')", values)
        for at, id_ in enumerate(chance.sample(tickets, 8)):
            place = f"{'comment' if at else 'other'}/{id_.hex()}"
            run(
                "INSERT INTO draft (id, place, content, saved_at) VALUES (?, ?, '{}', ?)",
                (bytes([at]) * 16, place, NOW),
            )


def read(connection: Any, me: bytes, my_unit: bytes) -> Oracle:
    """All rows as dictionaries."""

    def table(name: str) -> Iterator[dict[str, Any]]:
        cursor = connection.execute(f'SELECT * FROM "{name}"')
        columns = [column[0] for column in cursor.description]
        for row in cursor.fetchall():
            yield dict(zip(columns, row, strict=True))

    names: dict[bytes, tuple[str, int]] = {}
    for name in ("person", "place", "ticket_type", "category"):
        names |= {row["id"]: (row["name"], row["key"]) for row in table(name)}
    children: dict[bytes, set[bytes]] = {}
    for row in table("unit"):
        names[row["id"]] = (row["code"] or row["name"], row["key"])
        children.setdefault(row["parent"], set()).add(row["id"])
    below = {id_: _below(children, id_) for id_ in names}
    oracle = Oracle(list(table("ticket")), names, below, me, my_unit)
    tickets = {ticket["id"]: ticket for ticket in oracle.tickets}
    places = {row["id"]: row["name"] for row in table("place")}
    for ticket in oracle.tickets:
        ticket |= {"tags": set(), "comments": [], "watchers": set(), "files": 0, "links": 0, "seen": 0, "sync": set()}
    hung = {"tag": ("tags", "word"), "watcher": ("watchers", "person")}
    for name, (place, column) in hung.items():
        for row in table(name):
            if row["voided"] is None:
                tickets[row["subject"]][place].add(row[column])
    for row in table("comment"):
        if row["voided"] is None:
            tickets[row["subject"]]["comments"].append(row["body"])
    for row in table("attachment"):
        tickets[row["subject"]]["files"] += 1
    for row in table("link"):
        tickets[row["subject"]]["links"] += 1
        tickets[row["target"]]["links"] += 1
    for row in table("seen"):
        tickets[row["subject"]]["seen"] = row["seen_at"]
    hung_on = {row["id"]: row["subject"] for row in table("comment")}
    for row in table("change"):
        if row["outcome"] is None and (owner := _owner(tickets, hung_on, row["record"])) is not None:
            owner["sync"].add("queued")
    changed = {row["seq"]: row["record"] for row in table("change")}
    for row in table("returned_change"):
        if row["settled_at"] is None:
            _owner(tickets, hung_on, changed[row["seq"]])["sync"].add("returned")
    for row in table("conflict"):
        if row["open"]:
            _owner(tickets, hung_on, row["record"])["sync"].add("conflict")
    for row in table("draft"):
        if row["place"].startswith("comment/"):
            tickets[bytes.fromhex(row["place"].removeprefix("comment/"))]["sync"].add("draft")
    for ticket in oracle.tickets:
        if ticket["seen"] < ticket["updated_at"]:
            ticket["sync"].add("new")
    for ticket in oracle.tickets:
        parts = (
            ticket["number"], ticket["external"], ticket["title"], ticket["description"], *ticket["comments"],
            ticket["location"], places.get(ticket["place"]), ticket["grid"],
        )  # fmt: skip
        oracle.text[ticket["id"]] = "\n".join(filter(None, parts)).lower()
    return oracle


def _owner(tickets: dict[bytes, dict[str, Any]], hung_on: dict[bytes, bytes], record: bytes) -> Any:
    """The ticket that a record is or hangs on."""
    return tickets.get(hung_on.get(record, record))


def _below(children: dict[bytes, set[bytes]], top: bytes) -> set[bytes]:
    found = {top}
    for child in children.get(top, ()):
        found |= _below(children, child)
    return found


class Listed:
    """A reader on a folder of random tickets, and the oracle of the same rows."""

    def __init__(self, reader: Reader, oracle: Oracle) -> None:
        self.reader = reader
        self.oracle = oracle


@pytest.fixture(scope="session")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listed]:
    """400 random tickets, the same in each run. Only to be read."""
    folder: Path = tmp_path_factory.mktemp("listed") / "data"
    with_me = Desk.open(folder, now=lambda: NOW)
    me, my_unit = with_me.person, with_me.unit
    with_me.close()
    database = Database.open(folder)
    fill(database, 400, 11, me, my_unit)
    # A folder that has grown by hand has no statistics; what is promised of the engine's plans holds without.
    for table in ("sqlite_stat1", "sqlite_stat4"):
        database.connection.execute(f"DELETE FROM {table}")
    database.close()
    database = Database.open(folder)
    reader = Reader(database.connection, person=me, unit=my_unit, now=NOW)
    yield Listed(reader, read(database.connection, me, my_unit))
    database.close()

"""The lines of the queue, oldest first, each known by the sequence of its first change."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from opsdesk.models.base import Id
from opsdesk.services import change_words
from opsdesk.services.change_words import Told
from opsdesk.store.queue.shapes import shapes
from opsdesk.store.work import Reader
from opsdesk.sync.core.messages import Code

Keys = NDArray[np.int32]

_FROM: Final = "FROM change c INDEXED BY ix_change_waiting WHERE c.outcome IS NULL"
_HEADS: Final = f"SELECT min(c.seq) AS k {_FROM} GROUP BY coalesce(c.act, c.seq), coalesce(c.subject, c.record)"
_SIZE: Final = "sum(32 + CASE WHEN typeof(c.new) IN ('text', 'blob') THEN length(CAST(c.new AS BLOB)) ELSE 8 END)"
"""What the changes take on the way before they are packed, about."""
_LISTED: Final = 12
"""Changes of one line that are put into words."""


class Why(enum.Enum):
    """Why a change still waits."""

    UNSENT = "unsent"
    DEFERRED = "deferred"
    NEED_OLD = "need old"
    UNSUPPORTED = "unsupported"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """What one act did to one record, and waits. `size` is in bytes, about; `since` UTC milliseconds."""

    key: int
    id: Id
    ticket: Id | None
    kind: str
    """Table of the record that the line is named after: `ticket`, `unit`, `person` …"""
    number: str
    title: str
    words: str
    by: str
    since: int
    size: int
    changes: int
    why: Why
    note: str
    """Why it waits and on what, in words; empty while it only waits for its turn."""


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """The first lines with their keys; `complete` when there are no more."""

    rows: tuple[WaitingLine, ...]
    keys: Keys
    order: tuple[str, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class Waits:
    """All that waits: changes, bytes about, and since when the oldest does (UTC milliseconds; None for nothing)."""

    changes: int
    size: int
    oldest: int | None


def total(reader: Reader) -> Waits:
    """Count what waits."""
    changes, size, oldest = reader.row(f"SELECT count(*), coalesce({_SIZE}, 0), min(c.hlc >> 16) {_FROM}") or (0, 0, 0)
    return Waits(changes, size, oldest if changes else None)


def first_page(reader: Reader, _query: object, size: int = 200) -> WaitingPage:
    """The lines that have waited longest."""
    found = [key for (key,) in reader.rows(f"{_HEADS} ORDER BY k LIMIT ?", (size,))]
    return WaitingPage(rows(reader, found), np.array(found, dtype=np.int32), ("since",), len(found) < size)


def count(reader: Reader, _query: object) -> int:
    """How many lines there are."""
    return int(reader.value(f"SELECT count(*) FROM ({_HEADS})"))


def keys(reader: Reader, _query: object, emit: Callable[[Keys], None]) -> int:
    """Hand the keys of all lines to `emit`, the oldest first; returns how many there are."""
    text = reader.value(f"SELECT group_concat(k) FROM ({_HEADS} ORDER BY k)")
    found: Keys = np.fromstring(text or "", dtype=np.int32, sep=",")
    if len(found):
        emit(found)
    return len(found)


def rows(reader: Reader, keys: Sequence[int]) -> tuple[WaitingLine, ...]:
    """The lines with these keys in the order given; those that wait no more are left out."""
    found = (_line(reader, int(key)) for key in keys)
    return tuple(line for line in found if line is not None)


_MEMBERS: Final = (
    "SELECT c.seq, c.entity, c.record, c.subject, c.field, c.new, c.old, i.kind FROM change c "
    "LEFT JOIN sync_intent i ON i.seq = c.seq WHERE c.outcome IS NULL AND {0} "
    "ORDER BY c.hlc, c.record <> coalesce(c.subject, c.record), c.field, c.seq LIMIT ?"
)


def _line(reader: Reader, key: int) -> WaitingLine | None:
    head = reader.row(
        "SELECT c.act, c.record, c.subject, c.entity, c.hlc >> 16, p.name FROM change c "
        "LEFT JOIN person p ON p.id = c.actor WHERE c.seq = ? AND c.outcome IS NULL",
        (key,),
    )
    if head is None:
        return None
    act, record, subject, entity, since, by = head
    where, values = _together(key, act, record, subject)
    size, changes = reader.row(
        f"SELECT {_SIZE}, count(*) FROM change c WHERE c.outcome IS NULL AND {where}", values
    ) or (
        0,
        0,
    )
    told = [Told(*row) for row in reader.rows(_MEMBERS.format(where), (*values, _LISTED))]
    said = list(dict.fromkeys(filter(None, (change_words.words(reader, one) for one in told))))
    kind, number, title = _named(reader, entity, record, subject)
    new = said[:1] == ["new ticket"]
    words = "new ticket" if new else ", ".join(said) or "changed"
    why, note = _why(reader, where, values)
    return WaitingLine(
        key, key.to_bytes(16), subject, kind, number, title, words, by or "", since, size, changes, why, note
    )


def _together(key: int, act: Id | None, record: Id, subject: Id | None) -> tuple[str, tuple[Any, ...]]:
    """SQL over `change c` of the changes of one line."""
    if act is None:
        return "c.seq = ?", (key,)
    if subject is not None:
        return "c.act = ? AND c.subject = ?", (act, subject)
    return "c.act = ? AND c.record = ? AND c.subject IS NULL", (act, record)


def _named(reader: Reader, entity: int, record: Id, subject: Id | None) -> tuple[str, str, str]:
    """Kind, number and title of what a line is about."""
    row = reader.row("SELECT number, title FROM ticket WHERE id = ?", (subject,)) if subject is not None else None
    if row is not None:
        return ("ticket", *row)
    shape = shapes().get(entity)
    if shape is None:
        return "", "", "a record of a newer version"
    name = next((spec.name for spec in shape.fields.values() if spec.name in ("name", "title", "word", "label")), "")
    title = reader.value(f'SELECT "{name}" FROM "{shape.table}" WHERE id = ?', (record,)) if name else None
    return shape.table, "", str(title or shape.table.replace("_", " ").capitalize())


_WAITS_ON: Final = (
    "SELECT s.code, c.seq, c.base FROM change c JOIN sent_change s ON s.seq = c.seq "
    "WHERE c.outcome IS NULL AND s.code IS NOT NULL AND {0} ORDER BY s.code DESC LIMIT 1"
)


def _why(reader: Reader, where: str, values: tuple[Any, ...]) -> tuple[Why, str]:
    """Why the changes of a line wait: the worst that the server has said of one of them."""
    row = reader.row(_WAITS_ON.format(where), values)
    if row is None:
        return Why.UNSENT, ""
    code, _, base = row
    if code == Code.UNSUPPORTED:
        return Why.UNSUPPORTED, "The server is of an older version and does not know this yet; it waits until it does"
    if code == Code.NEED_OLD:
        return Why.NEED_OLD, "The server asks for the text that you had before you; it goes along with the next try"
    if code == Code.DEFERRED:
        return Why.DEFERRED, _waits_on(reader, base)
    return Why.ANSWERED, "At the server; it leaves the queue when the next fetch has told what became of it"


def _waits_on(reader: Reader, base: int) -> str:
    before = None
    if base < 0:
        before = reader.row(
            "SELECT c.seq, c.entity, c.record, c.subject, c.field, c.new, c.old, i.kind FROM change c "
            "LEFT JOIN sync_intent i ON i.seq = c.seq WHERE c.seq = ?",
            (-base,),
        )
    if before is None:
        return "Waits for a change of another station that the server has not got yet"
    told = Told(*before)
    _, number, title = _named(reader, told.entity, told.record, told.subject)
    return f"Waits for an earlier change: {number or title}, {change_words.words(reader, told) or 'changed'}"

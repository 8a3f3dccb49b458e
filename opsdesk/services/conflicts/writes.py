"""Who wrote what into a field, and when: the own changes and those that came in."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.services.conflicts.subjects import Subject
from opsdesk.services.tickets.rows import Named
from opsdesk.store.work import Reader
from opsdesk.sync.core.messages import ChangeKind, Code, Ref

_SQL: Final = (
    "SELECT 1, seq, NULL, hlc, actor, field, new, old, outcome, base, NULL FROM change "
    "WHERE record = ?1 AND field IN (0, ?2) UNION ALL "
    "SELECT 0, dseq, dev, hlc, actor, field, new, old, NULL, base, ver FROM received_change "
    "WHERE record = ?1 AND field IN (0, ?2) ORDER BY 4"
)
_UNSHOWN: Final = (Code.CONFLICT, Code.ABSORBED, Code.RETURNED, Code.QUARANTINED)


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a field. `new` and `old` are stored values; `ref` is None where the device is not known."""

    own: bool
    ref: Ref | None
    at: int
    actor: Id | None
    new: Any
    old: Any
    outcome: int | None
    base: int
    """Of an own one: the base, as capture keeps it."""
    seq: int | None


class Identities:
    """Which changes were made at this desk."""

    def __init__(self, reader: Reader) -> None:
        first = reader.value("SELECT dev FROM device ORDER BY alias LIMIT 1")
        self._since: list[tuple[int, bytes]] = [(1, first)]
        self._since += reader.rows("SELECT since, dev FROM sync_identity ORDER BY since")
        self.tag = str(reader.value("SELECT tag FROM device ORDER BY alias DESC LIMIT 1"))

    def ref(self, seq: int) -> Ref:
        """The name of an own change."""
        return Ref(next(dev for since, dev in reversed(self._since) if since <= seq), seq)

    def mine(self, ref: Ref | None) -> bool:
        """Whether a change was made here."""
        return ref is not None and any(dev == ref.dev for _, dev in self._since) and self.ref(ref.dseq) == ref


def writes(reader: Reader, here: Identities, about: Subject, number: int) -> list[Write]:
    """All writes of a field, oldest first by their clocks; the creation of the record with the value it gave."""
    found = []
    for own, seq, dev, hlc, actor, field, new, old, outcome, base, _ver in reader.rows(_SQL, (about.id, number)):
        if field == 0:
            new, old = _created(about, number, new), None
        ref = here.ref(seq) if own else Ref(dev, seq) if dev is not None and seq is not None else None
        found.append(Write(bool(own), ref, hlc >> 16, actor, new, old, outcome, base, seq if own else None))
    return found


def _created(about: Subject, number: int, new: str | None) -> Any:
    value = json.loads(new or "{}").get(str(number))
    spec = about.shape.fields[number]
    return bytes.fromhex(value) if spec.binary and value is not None else value


def showing(found: list[Write], value: Any, apart: Collection[Ref]) -> Write | None:
    """The write whose value the record shows: the newest that wrote it and is no candidate; else, where a text was
    brought together from several, the newest of all."""
    known = [one for one in found if one.ref not in apart and one.outcome not in _UNSHOWN]
    return next((one for one in reversed(known) if one.new == value), known[-1] if known else None)


def of(found: list[Write], ref: Ref | None) -> Write | None:
    """The write of a name."""
    return next((one for one in found if ref is not None and one.ref == ref), None)


def first_seen(found: list[Write], write: Write) -> Any:
    """What an own write had gone out from: what was shown before the first of those that were made in one go,
    while each before it waited."""
    while write.base < 0:
        before = next((one for one in found if one.own and one.seq == -write.base), None)
        if before is None:
            break
        write = before
    return write.old


def person(reader: Reader, record: Id | None) -> Named | None:
    """A person with the code of their unit."""
    if record is None:
        return None
    row = reader.row(
        "SELECT p.name, coalesce(u.code, u.name, '') FROM person p LEFT JOIN unit u ON u.id = p.unit WHERE p.id = ?",
        (record,),
    )
    return Named(record, row[0], row[1]) if row else Named(record, "not yet received")


RESOLVE: Final = int(ChangeKind.RESOLVE)
WAITING_SETTLEMENT: Final = (
    "SELECT max(w.seq) FROM sync_intent i JOIN change w ON w.seq = i.seq "
    f"WHERE i.conflict = c.id AND i.kind = {RESOLVE} AND w.outcome IS NULL"
)
"""Sequence of the own change that settles the conflict `c` and has not been judged yet; NULL for none."""

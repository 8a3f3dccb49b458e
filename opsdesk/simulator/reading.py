"""Who may read what, told once more for the oracle: from the values of records alone, without the code it judges."""

from __future__ import annotations

from opsdesk.models.base import fields
from opsdesk.models.threads import Answer, Attachment, Comment, Link, Tag, Watcher
from opsdesk.models.tickets import Ticket
from opsdesk.simulator.memory_server import Held
from opsdesk.store.queue.shapes import EVERYWHERE as EVERYWHERE_TABLES
from opsdesk.store.queue.shapes import shapes
from opsdesk.sync.core.feed import Reader
from opsdesk.sync.core.state import EVERYWHERE, Record

_HANGING = {entity.entity for entity in (Answer, Attachment, Comment, Link, Tag, Watcher)}
_NUMBERS = {entity: {spec.name: spec.number for spec in fields(entity)} for entity in (Ticket, Watcher, Comment)}
_SUBJECT = _NUMBERS[Comment]["subject"]
_UNIT, _MARKING, _VOIDED = (_NUMBERS[Ticket][name] for name in ("unit", "marking", "voided"))


def place_in(held: Held, record: Record) -> bytes:
    """The partition in which a record stands."""
    if record.entity in shapes() and shapes()[record.entity].table in EVERYWHERE_TABLES:
        return EVERYWHERE
    if record.entity in _HANGING:
        record = held.records.get(record.values[_SUBJECT], record)
    return bytes((*record.values[_UNIT], record.values[_MARKING]))


def readable(held: Held, reader: Reader, record: Record) -> bool:
    """Whether a person may read a record."""
    place = place_in(held, record)
    if place == EVERYWHERE:
        return True
    if place[16] > reader.marking:
        return False
    return reader.units is None or place[:16] in reader.units or reader.person in _named(held, record)


def _named(held: Held, record: Record) -> set[object]:
    anchor = record.values[_SUBJECT] if record.entity in _HANGING else record.id
    found: set[object] = {person for _, number, person in held.naming.get(anchor, ()) if number == 0}
    ticket = held.records.get(anchor)
    if ticket is not None and ticket.entity == Ticket.entity:
        found |= {ticket.values.get(_NUMBERS[Ticket][name]) for name in ("requester", "assignee")}
    for child in held.children.get(anchor, ()):
        watcher = held.records[child]
        if watcher.entity == Watcher.entity and watcher.values.get(_VOIDED) is None:
            found.add(watcher.values[_NUMBERS[Watcher]["person"]])
    return found

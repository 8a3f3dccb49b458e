"""What is checked at each step of a story, because its rest would no longer show it."""

from __future__ import annotations

from opsdesk.simulator.desks import SimDesk
from opsdesk.simulator.memory_server import Held
from opsdesk.simulator.reading import place_in, readable
from opsdesk.sync.core.messages import ChangeKind, Frame, Message, News, Page, Pulled, Ref, Scope
from opsdesk.sync.core.state import PARTITION, PERSON


def frames_of(message: Message) -> tuple[Frame | Page, ...]:
    """The frames and pages in a message."""
    if isinstance(message, Pulled | News):
        return message.told
    return (message,) if isinstance(message, Frame | Page) else ()


def sent(held: Held, desk: SimDesk, message: Message) -> list[str]:
    """I11: nothing of a record is sent to who may not read it now; and nothing twice, by two feeds."""
    problems = []
    for frame in frames_of(message):
        for entry in frame.entries:
            if not entry.values and entry.conflict is None:
                continue
            record = held.records.get(entry.record)
            if record is None or not readable(held, desk.reader, record):
                problems.append(f"I11: {entry.record.hex()} was sent to {desk.name} who may not read it")
            elif frame.place != (at := place_in(held, record)) and desk.reader.reads(at):
                problems.append(f"I11: {entry.record.hex()} was sent by {frame.place.hex()} and is told elsewhere")
    return problems


def comes(desk: SimDesk, message: Message) -> None:
    """Note what of a message, not taken yet, is not at the desk: it was never there, or had gone. What is told of it
    from then on begins anew, at whatever version the feed is read from. So does, once, all that a feed tells after it
    was read from its begin again: what a desk had met whole comes with what was before that."""
    (newest,) = desk.rows("SELECT coalesce(max(seq), 0) FROM received_change")[0]
    for frame in frames_of(message):
        if isinstance(frame, Frame) and frame.start == 0:
            desk.retold[frame.place] = set()
        retold = desk.retold.setdefault(frame.place, set())
        for record, entity in {entry.record: entry.entity for entry in frame.entries if entry.values}.items():
            shape = desk.shapes().get(entity)
            gone = shape is not None and not desk.rows(f'SELECT 1 FROM "{shape.table}" WHERE id = ?', record)
            if gone or record not in retold:
                desk.begun.setdefault(record, []).append(newest)
            retold.add(record)


Cursors = tuple[int, dict[bytes, int], int]
"""Epoch of a desk, how far it is in each feed, and the epoch of the rights that it knows."""


def cursors_of(desk: SimDesk) -> Cursors:
    """How far a desk is."""
    inbox = desk.session.inbox
    return inbox.epoch(), inbox.cursors(), inbox.permissions()


def _scoped(scope: Scope, before: Cursors) -> tuple[dict[bytes, int], set[int]]:
    """How far a desk is in each feed once it has taken what may be read now, and where any of them may be beside that.
    A feed that comes in is read from its begin. Where one goes or the rights are others, a person's own is, too; and
    all may be, for what is perhaps to be read elsewhere."""
    places = {place for place, _ in scope.places}
    anew = not before[1].keys() <= places or scope.permissions != before[2]
    known = {place: 0 if anew and len(place) == PERSON else before[1].get(place, 0) for place in places}
    return known, {0} if anew else set()


def moved(desk: SimDesk, message: Message, before: Cursors) -> list[str]:
    """I6: a cursor goes from where a frame begins to where it ends, one position for each entry, and no other way."""
    epoch, cursors, _ = cursors_of(desk)
    problems, known, anew = [], before[1], set[int]()
    if isinstance(message, News) and message.scope.epoch == epoch:
        known, anew = _scoped(message.scope, before)
    for frame in frames_of(message) if epoch == before[0] else ():
        old, new = known.get(frame.place), cursors.get(frame.place)
        allowed = {old, *anew}
        if frame.epoch == epoch:
            if isinstance(frame, Page):
                allowed |= {frame.walk.pos} if old == 0 and frame.next is None else set()
            elif old == frame.start and frame.start + len(frame.entries) == frame.end:
                allowed |= {frame.end}
        if new not in allowed:
            problems.append(f"I6: {desk.name} went from {old} to {new}")
    return problems


def shown(held: Held, desk: SimDesk) -> list[str]:
    """I13: when an own edit was accepted and waits no more, nothing older is shown in its place."""
    problems = []
    rows = desk.rows(
        "SELECT seq, entity, record, field, new, (SELECT place FROM sent_change s WHERE s.seq = c.seq) "
        "FROM change c WHERE outcome = 0 AND field > 0 AND NOT EXISTS ("
        "SELECT 1 FROM change d WHERE d.record = c.record AND d.field IN (0, c.field) AND d.outcome IS NULL)"
        # What leaves is told of no more, and goes at the end of the round.
        " AND NOT EXISTS (SELECT 1 FROM leaving_record l WHERE l.record = c.record)"
        # What no feed told when it was answered may come back, read from the begin of one.
        " AND NOT EXISTS (SELECT 1 FROM sent_change s WHERE s.seq = c.seq AND s.place = x'')"
    )
    for seq, entity, record, number, new, place in rows:
        if seq in desk.settled:
            continue
        desk.settled.add(seq)
        shape = desk.shapes()[entity]
        known = held.changes.get(Ref(desk.session.outbox.device_of(seq), seq))
        there = desk.rows(f'SELECT "{shape.fields[number].name}", ver FROM "{shape.table}" WHERE id = ?', record)
        if known is None or number not in known.traces or not there or there[0][0] == new:
            continue
        if known.change.kind == ChangeKind.WITHDRAW:
            continue  # what was shown stays, where only a candidate was taken back
        gone = not readable(held, desk.reader, held.records[record])
        if gone or (len(place or b"") == PARTITION and place_in(held, held.records[record]) != place):
            continue  # it has left meanwhile: what was written there before is told no more
        if desk.session.inbox.epoch() < held.epoch and any(there[0][1] in stretch for stretch in held.lost):
            continue  # told late of a life whose history the server has lost
        history = held.history.get((record, number), ())
        if there[0][0] not in [value for ver, value in history if ver >= known.traces[number].ver]:
            problems.append(f"I13: {desk.name} shows {there[0][0]!r} though {new!r} was accepted")
    return problems

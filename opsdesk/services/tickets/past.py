"""The history of a ticket, derived from its change records and those of what hangs on it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from opsdesk.models import threads
from opsdesk.models.base import FieldSpec, Id, Kind, Marking, Synced, fields
from opsdesk.models.threads import LINK_KINDS
from opsdesk.models.tickets import SOLUTIONS, WAITING_REASONS, Level, Priority, State, Ticket, transition
from opsdesk.services import positions, times
from opsdesk.services.changes import Changes
from opsdesk.services.errors import NotFound, Refused
from opsdesk.services.tickets import commands
from opsdesk.services.tickets.answer_words import NOT_ASKED, Answers
from opsdesk.services.tickets.marks import STAGE_CODE, stage_of
from opsdesk.services.tickets.names import name_of, target_name
from opsdesk.services.tickets.rows import Base, HistoryRow, StepRow
from opsdesk.store import clock
from opsdesk.store.tables import RETOLD
from opsdesk.store.work import Reader, Work

_ENTITIES: dict[int, type[Synced]] = {
    entity.entity: entity
    for entity in (
        Ticket, threads.Comment, threads.Link, threads.Tag, threads.Watcher, threads.Answer, threads.ConflictCare
    )
}  # fmt: skip
_KINDS = {
    threads.Comment.entity: "comment",
    threads.Link.entity: "link",
    threads.Tag.entity: "tag",
    threads.Watcher.entity: "watch",
    threads.Answer.entity: "answer",
    threads.ConflictCare.entity: "conflict",
}
_HIDDEN = frozenset({"source_hash"})
"""Fields whose value says nothing to a person."""

NEWS = f"c.act IS NOT x'{RETOLD.hex()}'"
"""Condition on a change `c`: it says something that the changes before it have not said. What was made before a server
was joined was told to it as it stood then, and a restored server tells again what it had lost."""
_RECORDS = f"""
SELECT c.seq, c.entity, c.record, c.field, c.event, c.new, c.old, c.hlc, c.happened, c.act, p.name, 1, {{stage}}
FROM change c LEFT JOIN person p ON p.id = c.actor WHERE {NEWS} AND c.record {{where}}
UNION ALL
SELECT c.seq, c.entity, c.record, c.field, c.event, c.new, c.old, c.hlc, c.happened, c.act, p.name, 0, NULL
FROM received_change c LEFT JOIN person p ON p.id = c.actor WHERE {NEWS} AND c.record {{where}}
ORDER BY c.hlc, c.seq
"""
_HANGING = "IN (SELECT id FROM {0} WHERE subject = ?)"
ENTITY = Ticket.entity
LIMIT = 2_000
"""History rows that one question returns, newest first; a screen pages beyond."""


def history(reader: Reader, ticket: Id) -> tuple[HistoryRow, ...]:
    """Every captured change of the ticket and of what hangs on it, newest first, at most LIMIT rows."""
    rows: list[tuple[int, int, HistoryRow]] = []
    answers = Answers(reader, ticket)
    for entity in _ENTITIES.values():
        where = "= ?" if entity is Ticket else _HANGING.format(entity.__tablename__)
        found = reader.rows(
            _RECORDS.format(where=where, stage=STAGE_CODE).replace("ORDER BY c.hlc, c.seq", ""), (ticket, ticket)
        )
        told = ((record, _row(reader, entity, record, answers)) for record in found)
        # By the clock of who wrote: the number here says only when it came, and what is older may come later.
        rows += [(record[7], record[0], row) for record, row in told if row is not None]
    rows.sort(key=lambda one: one[:2], reverse=True)
    return tuple(row for _, _, row in rows[:LIMIT])


def count(reader: Reader, ticket: Id) -> int:
    """How many changes the history of the ticket has."""
    total = 0
    for table in ("change", "received_change"):
        for entity in _ENTITIES.values():
            where = "= ?" if entity is Ticket else _HANGING.format(entity.__tablename__)
            total += reader.value(f"SELECT count(*) FROM {table} c WHERE {NEWS} AND c.record {where}", (ticket,))
    return total


def is_whole(reader: Reader, ticket: Id) -> bool:
    """Whether the history begins with the creation of the ticket, and that of all that hangs on it. If not, what
    happened before this desk first read it is at the server: `fetch_older` brings it."""
    return not untold(reader, ticket)


def untold(reader: Reader, ticket: Id) -> tuple[Id, ...]:
    """The ticket and what hangs on it, as far as this desk was not told how they came to be."""
    hanging = (entity.__tablename__ for entity in _ENTITIES.values() if entity is not Ticket)
    records = " UNION ALL ".join(f'SELECT id FROM "{table}" WHERE subject = ?1' for table in hanging)
    kept = "NOT EXISTS (SELECT 1 FROM {0} WHERE record = r.id AND field = 0)"
    sql = f"SELECT r.id FROM (SELECT ?1 AS id UNION ALL {records}) r WHERE "
    return tuple(
        record
        for (record,) in reader.rows(sql + f"{kept.format('change')} AND {kept.format('received_change')}", (ticket,))
    )


async def fetch_older(desk: Any, ticket: Id) -> bool:
    """Fetch what happened to a ticket, and to what hangs on it, before this desk first read them; whether the history
    is whole then. What a person may not read the server does not tell.

    On the loop of the desk's link. Raises Refused as `Link.fetch_earlier`; what came until then is kept.
    """
    for record in await asyncio.wrap_future(desk.ask(untold, ticket)):
        await desk.link.fetch_earlier(record)
    return bool(await asyncio.wrap_future(desk.ask(is_whole, ticket)))


def words(reader: Reader, seq: int) -> str:
    """One change in a few words, as a list of news tells it: "moved to In progress", "set priority to Urgent"."""
    record = reader.row(
        "SELECT c.seq, c.entity, c.record, c.field, c.event, c.new, c.old, c.hlc, c.happened, c.act, '', 1, NULL "
        "FROM change c WHERE c.seq = ?",
        (seq,),
    )
    entity = _ENTITIES.get(record[1]) if record else None
    if record is None or entity is None:
        return "changed it"
    answered = entity is threads.Answer
    about = reader.value("SELECT subject FROM answer WHERE id = ?", (record[2],)) if answered else record[2]
    row = _row(reader, entity, record, Answers(reader, about))
    if row is None:
        return "changed it"
    if answered and row.field != "voided":
        return f"answered {row.label}: {row.after}"
    said = {"create": "reported it", "comment": "commented", "transition": f"moved to {row.after}"}
    short = row.after if len(row.after) <= 40 else row.after[:39] + "…"
    return said.get(row.kind, f"set {row.label.lower()} to {short}" if row.after else f"cleared {row.label.lower()}")


def steps(reader: Reader, ticket: Id) -> tuple[StepRow, ...]:
    """The stretches of the status timeline, oldest first; the last one has no end."""
    state, created, requester, waiting, reason, updated = commands.existing(
        reader,
        ticket,
        "state, created_at, (SELECT name FROM person WHERE id = requester), waiting_reason, state_reason, updated_at",
    )
    number = number_of("state")
    moves = reader.rows(
        "SELECT c.new, c.old, coalesce(c.happened, c.hlc >> 16), p.name, c.act FROM ("
        "SELECT new, old, happened, hlc, actor, act, seq FROM change WHERE record = ?1 AND field = ?2 UNION ALL "
        "SELECT new, old, happened, hlc, actor, act, seq FROM received_change c "
        f"WHERE record = ?1 AND field = ?2 AND {NEWS}) c LEFT JOIN person p ON p.id = c.actor ORDER BY c.hlc, c.seq",
        (ticket, number),
    )
    reasons = _reasons(reader, ticket)
    first = State(moves[0][1] if moves else state)
    found = [StepRow(first, created, None, requester or "", None)]
    for new, _old, at, actor, act in moves:
        last = found[-1]
        found[-1] = StepRow(last.state, last.since, at, last.actor, last.reason)
        found.append(StepRow(State(new), at, None, actor or "", reasons.get(act)))
    if not moves and waiting:
        # Received as it stands: why it waits is known, since when only as far as the row says.
        found[-1] = StepRow(first, updated, None, "", WAITING_REASONS.get(waiting, reason))
    return tuple(found)


def _reasons(reader: Reader, ticket: Id) -> dict[Id, str]:
    """Why a ticket moved, by act: what it waits for, how it was solved, the reason given."""
    words: dict[Id, str] = {}
    for name, names in (("state_reason", {}), ("solution", SOLUTIONS), ("waiting_reason", WAITING_REASONS)):
        for act, new in reader.rows(
            "SELECT act, new FROM change WHERE record = ? AND field = ? AND new IS NOT NULL AND act IS NOT NULL",
            (ticket, number_of(name)),
        ):
            words[act] = names.get(new, new)
    return words


def revert(work: Work, ticket: Id, seq: int, *, seen: Base | None = None) -> Changes:
    """Give one field the value that it had before a change of the history. Undo brings the newer one back."""
    row = work.row("SELECT entity, field, old FROM change WHERE seq = ? AND record = ?", (seq, ticket))
    if row is None or row[0] != Ticket.entity:
        raise NotFound("This change is not here")
    spec = _specs(Ticket)[row[1]]
    if spec.kind in (Kind.STATE, Kind.APPEND_ONLY):
        raise Refused(f"{commands.label_of(spec.name)} cannot be reverted; use the actions of the ticket")
    values = {spec.name: row[2]}
    if spec.name in ("lat", "lon"):
        values = _position_before(work, ticket, seq)
    if spec.name == "voided":
        commands.write(work, ticket, values, seen)
        changes = Changes(tickets=frozenset({ticket}))
    else:
        changes = commands.edit(work, ticket, values, seen=seen)
    work.label = f"Revert {commands.label_of(spec.name).lower()} of {commands.number_of(work, ticket)}"
    return changes


def _position_before(work: Work, ticket: Id, seq: int) -> dict[str, Any]:
    pair = {number_of("lat"): "lat", number_of("lon"): "lon"}
    current = dict(zip(("lat", "lon"), commands.existing(work, ticket, "lat, lon"), strict=True))
    rows = work.rows(
        "SELECT field, old FROM change WHERE record = ? AND act = (SELECT act FROM change WHERE seq = ?)",
        (ticket, seq),
    )
    return current | {pair[field]: old for field, old in rows if field in pair}


@cache
def _specs_of(number: int) -> dict[int, FieldSpec]:
    return {spec.number: spec for spec in fields(_ENTITIES[number])}


def _specs(entity: type[Synced]) -> dict[int, FieldSpec]:
    return _specs_of(entity.entity)


def number_of(name: str) -> int:
    """The field number of a ticket field."""
    return next(spec.number for spec in fields(Ticket) if spec.name == name)


def _row(reader: Reader, entity: type[Synced], record: tuple[Any, ...], answers: Answers) -> HistoryRow | None:
    seq, _, _, number, event, new, old, hlc, happened, act, actor, own, code = record
    recorded = clock.wall_of(hlc)

    def made(kind: str, field: str, label: str, before: str, after: str, revertible: bool = False) -> HistoryRow:
        return HistoryRow(
            seq, act, actor or "", happened or recorded, recorded, kind, field, label, before, after, revertible,
            None if code is None else stage_of(code),
        )  # fmt: skip

    kind = _KINDS.get(entity.entity)
    if number == 0:
        values = {
            _specs(entity)[int(key)].name: value for key, value in json.loads(new).items() if int(key) in _specs(entity)
        }
        if kind is None:
            return made("create", "", "Created", "", str(values.get("title", "")))
        if entity is threads.Answer:
            asked = str(values.get("question", ""))
            return made(kind, "value", answers.label(asked), "", answers.text(asked, values.get("value")))
        return made(kind, "", _HANGING_LABELS[kind], "", _hanging(reader, entity, values))
    spec = _specs(entity).get(number)
    if spec is None or (entity is Ticket and spec.name in _HIDDEN):
        return None
    if kind is not None:
        if entity is threads.Answer and spec.name == "value":
            asked = reader.value("SELECT question FROM answer WHERE id = ?", (record[2],)) or ""
            after = answers.text(asked, new)
            before = "" if after == NOT_ASKED else answers.text(asked, old)
            return made(kind, spec.name, answers.label(asked), before, after)
        if spec.name == "voided":
            return made(kind, "voided", _HANGING_LABELS[kind] + " removed", "", "")
        if spec.name in ("unit", "marking", "exercise"):
            return None
        if entity is threads.ConflictCare:
            before, after = (_care(reader, spec, value) for value in (old, new))
            return made(kind, spec.name, _CARE_LABELS.get(spec.name, "Conflict"), before, after)
        return made(kind, spec.name, _HANGING_LABELS[kind] + " changed", _plain(old), _plain(new))
    if spec.name == "state":
        row = transition(State(old), event or "")
        return made("transition", "state", row.label if row else "State", State(old).label, State(new).label)
    before, after = value_text(reader, spec.name, old), value_text(reader, spec.name, new)
    label = commands.label_of(spec.name)
    return made("void" if spec.name == "voided" else "set", spec.name, label, before, after, bool(own))


_HANGING_LABELS = {
    "comment": "Comment", "link": "Link", "tag": "Tag", "watch": "Watcher", "answer": "Answer", "conflict": "Conflict",
}  # fmt: skip
_CARE_LABELS = {"owner": "Conflict given to", "due_at": "Conflict due", "note": "Conflict, why so"}


def _care(reader: Reader, spec: FieldSpec, value: Any) -> str:
    """A value of the care for a conflict as a person reads it."""
    if value is None:
        return ""
    if spec.target == "person":
        return name_of(reader, "person", "name", value)
    return times.dtg(value) if spec.name == "due_at" else str(value)


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _hanging(reader: Reader, entity: type[Synced], values: dict[str, Any]) -> str:
    if entity is threads.Comment:
        return str(values.get("body", ""))
    if entity is threads.Tag:
        return str(values.get("word", ""))
    if entity is threads.Watcher:
        return name_of(reader, "person", "name", bytes.fromhex(values["person"]))
    if entity is threads.ConflictCare:
        owner = bytes.fromhex(values["owner"]) if "owner" in values else None
        due = [f"due {times.dtg(values['due_at'])}"] if "due_at" in values else []
        given = [f"given to {name_of(reader, 'person', 'name', owner)}"] if owner else []
        return ", ".join([*given, *due, *([str(values["note"])] if "note" in values else [])])
    words = LINK_KINDS.get(str(values.get("kind")), ("linked to", ""))[0]
    return f"{words} {name_of(reader, 'ticket', 'number', bytes.fromhex(values['target']))}"


_WORDS: dict[str, Callable[[Any], str]] = {
    "urgency": lambda value: Level(value).label,
    "impact": lambda value: Level(value).label,
    "priority": lambda value: Priority(value).label,
    "marking": lambda value: Marking(value).label,
    "state": lambda value: State(value).label,
    "major": lambda value: "yes" if value else "no",
    "exercise": lambda value: "yes" if value else "no",
    "waiting_reason": lambda value: WAITING_REASONS.get(value, value),
    "solution": lambda value: SOLUTIONS.get(value, value),
    "accuracy_m": lambda value: f"± {value:g} m",
    "position_source": positions.source_words,
}


def value_text(reader: Reader, name: str, value: Any) -> str:
    """A value of a ticket field as a person reads it; empty for none. Unknown codes are shown as they are."""
    if value is None:
        return ""
    if name.endswith("_at") or name == "waiting_until":
        return times.dtg(value)
    if name in _WORDS:
        try:
            return _WORDS[name](value)
        except ValueError:
            return str(value)
    if isinstance(value, bytes):
        return target_name(reader, next(spec.target for spec in fields(Ticket) if spec.name == name), value)
    return str(value)

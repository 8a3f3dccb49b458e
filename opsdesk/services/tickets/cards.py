"""Everything about one ticket for its detail and preview: the card, the conversation, what may be related."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from opsdesk.models.base import Id
from opsdesk.services import forms, mentions, pasting, positions
from opsdesk.services.errors import NotFound
from opsdesk.services.tickets import fetch, past, transitions
from opsdesk.services.tickets.answer_words import answer_text, plain
from opsdesk.services.tickets.links import linked
from opsdesk.services.tickets.marks import STAGE_CODE, Stage, stage_of
from opsdesk.services.tickets.rows import (
    AnswerRow,
    Base,
    CommentRow,
    Named,
    TicketCard,
    TicketRow,
)
from opsdesk.store.work import Reader

_CARD = """
SELECT t.key, t.description, t.type, t.category, t.form, t.urgency, t.impact, t.priority_reason, t.reported_via,
  t.on_behalf_of, t.contact, t.location, t.grid, t.accuracy_m, t.position_doubt, t.state_reason, t.waiting_until,
  t.solution, t.voided, ru.id, ru.name, g.id, g.name, pl.id, pl.name, pt.id, pt.number, t.position_source
FROM ticket t LEFT JOIN unit ru ON ru.id = t.requester_unit LEFT JOIN unit g ON g.id = t."group"
LEFT JOIN place pl ON pl.id = t.place LEFT JOIN ticket pt ON pt.id = t.parent
WHERE t.id = ?
"""


def card(reader: Reader, ticket: Id) -> TicketCard:
    """The ticket with all its fields, people, links and what may be done. Raises NotFound."""
    found = reader.row(_CARD, (ticket,))
    if found is None:
        raise NotFound("This ticket is not here")
    (row,) = fetch.rows(reader, [found[0]])
    return _card(reader, ticket, row, found)


def _card(reader: Reader, ticket: Id, row: TicketRow, found: tuple[Any, ...]) -> TicketCard:
    watchers = tuple(
        Named(*person)
        for person in reader.rows(
            "SELECT DISTINCT p.id, p.name FROM watcher w JOIN person p ON p.id = w.person "
            "WHERE w.subject = ? AND w.voided IS NULL ORDER BY p.name",
            (ticket,),
        )
    )
    asked = forms.asked_of(reader, ticket)
    return TicketCard(
        row=row,
        description=found[1] or "",
        type_id=found[2],
        category_id=found[3],
        form_id=found[4],
        urgency=found[5],
        impact=found[6],
        priority_reason=found[7],
        reported_via=found[8],
        on_behalf_of=found[9],
        contact=found[10],
        location=found[11],
        grid=found[12],
        accuracy_m=found[13],
        position_doubt=found[14],
        position_source=found[27],
        state_reason=found[15],
        waiting_until=found[16],
        solution=found[17],
        voided=found[18],
        requester_unit=_named(found[19], found[20]),
        group=_named(found[21], found[22]),
        place=_named(found[23], found[24] and pasting.clean(found[24])),
        parent=_named(found[25], found[26]),
        watchers=watchers,
        watching=any(person.id == reader.person for person in watchers),
        links=linked(reader, ticket),
        steps=past.steps(reader, ticket),
        answers=_answers(reader, asked),
        events=transitions.events(reader, ticket, asked),
        history_count=past.count(reader, ticket),
        answer_vers=dict(reader.rows("SELECT question, ver FROM answer WHERE subject = ?", (ticket,))),
    )


def _named(record: Id | None, name: str | None) -> Named | None:
    return None if record is None else Named(record, name or "not yet received")


def _answers(reader: Reader, asked: forms.Asked) -> tuple[AnswerRow, ...]:
    said = asked.shown
    rows = [
        AnswerRow(field.code, field.label, said[field.code], answer_text(reader, field, said.pop(field.code)))
        for field in asked.judged.fields
        if field.code in said
    ]
    return (*rows, *(AnswerRow(question, question, value, plain(value)) for question, value in said.items()))


def conversation(reader: Reader, ticket: Id) -> tuple[CommentRow, ...]:
    """The comments in the order they were written, each with its replies."""
    edited: dict[Id, int] = {}
    stages: dict[Id, Stage] = {}
    for record, number, at, code in reader.rows(
        f"SELECT c.record, c.field, c.hlc >> 16, {STAGE_CODE} FROM change c "
        "WHERE c.record IN (SELECT id FROM comment WHERE subject = ?) AND c.field IN (0, 12) ORDER BY c.seq",
        (ticket,),
    ):
        stages[record] = stage_of(code)
        if number:
            edited[record] = at
    for record, at in reader.rows(
        "SELECT record, max(coalesce(happened, hlc >> 16)) FROM received_change "
        "WHERE record IN (SELECT id FROM comment WHERE subject = ?) AND field = 12 GROUP BY record",
        (ticket,),
    ):
        edited[record] = max(at, edited.get(record, at))
    rows = reader.rows(
        "SELECT c.id, c.reply_to, p.id, p.name, coalesce(u.code, u.name, ''), c.body, c.visibility, c.written_at, "
        "c.ver FROM comment c LEFT JOIN person p ON p.id = c.author LEFT JOIN unit u ON u.id = p.unit "
        "WHERE c.subject = ? AND c.voided IS NULL ORDER BY c.written_at, c.key",
        (ticket,),
    )
    known = {row[0] for row in rows}
    replies: dict[Id, list[CommentRow]] = {}
    threads: list[tuple[Id, CommentRow]] = []
    read = fetch.read_up_to(reader)
    names = mentions.names(reader, (row[5] for row in rows))
    for record, reply_to, person, name, unit, body, visibility, written, ver in rows:
        author = Named(person, name, unit) if person else None
        at = edited.get(record)
        said = tuple((one.target, names[one.target]) for one in mentions.mentions(body) if one.target in names)
        row = CommentRow(
            record, Base(ver, *read), author, body, visibility, written, at, stage=stages.get(record), names=said
        )
        if reply_to in known:
            replies.setdefault(reply_to, []).append(row)
        else:  # also a reply whose parent has not arrived yet
            threads.append((record, row))
    return tuple(replace(row, replies=tuple(replies.get(record, ()))) for record, row in threads)


def by_number(reader: Reader, text: str) -> Id | None:
    """The ticket of a number as typed: `T-CP1-00042`, or its serial alone when only one ticket ends so."""
    said = text.strip().upper().lstrip("#")
    found = reader.rows(
        "SELECT id FROM ticket WHERE rtrim(number, '0123456789') = ? AND length(number) = ? AND number = ? "
        "AND voided IS NULL LIMIT 2",
        (said.rstrip("0123456789"), len(said), said),
    )
    if not found and said.isdigit():
        found = reader.rows(
            "SELECT id FROM ticket WHERE length(number) >= 7 AND number LIKE ? AND voided IS NULL LIMIT 2",
            (f"%-{said.zfill(5)}",),
        )
    return found[0][0] if len(found) == 1 else None


def position_text(row: TicketRow, style: str = "mgrs") -> str:
    """The position of a row as the person prefers it; empty when it has none."""
    at = row.position
    return "" if at is None else positions.show(at.lat, at.lon, style)

"""Links between tickets: what may be linked, what is linked, seen from one of them, and what goes round in a circle."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from opsdesk.models import rights
from opsdesk.models.base import Id
from opsdesk.models.threads import LINK_KINDS, Link
from opsdesk.models.tickets import Priority, State
from opsdesk.services import access
from opsdesk.services.changes import Changes
from opsdesk.services.errors import NotFound, Refused
from opsdesk.services.tickets.commands import existing, number_of, touch
from opsdesk.services.tickets.rows import LinkRow
from opsdesk.store.work import Reader, Work

OUT_OF_SIGHT: Final = "A record you cannot read"
"""What stands for a ticket that is not here: it may lie outside what the person may see, or not have arrived yet."""
_ORDERED: Final = ("blocks", "parent", "duplicates", "caused")
"""Kinds that lead one way, so that a circle of them makes no sense."""
_CIRCLES: Final = {
    "blocks": "they would block each other for ever",
    "parent": "it would be part of itself",
    "duplicates": "it would duplicate itself",
    "caused": "it would have caused itself",
}
_REACH: Final = """
WITH RECURSIVE reach (id) AS (
  SELECT ?1 UNION SELECT l.target FROM reach r JOIN link l ON l.subject = r.id WHERE l.kind = ?2 AND l.voided IS NULL
)
SELECT 1 FROM reach WHERE id = ?3 LIMIT 1
"""
# UNION leaves out what was reached already, so that a circle that two desks made apart ends the walk.


def link(work: Work, ticket: Id, kind: str, target: Id, *, back: bool = False, even_voided: bool = False) -> Changes:
    """Link a ticket to another; `kind` is one of LINK_KINDS, seen from `ticket`, or from the other one with `back`.

    `even_voided` is for what tells of a ticket rather than goes on with it. Raises Refused for what makes no sense:
    with itself, with a voided one, twice, or in a circle.
    """
    if back:
        ticket, target = target, ticket
    access.require(work, rights.EDIT, ticket)
    if kind not in LINK_KINDS:
        raise Refused(f"A link is one of {', '.join(LINK_KINDS)}", field="kind")
    if target == ticket:
        raise Refused("A ticket cannot be linked to itself", field="ticket")
    number, other = number_of(work, ticket), _number_to_link(work, target, even_voided)
    _require_new(work, ticket, kind, target)
    if kind in _ORDERED and reaches(work, kind, target, ticket):
        raise Refused(f"{number} and {other}: {_CIRCLES[kind]}", field="ticket")
    if kind == "parent":
        _require_no_parent(work, target, other)
    unit, marking, exercise = existing(work, ticket, "unit, marking, exercise")
    hangs = {"unit": unit, "marking": marking, "exercise": exercise, "subject": ticket}
    work.value_out = work.insert(Link, hangs | {"kind": kind, "target": target})
    for one in (ticket, target):
        touch(work, one)
    work.label = f"Link {other} to {number}"
    return Changes(tickets=frozenset({ticket, target}))


def unlink(work: Work, link_id: Id) -> Changes:
    """Take a link away, with those that say the same, as two desks may each have made one."""
    row = work.row("SELECT subject, kind, target FROM link WHERE id = ? AND voided IS NULL", (link_id,))
    if row is None:
        raise NotFound("This link is not here any more")
    subject, kind, target = row
    if work.value("SELECT 1 FROM ticket WHERE id = ?", (subject,)) is None:
        raise Refused("This link belongs to the other record, which you cannot read")
    access.require(work, rights.EDIT, subject)
    pairs = "(subject, target) IN (VALUES (?, ?), (?, ?))" if _is_mutual(kind) else "(subject, target) = (?, ?)"
    ends = (subject, target, target, subject) if _is_mutual(kind) else (subject, target)
    work.execute(f"UPDATE link SET voided = 'removed' WHERE kind = ? AND voided IS NULL AND {pairs}", (kind, *ends))
    touch(work, target)
    touch(work, subject)
    work.label = f"Remove link from {number_of(work, subject)}"
    return Changes(tickets=frozenset({subject, target}))


def linked(reader: Reader, ticket: Id) -> tuple[LinkRow, ...]:
    """The links of a ticket from both sides, each pair and kind once, in the order in which they were made."""
    found: dict[tuple[str, Id], LinkRow] = {}
    for back, (mine, other) in enumerate((("subject", "target"), ("target", "subject"))):
        for record, kind, end, *rest in reader.rows(
            f"SELECT l.id, l.kind, l.{other}, t.number, t.title, t.state, t.priority, t.voided FROM link l "
            f"LEFT JOIN ticket t ON t.id = l.{other} WHERE l.{mine} = ? AND l.voided IS NULL ORDER BY l.key",
            (ticket,),
        ):
            words = LINK_KINDS.get(kind, (kind, kind))[back]
            found.setdefault((words, end), _row(record, words, end, kind, bool(back), rest))
    return tuple(
        replace(row, circle=_is_round(reader, ticket, row)) if row.kind in _ORDERED else row for row in found.values()
    )


def reaches(reader: Reader, kind: str, start: Id, end: Id) -> bool:
    """Whether links of a kind lead from one ticket to another, over however many between."""
    return reader.value(_REACH, (start, kind, end)) is not None


def _row(record: Id, words: str, end: Id, kind: str, back: bool, rest: list[Any]) -> LinkRow:
    number, title, state, priority, voided = rest
    if number is None:
        return LinkRow(record, words, end, "", OUT_OF_SIGHT, None, None, kind, back)
    return LinkRow(record, words, end, number, title, State(state), Priority(priority), kind, back, voided)


def _is_round(reader: Reader, ticket: Id, row: LinkRow) -> bool:
    start, end = (ticket, row.ticket) if row.back else (row.ticket, ticket)
    return reaches(reader, row.kind, start, end)


def _is_mutual(kind: str) -> bool:
    words = LINK_KINDS.get(kind, ("", "-"))
    return words[0] == words[1]


def _number_to_link(reader: Reader, target: Id, even_voided: bool) -> str:
    row = reader.row("SELECT number, voided FROM ticket WHERE id = ?", (target,))
    if row is None:
        raise NotFound("This ticket is not here", field="ticket")
    if row[1] is not None and not even_voided:
        raise Refused(f"{row[0]} was voided: {row[1]}", field="ticket")
    return str(row[0])


def _require_new(reader: Reader, ticket: Id, kind: str, target: Id) -> None:
    pairs = (ticket, target, target, ticket) if _is_mutual(kind) else (ticket, target, ticket, target)
    there = "SELECT 1 FROM link WHERE kind = ? AND voided IS NULL AND (subject, target) IN (VALUES (?, ?), (?, ?))"
    if reader.value(there, (kind, *pairs)) is not None:
        raise Refused("They are linked so already", field="ticket")


def _require_no_parent(reader: Reader, child: Id, number: str) -> None:
    parent = reader.value(
        "SELECT coalesce(t.number, ?) FROM link l LEFT JOIN ticket t ON t.id = l.subject "
        "WHERE l.target = ? AND l.kind = 'parent' AND l.voided IS NULL LIMIT 1",
        (OUT_OF_SIGHT.lower(), child),
    )
    if parent is not None:
        raise Refused(f"{number} is part of {parent} already", field="ticket")

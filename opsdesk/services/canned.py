"""Texts that are often written: one's own and those of the unit, put in behind `::` with what the ticket says.

Place-holders stand in braces, `{number}`. What the ticket does not say leaves the place-holder in the text, where the
writer sees it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from opsdesk.models import rights
from opsdesk.models.base import Id
from opsdesk.models.forms import CannedText
from opsdesk.models.tickets import Priority, State
from opsdesk.services import access, pasting, times
from opsdesk.services.changes import Changes
from opsdesk.services.errors import NotFound, Refused
from opsdesk.services.tickets.fetch import read_up_to
from opsdesk.services.tickets.rows import Base
from opsdesk.store.work import Reader, Work

MINE: Final = "mine"
UNIT: Final = "unit"
SCOPES: Final = {MINE: "Only me", UNIT: "All of my unit"}
NAME_LIMIT: Final = 60
SHORTCUT_LIMIT: Final = 20
BODY_LIMIT: Final = 10_000
MOST: Final = 500
"""Texts that are offered."""
_SHORTCUT: Final = re.compile(r"[^\W_][\w-]*")
_HOLDER: Final = re.compile(r"\{([a-z][a-z ]{0,30})\}")
_LONG: Final = 1_000
"""Letters of a value that are put into a text."""


@dataclass(frozen=True, slots=True)
class CannedRow:
    """One text. `shortcut` is empty for none."""

    id: Id
    base: Base
    name: str
    shortcut: str
    body: str
    mine: bool

    @property
    def scope(self) -> str:
        """`mine` or `unit`."""
        return MINE if self.mine else UNIT


@dataclass(frozen=True, slots=True)
class Offer:
    """A text as it would be put in: its place-holders filled as far as they can be."""

    name: str
    shortcut: str
    words: str
    """Its first words, for the list."""
    text: str
    mine: bool


@dataclass(frozen=True, slots=True)
class About:
    """What a text is written about: a ticket that is here, or what is typed of one that is not yet."""

    ticket: Id | None = None
    typed: tuple[tuple[str, str], ...] = ()
    """Place-holders and what stands for them."""


_OF_TICKET: Final = """
SELECT t.number, t.title, y.name, c.name, t.state, t.priority, coalesce(p.name, t.location, t.grid), r.name, t.contact,
  a.name, coalesce(u.code, u.name), t.due_at, t.occurred_at
FROM ticket t LEFT JOIN ticket_type y ON y.id = t.type LEFT JOIN category c ON c.id = t.category
LEFT JOIN place p ON p.id = t.place LEFT JOIN person r ON r.id = t.requester LEFT JOIN person a ON a.id = t.assignee
LEFT JOIN unit u ON u.id = t.unit WHERE t.id = ?
"""
HOLDERS: Final[Mapping[str, str]] = {
    "number": "its number", "title": "its title", "type": "its type", "category": "its category", "state": "its state",
    "priority": "its priority", "place": "where it is", "requester": "who reported it", "assignee": "who has it",
    "unit": "the unit that has it", "due": "when it is due", "happened": "when it happened", "me": "your name",
    "my unit": "your unit", "now": "the time as a date-time group",
}  # fmt: skip
"""The place-holders, with what stands for each."""


def texts(reader: Reader, words: str = "", most: int | None = None) -> tuple[CannedRow, ...]:
    """One's own texts and those of the unit that this desk holds, by their names: those that have each of `words` in
    name, shortcut or body, and at most `most` of them."""
    where, bound = _finding(words)
    found = reader.rows(
        f"SELECT id, ver, name, shortcut, body, owner FROM canned_text WHERE {where} ORDER BY lower(name), key LIMIT ?",
        (reader.person, *bound, -1 if most is None else most),
    )
    seq, settled = read_up_to(reader)
    return tuple(
        CannedRow(record, Base(ver, seq, settled), name, shortcut or "", body, owner is not None)
        for record, ver, name, shortcut, body, owner in found
    )


def counted(reader: Reader, words: str = "") -> int:
    """How many texts `texts` finds."""
    where, bound = _finding(words)
    return int(reader.value(f"SELECT count(*) FROM canned_text WHERE {where}", (reader.person, *bound)) or 0)


def page(reader: Reader, words: str = "", most: int = MOST) -> tuple[tuple[CannedRow, ...], int]:
    """The first texts that have each of `words`, and how many there are of them."""
    return texts(reader, words, most), counted(reader, words)


def _finding(words: str) -> tuple[str, list[str]]:
    """The condition of `texts` with what is bound to it behind the person."""
    said = words.split()
    each = " AND instr(lower(name || ' ' || coalesce(shortcut, '') || ' ' || body), lower(?))"
    return f"voided IS NULL AND (owner IS NULL OR owner = ?){each * len(said)}", said


def offers(reader: Reader, about: About, typed: str = "") -> tuple[Offer, ...]:
    """The texts as they would be put in now: MOST of them by their names, and MOST that have in them what was
    `typed`."""
    rows = texts(reader, "", MOST)
    if typed and len(rows) == MOST:
        rows = tuple({row.id: row for row in (*texts(reader, typed, MOST), *rows)}.values())
    values = _values(reader, about) if rows else {}
    return tuple(_offer(row, values) for row in rows)


def _offer(row: CannedRow, values: Mapping[str, str]) -> Offer:
    text = filled(row.body, values)
    return Offer(row.name, row.shortcut, " ".join(text.split())[:120], text, row.mine)


def filled(body: str, values: Mapping[str, str]) -> str:
    """A text with `values` in place of its place-holders; one that has no value stays."""
    return _HOLDER.sub(lambda found: _plain(values.get(found[1], "")) or found[0], body)


def _plain(value: str) -> str:
    """A value of a ticket as plain words: it comes from anywhere, and must not become a link or a mention."""
    return " ".join(pasting.clean(value[:_LONG]).split()).replace("](", "] (")


def _values(reader: Reader, about: About) -> dict[str, str]:
    me = reader.row(
        "SELECT p.name, coalesce(u.code, u.name) FROM person p LEFT JOIN unit u ON u.id = ? WHERE p.id = ?",
        (reader.unit, reader.person),
    )
    name, unit_name = me or ("", "")
    values = {"me": name, "my unit": unit_name, "now": times.dtg(reader.now), **dict(about.typed)}
    row = reader.row(_OF_TICKET, (about.ticket,)) if about.ticket is not None else None
    if row is not None:
        number, title, kind, category, state, priority, place, requester, contact, assignee, unit, due, happened = row
        values |= {
            "number": number, "title": title, "type": kind, "category": category, "state": State(state).label,
            "priority": Priority(priority).label, "place": place, "requester": requester or contact,
            "assignee": assignee, "unit": unit, "due": due and times.dtg(due), "happened": times.dtg(happened),
        }  # fmt: skip
    return {name: value for name, value in values.items() if value}


def save(
    work: Work,
    *,
    name: str,
    body: str,
    shortcut: str = "",
    scope: str = MINE,
    id: Id | None = None,
    seen: Base | None = None,
) -> Changes:
    """Keep a new text, or over the text `id` on the base that its editor showed. The outcome's value is its id.

    Another scope makes it anew there and takes the old one away: who could read it before is told that it went. Raises
    Refused for a name or shortcut that is missing, wrong or taken, and for place-holders that are none.
    """
    access.require(work, rights.EDIT if scope == UNIT else rights.READ)
    called = _name(name)
    said = _body(body)
    short = _shortcut(shortcut)
    if scope not in SCOPES:
        raise Refused(f"A text is for {' or '.join(SCOPES)}", field="scope")
    rows = texts(work)
    before = next((row for row in rows if row.id == id), None)
    if id is not None and before is None:
        raise NotFound("This text is not here any more")
    for row in rows:
        if row.id != id and row.scope == scope and row.name.casefold() == called.casefold():
            raise Refused(f"There is a text “{row.name}” already", field="name")
        if row.id != id and short and row.shortcut == short and row.scope == scope:
            raise Refused(f"“{row.name}” has this shortcut", field="shortcut")
    if before is not None and not before.mine:
        access.require(work, rights.EDIT)
    values = {"name": called, "shortcut": short or None, "body": said}
    if before is not None and before.scope == scope:
        work.update(CannedText, before.id, values, seen=seen)
        work.value_out = before.id
    else:
        owner = work.person if scope == MINE else None
        work.value_out = work.insert(CannedText, {"unit": work.unit, "owner": owner, **values})
        if before is not None:
            work.update(CannedText, before.id, {"voided": "kept for others"})
    work.label = f"Save the text “{called}”"
    return Changes(forms=frozenset({work.value_out, *([before.id] if before is not None else [])}))


def remove(work: Work, text: Id) -> Changes:
    """Offer a text no longer; undo brings it back."""
    row = next((row for row in texts(work) if row.id == text), None)
    if row is None:
        raise NotFound("This text is not here any more")
    access.require(work, rights.READ if row.mine else rights.EDIT)
    work.update(CannedText, text, {"voided": "removed"})
    work.label = f"Remove the text “{row.name}”"
    return Changes(forms=frozenset({text}))


def _name(name: str) -> str:
    called = " ".join(name.split())
    if not called:
        raise Refused("Give it a name", field="name")
    return _at_most(called, NAME_LIMIT, "name")


def _shortcut(shortcut: str) -> str:
    short = shortcut.strip().removeprefix("::").casefold()
    if short and not _SHORTCUT.fullmatch(short):
        raise Refused("A shortcut is one word of letters, digits and hyphens", field="shortcut")
    return _at_most(short, SHORTCUT_LIMIT, "shortcut")


def _body(body: str) -> str:
    said = body.strip()
    if not said:
        raise Refused("Write the text", field="body")
    unknown = next((found[0] for found in _HOLDER.finditer(said) if found[1] not in HOLDERS), None)
    if unknown is not None:
        known = ", ".join(f"{{{name}}}" for name in HOLDERS)
        raise Refused(f"{unknown} stands for nothing. Write one of {known}", field="body")
    return _at_most(said, BODY_LIMIT, "body")


def _at_most(text: str, limit: int, field: str) -> str:
    if len(text) > limit:
        raise Refused(f"At most {limit:,} characters, these are {len(text):,}", field=field)
    return text

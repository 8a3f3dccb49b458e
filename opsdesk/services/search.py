"""Finding by words: the palette's one box over tickets, people, units and places."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from opsdesk.models.base import Id
from opsdesk.models.tickets import Priority
from opsdesk.services import pasting
from opsdesk.store.work import Reader

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class PaletteHit:
    """One find: its kind is `ticket`, `person`, `unit` or `place`; `mark` is a priority's word or None."""

    kind: str
    id: Id
    label: str
    detail: str
    mark: str | None = None


def fts(text: str) -> str:
    """An FTS5 query for words as typed: all of them, the last one as the beginning of a word. Empty for no word."""
    words = _WORD.findall(text)[:12]
    return " ".join(f'"{word}"' for word in words[:-1]) + (f' "{words[-1]}"*' if words else "")


def palette(reader: Reader, text: str, limit: int = 20) -> tuple[PaletteHit, ...]:
    """What the palette shows for what was typed: tickets first, then people, units and places."""
    said = text.strip()
    if not said:
        return _recent(reader, limit)
    return (
        *_tickets(reader, said, limit),
        *_named(reader, "person", said, limit),
        *_named(reader, "unit", said, limit),
        *_named(reader, "place", said, limit),
    )


_TICKET_HIT = "SELECT t.id, t.number, t.title, t.priority FROM ticket t WHERE t.key IN ({keys}) AND t.voided IS NULL"


def _recent(reader: Reader, limit: int) -> tuple[PaletteHit, ...]:
    rows = reader.rows(
        "SELECT t.id, t.number, t.title, t.priority FROM (SELECT subject FROM seen WHERE person = ? "
        "ORDER BY seen_at DESC LIMIT ?) s JOIN ticket t ON t.id = s.subject WHERE t.voided IS NULL",
        (reader.person, limit),
    )
    return tuple(_ticket_hit(row) for row in rows)


def _tickets(reader: Reader, said: str, limit: int) -> tuple[PaletteHit, ...]:
    keys: dict[int, None] = {}
    # Parts of a number are looked for where something of a number was typed; three letters are the least that a
    # trigram index can find.
    if any(letter.isdigit() for letter in said) and len(said) >= 3:
        quoted = '"' + said.replace('"', '""') + '"'
        found = reader.rows(
            "SELECT rowid FROM ticket_tri WHERE ticket_tri MATCH ? ORDER BY rowid DESC LIMIT ?", (quoted, limit)
        )
        keys |= {key: None for (key,) in found}
    if query := fts(said):
        found = reader.rows(
            "SELECT rowid FROM ticket_fts WHERE ticket_fts MATCH ? ORDER BY rowid DESC LIMIT ?", (query, limit)
        )
        keys |= {key: None for (key,) in found}
    if not keys:
        return ()
    marks = ", ".join("?" * len(keys))
    rows = {row[1]: row for row in reader.rows(_TICKET_HIT.format(keys=marks), tuple(keys))}
    best = sorted(rows.values(), key=lambda row: -fuzz.partial_ratio(said.lower(), f"{row[1]} {row[2]}".lower()))
    return tuple(_ticket_hit(row) for row in best[:limit])


def _ticket_hit(row: tuple[Id, str, str, int]) -> PaletteHit:
    return PaletteHit("ticket", row[0], row[2], row[1], Priority(row[3]).label)


_NAMED = {
    "person": "SELECT p.id, p.name, concat_ws(', ', p.callsign, u.name) FROM person p "
    "LEFT JOIN unit u ON u.id = p.unit WHERE p.voided IS NULL",
    "unit": "SELECT id, name, concat_ws(', ', code, callsign) FROM unit WHERE voided IS NULL",
    "place": "SELECT id, name, coalesce(sort, '') FROM place WHERE voided IS NULL ORDER BY key DESC LIMIT 5000",
}


def _named(reader: Reader, kind: str, said: str, limit: int) -> tuple[PaletteHit, ...]:
    rows = reader.rows(_NAMED[kind])
    words = [pasting.clean(f"{row[1]} {row[2]}").lower() for row in rows]
    found = process.extract(said.lower(), words, scorer=fuzz.WRatio, score_cutoff=70, limit=limit)
    return tuple(PaletteHit(kind, rows[at][0], pasting.clean(rows[at][1]), rows[at][2]) for _, _, at in found)

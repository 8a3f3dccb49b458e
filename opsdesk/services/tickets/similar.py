"""Open tickets that may be about the same thing as another, with the reason for each."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from opsdesk.models.base import Id
from opsdesk.models.tickets import OPEN_STATES, Priority, State
from opsdesk.services.positions import distance_m
from opsdesk.services.query import nearby
from opsdesk.services.tickets.rows import RelatedRow
from opsdesk.store.work import Reader

_WORD = re.compile(r"\w+")
NEAR_M = 2_000
"""Distance in metres within which an open ticket counts as nearby."""
CANDIDATES = 400
"""Tickets that are looked at before the best are chosen, newest first."""


def similar(
    reader: Reader,
    title: str,
    lat: float | None = None,
    lon: float | None = None,
    place: Id | None = None,
    limit: int = 5,
) -> tuple[RelatedRow, ...]:
    """Open tickets that may be about the same thing: near by, at the same place, or with similar words.

    Distance in metres; at most CANDIDATES of the newest are looked at, so that typing never waits.
    """
    keys = {*near(reader, lat, lon), *alike(reader, long_words(title))}
    if not keys:
        return ()
    states = ", ".join(str(int(state)) for state in sorted(OPEN_STATES))
    rows = reader.rows(
        "SELECT id, number, title, state, priority, lat, lon, place FROM ticket "
        f"WHERE key IN ({', '.join('?' * len(keys))}) AND voided IS NULL AND state IN ({states})",
        tuple(keys),
    )
    scored = []
    for record, number, other, state, priority, other_lat, other_lon, other_place in rows:
        score = fuzz.token_set_ratio(title.lower(), other.lower())
        reasons = ["Similar words"] if score >= 75 else []
        if place is not None and other_place == place:
            score, reasons = score + 40, ["Same place", *reasons]
        elif lat is not None and lon is not None and other_lat is not None and other_lon is not None:
            metres = distance_m(lat, lon, other_lat, other_lon)
            if metres <= NEAR_M:
                score += 40 * (1 - metres / NEAR_M)
                reasons = [f"{metres:.0f} m away" if metres < 1000 else f"{metres / 1000:.1f} km away", *reasons]
        if reasons:
            reason = ", ".join(reasons)
            scored.append((score, RelatedRow(record, number, other, State(state), Priority(priority), reason)))
    scored.sort(key=lambda pair: (-pair[0], pair[1].number))
    return tuple(row for _, row in scored[:limit])


def near(reader: Reader, lat: float | None, lon: float | None) -> list[int]:
    """Row keys of at most CANDIDATES tickets around a position in degrees, the newest first."""
    if lat is None or lon is None:
        return []
    around = nearby.lead_to(nearby.box(lat, lon, NEAR_M))
    found = reader.rows(
        f"SELECT key FROM ({around.select}) ORDER BY key DESC LIMIT ?", (*around.parameters, CANDIDATES)
    )
    return [key for (key,) in found]


def alike(reader: Reader, words: Sequence[str]) -> list[int]:
    """Row keys of at most CANDIDATES tickets with one of some words in the title, the newest first."""
    if not words:
        return []
    query = " OR ".join(f'"{word}"' for word in words)
    found = reader.rows(
        "SELECT rowid FROM ticket_fts WHERE ticket_fts MATCH ? ORDER BY rowid DESC LIMIT ?",
        (f"title : ({query})", CANDIDATES),
    )
    return [key for (key,) in found]


def long_words(text: str) -> list[str]:
    """The words of a text that can tell it from others, at most eight."""
    return [word for word in _WORD.findall(text) if len(word) > 3][:8]

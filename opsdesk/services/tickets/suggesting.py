"""Which open tickets may belong together with one that is there already, each with the reasons in words.

Candidates come from the index of positions (R*Tree) and that of words (FTS5), a bounded number of the newest each, so
that it costs the same at a million tickets; what they have in common is judged on those alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from rapidfuzz import fuzz

from opsdesk.models.base import Id
from opsdesk.models.tickets import OPEN_STATES, Priority, State
from opsdesk.services import times
from opsdesk.services.errors import NotFound
from opsdesk.services.positions import distance_m
from opsdesk.services.tickets.links import linked
from opsdesk.services.tickets.rows import RelatedRow
from opsdesk.services.tickets.similar import NEAR_M, alike, long_words, near
from opsdesk.store.work import Reader

SOON_MS: Final = 6 * times.HOUR
"""Tickets that happened within this of each other are told so."""
_SAME: Final = 88.0
"""From this ratio of rapidfuzz on two words count as the same: one letter differs, or an ending."""
_ENOUGH: Final = 2
"""Words in common that alone are a reason."""

_COLUMNS: Final = "id, number, title, state, priority, lat, lon, place, category, occurred_at"


@dataclass(frozen=True, slots=True)
class _Facts:
    id: Id
    number: str
    title: str
    state: int
    priority: int
    lat: float | None
    lon: float | None
    place: Id | None
    category: Id | None
    occurred_at: int


def related(reader: Reader, ticket: Id, limit: int = 6) -> tuple[RelatedRow, ...]:
    """Open tickets that may belong together with this one, the likeliest first; linked ones are left out."""
    row = reader.row(f"SELECT {_COLUMNS} FROM ticket WHERE id = ?", (ticket,))
    if row is None:
        raise NotFound("This ticket is not here")
    here = _Facts(*row)
    words = long_words(here.title)
    keys = {*near(reader, here.lat, here.lon), *alike(reader, words)}
    left_out = {link.ticket for link in linked(reader, ticket)} | {ticket}
    states = ", ".join(str(int(state)) for state in sorted(OPEN_STATES))
    rows = reader.rows(
        f"SELECT {_COLUMNS} FROM ticket WHERE key IN ({', '.join('?' * len(keys))}) AND voided IS NULL "
        f"AND state IN ({states})",
        tuple(keys),
    )
    scored = [_judged(here, words, _Facts(*one)) for one in rows if one[0] not in left_out]
    found = sorted((pair for pair in scored if pair is not None), key=lambda pair: (-pair[0], pair[1].number))
    return tuple(row for _, row in found[:limit])


def _judged(here: _Facts, words: list[str], other: _Facts) -> tuple[float, RelatedRow] | None:
    """How likely the other belongs here too, with the reasons; None without any."""
    score, reasons = 0.0, []
    same_category = here.category is not None and here.category == other.category
    metres = _distance(here, other)
    if here.place is not None and here.place == other.place:
        score += 40
        reasons.append("same place")
    elif metres is not None and metres <= NEAR_M:
        score += 40 * (1 - metres / NEAR_M)
        reasons.append(f"{metres:.0f} m away" if metres < 1000 else f"{metres / 1000:.1f} km away")
    common = _in_common(words, long_words(other.title))
    if common >= _ENOUGH or (common and same_category):
        score += 12 * common + fuzz.token_set_ratio(here.title.lower(), other.title.lower()) / 4
        reasons.append(f"{common} word{'' if common == 1 else 's'} in common")
    if not reasons:
        return None
    if same_category:
        score += 10
        reasons.insert(0, "same category")
    apart = other.occurred_at - here.occurred_at
    if abs(apart) <= SOON_MS:
        score += 10
        reasons.append(_apart(apart))
    row = RelatedRow(
        other.id, other.number, other.title, State(other.state), Priority(other.priority), ", ".join(reasons)
    )
    return score, row


def _distance(here: _Facts, other: _Facts) -> float | None:
    spots: tuple[Any, ...] = (here.lat, here.lon, other.lat, other.lon)
    return None if None in spots else distance_m(*spots)


def _in_common(words: list[str], others: list[str]) -> int:
    """How many of the words stand among the others, give or take an ending."""
    there = [word.lower() for word in others]
    return sum(any(fuzz.ratio(word.lower(), one) >= _SAME for one in there) for word in dict.fromkeys(words))


def _apart(ms: int) -> str:
    """How much earlier or later the other happened: `1 h earlier`."""
    minutes = round(abs(ms) / times.MINUTE)
    if minutes < 1:
        return "at the same time"
    said = f"{minutes} min" if minutes < 60 else f"{round(minutes / 60)} h"
    return f"{said} {'later' if ms > 0 else 'earlier'}"

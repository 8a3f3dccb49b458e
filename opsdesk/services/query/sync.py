"""How tickets stand with the other stations, as conditions: what `sync:` finds, and the order of the Sync column."""

from __future__ import annotations

from collections.abc import Mapping

from opsdesk.services import unread
from opsdesk.services.query import conditions
from opsdesk.services.query.conditions import Condition, either, every, negated
from opsdesk.store.work import Reader

IN_STEP = "in step"


def standings(reader: Reader) -> Mapping[str, Condition]:
    """What may be said of a ticket, by its word, what needs a person first. Several may be true of one ticket."""
    return {
        "conflict": conditions.conflicted(),
        "returned": conditions.RETURNED,
        "draft": conditions.DRAFTED,
        "queued": conditions.QUEUED,
        "new": conditions.unread(reader.person, unread.read_until(reader)),
    }


def standing(reader: Reader, word: str) -> Condition:
    """The tickets of one word; those in step are the ones of which nothing else can be said."""
    known = standings(reader)
    return known[word] if word in known else negated(either(list(known.values())))


def marked(reader: Reader) -> tuple[Condition, ...]:
    """One condition for each mark in the order of the Sync column. Each ticket meets one of them alone."""
    found: list[Condition] = []
    earlier: list[Condition] = []
    for one in standings(reader).values():
        both = every([one, *map(negated, earlier)])
        # Only what is looked up by a list of its own is worth counting first: to count what is unread is to read all.
        found.append(Condition(both.sql, both.parameters, narrow=one.lead is not None, lead=one.lead))
        earlier.append(one)
    return (*found, standing(reader, IN_STEP))


def rank(reader: Reader) -> Condition:
    """The place of a ticket's mark in that order, as SQL."""
    known = list(standings(reader).values())
    cases = " ".join(f"WHEN {one.sql} THEN {place}" for place, one in enumerate(known))
    return Condition(f"CASE {cases} ELSE {len(known)} END", tuple(value for one in known for value in one.parameters))

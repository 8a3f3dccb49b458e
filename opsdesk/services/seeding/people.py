"""The made-up organisation that seeded tickets belong to: units, people and places."""

from __future__ import annotations

import random
from dataclasses import dataclass

from opsdesk.models import ids
from opsdesk.models.base import Id
from opsdesk.services.seeding import words

PEOPLE = 200
PLACES = 2_000

# The area that made-up places lie in: degrees of latitude and longitude.
_SOUTH, _NORTH, _WEST, _EAST = 4.6, 7.4, -6.2, -2.9


@dataclass(frozen=True, slots=True)
class SeedUnit:
    """A made-up unit with the people in it."""

    id: Id
    code: str
    name: str
    parent: Id | None
    people: tuple[SeedPerson, ...]


@dataclass(frozen=True, slots=True)
class SeedPerson:
    """A made-up person."""

    id: Id
    name: str
    short_name: str
    rank: str
    callsign: str


@dataclass(frozen=True, slots=True)
class SeedPlace:
    """A made-up place."""

    id: Id
    name: str
    sort: str
    lat: float
    lon: float


def made_id(chance: random.Random, at: int) -> Id:
    """An id for the time `at` that the chance decides."""
    return ids.new_id(at, chance.randbytes(10))


def units(chance: random.Random, at: int) -> tuple[SeedUnit, ...]:
    """The units in an order in which each comes after the one above it; larger ones have more people."""
    identities = {code: made_id(chance, at) for code, *_ in words.UNITS}
    counts = [0] * len(words.UNITS)
    for _ in range(PEOPLE):
        counts[int(len(counts) * chance.random())] += 1
    names = chance.sample([(first, last) for first in words.FIRST_NAMES for last in words.LAST_NAMES], PEOPLE)
    made = []
    for (code, name, *above), count in zip(words.UNITS, counts, strict=True):
        members = tuple(_person(chance, at, code, number, *names.pop()) for number in range(1, count + 1))
        made.append(SeedUnit(identities[code], code, name, identities[above[0]] if above else None, members))
    return tuple(made)


def _person(chance: random.Random, at: int, code: str, number: int, first: str, last: str) -> SeedPerson:
    rank = words.RANKS[min(int(chance.expovariate(0.5)), len(words.RANKS) - 1)]
    return SeedPerson(made_id(chance, at), f"{first} {last}", f"{first[0]}. {last}", rank, f"{code.upper()} {number}")


def places(chance: random.Random, at: int) -> tuple[SeedPlace, ...]:
    """Places around a few hundred towns; some names occur twice, as they do on real maps."""
    towns = [
        (chance.choice(words.PLACE_STEMS) + chance.choice(words.PLACE_ENDS),
         chance.uniform(_SOUTH, _NORTH), chance.uniform(_WEST, _EAST))
        for _ in range(PLACES // 8)
    ]  # fmt: skip
    made = []
    for _ in range(PLACES):
        town, lat, lon = chance.choice(towns)
        sort, pattern = chance.choice(words.PLACE_SORTS)
        name = pattern.format(
            town=town,
            letter=chance.choice(words.LETTERS),
            n=chance.randint(1, 29),
            km=chance.randint(1, 180),
        )
        lat += chance.gauss(0, 0.05)
        lon += chance.gauss(0, 0.05)
        made.append(SeedPlace(made_id(chance, at), name, sort, round(lat, 5), round(lon, 5)))
    return tuple(made)

"""Latitude and longitude in degrees: decimal, with minutes, with seconds, in either order, sides before or after.

A text is cut into numbers, signs and words, those into two halves, and each half is one coordinate. What the text
leaves open is asked, not guessed: a comma that may stand for decimals or between two numbers, the letter O, a side
that is not said, a first number that can be no latitude.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from opsdesk.services.errors import Refused
from opsdesk.services.positions.position import Ambiguous, Position, Reading, degrees_radius_m
from opsdesk.services.positions.words import AXES, EAST, EITHER, NORTH, SIDES, SOUTH, UNITS, WEST, plain

_PART = re.compile(
    r"(?P<number>[+-]?\d+(?:\.\d+)?)|(?P<word>[^\W\d_]+)\.?|(?P<sign>[°′″])|(?P<sep>[,;/|&])|[:=]|\s+|(?P<bad>.)"
)
_TIGHT_COMMA = re.compile(r"(\d),(?=\d)")
_DECIMAL_COMMA = re.compile(r"(?<![\d.])(\d+),(\d+)")
_ALL_COMMAS = re.compile(r"[+-]?\d+(?:,[+-]?\d+)+")
_ONE_COMMA = re.compile(r"([+-]?\d+),(\d+)")
_NOISE = re.compile(r"\bWGS\s*-?\s*84\b:?|[()]", re.I)
_AXIS_OF: Final = {NORTH: "lat", SOUTH: "lat", EAST: "lon", WEST: "lon", EITHER: "lon"}
_NAMES: Final = {"lat": "Latitude", "lon": "Longitude"}
_MOST: Final = {"lat": 90, "lon": 180}


class _Part(NamedTuple):
    """A piece of the text: `kind` is number, unit, side, axis or sep."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class _Half:
    """One coordinate: degrees without sign, the unit of its last place in degrees, and what was said of its side."""

    degrees: float
    unit: float
    minus: bool
    plus: bool
    side: str = ""
    axis: str = ""
    written: str = field(default="", compare=False)

    @property
    def signed(self) -> float:
        """North and east positive; a coordinate without a side counts as its sign says."""
        return -self.degrees if self.minus or self.side in (SOUTH, WEST) else self.degrees


def read_degrees(text: str, decimal: str | None = None) -> Position | None:
    """Read a latitude and a longitude; None for a text that looks like none.

    `decimal` is the sign before decimals where it is known; else a comma between digits may be either. Raises
    Refused with what is wrong, Ambiguous with the readings that there are.
    """
    said = _NOISE.sub(" ", plain(text)).strip()
    if decimal == "." or re.search(r"\d\.\d", said) or not _TIGHT_COMMA.search(said):
        return _read(said)
    as_decimals = _DECIMAL_COMMA.sub(r"\1.\2", said)
    if decimal == ",":
        return _read(as_decimals)
    if match := _ONE_COMMA.fullmatch(said):
        return _ask_about_comma(match)
    lettered = any(part.kind in ("side", "axis") for part in _cut(said) or ())
    found: list[Position] = []
    first: Refused | None = None
    # A comma parts numbers where it is the only one, or where commas alone part all of them.
    parting = (said,) if said.count(",") == 1 or _ALL_COMMAS.fullmatch(said) else ()
    for candidate in (as_decimals, *parting):
        try:
            at = _read(candidate)
        except Ambiguous:
            raise
        except Refused as refused:
            first = first or refused
            continue
        if at is not None and lettered:
            return at
        if at is not None:
            found.append(at)
    if len(found) == 2:
        raise Ambiguous(
            "The commas may stand for decimals or between numbers. Write points for decimals",
            tuple(Reading(words, at) for words, at in zip(("Decimals", "Degrees and minutes"), found, strict=True)),
        )
    if not found and first is not None:
        raise first
    return found[0] if found else None


def _ask_about_comma(match: re.Match[str]) -> Position:
    readings: tuple[Reading, ...] = ()
    if abs(int(match[1])) <= 90 and int(match[2]) <= 180:
        readings = (Reading("Latitude and longitude", _position(_whole(match[1]), _whole(match[2]))),)
    raise Ambiguous(
        f"Is {match[0]} one number or two? Write {match[1]}; {match[2]} for two, or the other coordinate as well",
        readings,
    )


def _whole(text: str) -> _Half:
    return _Half(abs(float(text)), 1.0, text.startswith("-"), text.startswith("+"))


# -- cutting ---------------------------------------------------------------------------------------------------------


def _cut(said: str) -> list[_Part] | None:
    """The parts of a text; None where one of them has no place in a coordinate."""
    parts: list[_Part] = []
    for match in _PART.finditer(said):
        if match["bad"]:
            return None
        if match["number"]:
            parts.append(_Part("number", match["number"]))
        elif match["sep"]:
            parts.append(_Part("sep", match["sep"]))
        elif match["sign"]:
            parts.append(_Part("unit", match["sign"]))
        elif match["word"]:
            word = match["word"].casefold()
            rest = said[match.end() :].lstrip()
            if word == "s" and _ends_minutes(parts) and (match["word"] == "s" or _begins_with_side(rest)):
                parts.append(_Part("unit", "″"))
            elif word in UNITS and parts and parts[-1].kind == "number":
                parts.append(_Part("unit", word))
            elif word in SIDES:
                parts.append(_Part("side", SIDES[word]))
            elif word in AXES:
                parts.append(_Part("axis", AXES[word]))
            elif (glued := _glued(word, parts)) is not None:
                parts += glued
            else:
                return None
    return parts


def _glued(word: str, parts: Sequence[_Part]) -> list[_Part] | None:
    """A unit and a side written as one word after a number: the `sN` of 52d22m12sN."""
    if not parts or parts[-1].kind != "number":
        return None
    for at in range(1, len(word)):
        unit = "″" if word[:at] == "s" and _ends_minutes(parts) else word[:at]
        if unit in UNITS and word[at:] in SIDES:
            return [_Part("unit", unit), _Part("side", SIDES[word[at:]])]
    return None


def _ends_minutes(parts: Sequence[_Part]) -> bool:
    """Whether a number after minutes came last, so that an s may stand for seconds."""
    return [part.kind for part in parts[-2:]] == ["unit", "number"] and UNITS[parts[-2].value] == 1


def _begins_with_side(rest: str) -> bool:
    match = re.match(r"[^\W\d_]+", rest)
    return match is not None and match[0].casefold() in SIDES


def _read(said: str) -> Position | None:
    parts = _cut(said)
    if parts is None or not any(part.kind == "number" for part in parts):
        return None
    while parts[-1].kind == "sep":
        parts.pop()
    halves = [_half(half) for half in _halves(parts)]
    if len(halves) == 1:
        known = halves[0].axis or "lat"
        missing = _NAMES["lon" if known == "lat" else "lat"]
        raise _refused(f"{missing} is missing. Write both, such as 52.3702, 4.8952")
    return _position(*halves)


def _halves(parts: list[_Part]) -> list[list[_Part]]:
    """The parts of the first and of the second coordinate; one list where there is but one."""
    axes = [at for at, part in enumerate(parts) if part.kind == "axis"]
    sides = [at for at, part in enumerate(parts) if part.kind == "side"]
    seps = [at for at, part in enumerate(parts) if part.kind == "sep"]
    if len(axes) > 2 or len(sides) > 2:
        raise _refused("More than one position is written here. Write one latitude and one longitude")
    if axes:
        starts = [0, *axes[1:]] if axes[0] == 0 else [0, axes[0]]
        return [parts[a:b] for a, b in zip(starts, [*starts[1:], len(parts)], strict=True)]
    last = len(parts) - 1
    if len(sides) == 2 and sides != [0, last]:
        at = sides[1] if sides[0] == 0 else sides[0] + 1
    elif len(seps) == 1:
        at = seps[0]
    elif len(sides) == 1 and 0 < sides[0] < last:
        at = sides[0] + 1
    else:
        return _split_numbers(parts)
    return [parts[:at], parts[at:]]


def _split_numbers(parts: list[_Part]) -> list[list[_Part]]:
    """Halves where no side and no single sign stands between them: at the second degree sign, else in the middle."""
    parts = [part for part in parts if part.kind != "sep"]
    numbers = [at for at, part in enumerate(parts) if part.kind == "number"]
    for at in numbers[1:]:
        if at + 1 < len(parts) and parts[at + 1].kind == "unit" and UNITS[parts[at + 1].value] == 0:
            return [parts[:at], parts[at:]]
    signed = [at for at in numbers[1:] if parts[at].value[0] in "+-"]
    if len(signed) == 1:
        return [parts[: signed[0]], parts[signed[0] :]]
    if len(numbers) == 1 or any(part.kind == "unit" for part in parts):
        return [parts]
    if len(numbers) % 2 or len(numbers) > 6:
        raise _refused("Latitude and longitude need as many numbers each. Put a semicolon between them")
    middle = numbers[len(numbers) // 2]
    return [parts[:middle], parts[middle:]]


# -- one coordinate --------------------------------------------------------------------------------------------------


def _half(parts: Sequence[_Part]) -> _Half:
    numbers: list[tuple[str, int | None]] = []
    side = axis = ""
    for part in parts:
        if part.kind == "number":
            numbers.append((part.value, None))
        elif part.kind == "unit":
            if not numbers or numbers[-1][1] is not None:
                raise _refused("A sign for degrees, minutes or seconds stands after a number")
            numbers[-1] = (numbers[-1][0], UNITS[part.value])
        elif part.kind == "side":
            side = part.value
        elif part.kind == "axis":
            axis = part.value
    if side:
        if axis not in ("", _AXIS_OF[side]):
            raise _refused(f"{_NAMES[axis]} has no side {side}")
        axis = _AXIS_OF[side]
    if not numbers:
        raise _refused(f"{_NAMES[axis or 'lat']} needs a number")
    if len(numbers) == 1 and numbers[0][1] is None and side:
        numbers = _compact(numbers[0][0], axis)
    if len(numbers) > 3:
        raise _refused("A coordinate has degrees, minutes and seconds at most. Put a semicolon between the two")
    for place, (_, unit) in enumerate(numbers):
        if unit not in (None, place):
            raise _refused("Write degrees, then minutes, then seconds")
    return _value([number for number, _ in numbers], side, axis)


def _compact(number: str, axis: str) -> list[tuple[str, int | None]]:
    """DDMM and DDMMSS, as pilots write it: 5222N 00453E. Degrees of longitude have three digits then."""
    whole = number.lstrip("+-").partition(".")[0]
    ahead = 2 if axis == "lat" else 3
    if len(whole) - ahead not in (2, 4):
        return [(number, None)]
    sign = number[: len(number) - len(number.lstrip("+-"))]
    cuts = [0, *range(ahead, len(whole), 2)]
    bare = number.lstrip("+-")
    found = [bare[a:b] for a, b in zip(cuts, [*cuts[1:], len(bare)], strict=True)]
    return [(sign + found[0], None), *((part, None) for part in found[1:])]


def _value(numbers: Sequence[str], side: str, axis: str) -> _Half:
    if any(number[0] in "+-" for number in numbers[1:]):
        raise _refused("Minutes and seconds have no sign of their own")
    if any("." in number for number in numbers[:-1]):
        raise _refused("Only the last part of a coordinate may have decimals")
    minus, plus = numbers[0].startswith("-"), numbers[0].startswith("+")
    if minus and side:
        raise _refused(f"Write − or {side}, not both")
    values = [abs(float(number)) for number in numbers]
    for value, what in zip(values[1:], ("Minutes", "Seconds"), strict=False):
        if value >= 60:
            raise _refused(f"{what} lie between 0 and 59")
    degrees = sum(value / 60**place for place, value in enumerate(values))
    decimals = len(numbers[-1].partition(".")[2])
    unit = 1 / 60 ** (len(numbers) - 1) / 10 ** min(decimals, 300)
    return _Half(degrees, unit, minus, plus, side, axis, " ".join(numbers))


# -- both together ---------------------------------------------------------------------------------------------------


def _position(one: _Half, two: _Half) -> Position:
    told = bool(one.axis or two.axis)
    if one.axis and one.axis == two.axis:
        raise _refused(f"Both are a {_NAMES[one.axis].lower()}. Write one latitude and one longitude")
    lat, lon = (two, one) if one.axis == "lon" or two.axis == "lat" else (one, two)
    if lat.degrees > _MOST["lat"] and not told and lon.degrees <= 90 and lat.degrees <= 180:
        swapped = _at(lon, lat)
        raise Ambiguous(
            f"Latitude lies between −90 and 90. If longitude stands first, write {_named(swapped)}",
            (Reading("Longitude first", swapped),),
        )
    for half, axis in ((lat, "lat"), (lon, "lon")):
        if half.degrees > _MOST[axis]:
            raise _refused(f"{_NAMES[axis]} lies between −{_MOST[axis]} and {_MOST[axis]}")
    if lon.side == EITHER:
        raise _which("O is east in German and Dutch, west in French, Spanish and Italian. Write E or W", lat, lon)
    if bool(lat.side) != bool(lon.side):
        bare = lon if lat.side else lat
        if bare.degrees and not (bare.minus or bare.plus):
            sides = "E or W" if bare is lon else "N or S"
            raise _which(f"On which side is {bare.written}? Write {sides} after it", lat, lon)
    return _at(lat, lon)


def _which(text: str, lat: _Half, lon: _Half) -> Ambiguous:
    """The two readings of a coordinate whose side is open."""
    if lon.side in ("", EITHER):
        found = [(word, _at(lat, replace(lon, side=side))) for side, word in ((EAST, "East"), (WEST, "West"))]
    else:
        found = [(word, _at(replace(lat, side=side), lon)) for side, word in ((NORTH, "North"), (SOUTH, "South"))]
    return Ambiguous(text, tuple(Reading(word, at) for word, at in found))


def _at(lat: _Half, lon: _Half) -> Position:
    return Position(lat.signed, lon.signed, degrees_radius_m(lat.degrees, lat.unit, lon.unit))


def _named(at: Position) -> str:
    return f"{abs(at.lat):g} {'N' if at.lat >= 0 else 'S'}, {abs(at.lon):g} {'E' if at.lon >= 0 else 'W'}"


def _refused(text: str) -> Refused:
    return Refused(text, field="position")

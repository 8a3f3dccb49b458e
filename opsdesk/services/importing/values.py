"""Reads one cell as a number, a time, a position or a level, or says in words why it cannot."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from opsdesk.services import positions
from opsdesk.services.errors import Refused
from opsdesk.services.importing.problems import ImportProblem


class RowProblem(ValueError):
    """Why one row cannot become a ticket, in words for the rejects file."""


MISSING: Final = frozenset({"", "NA", "N/A", "n/a", "na", "#N/A", "NULL", "null", "None", "none", "-", "--", "?"})
"""What stands in cells of numbers, times and positions for "not known"."""

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100

_POINT_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:[ ',\u00a0\u202f]\d{3})+)(?:\.\d*)?(?:[eE][+-]?\d{1,3})?|[+-]?\.\d+")
_COMMA_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:[ '.\u00a0\u202f]\d{3})+)(?:,\d*)?|[+-]?,\d+")
_GROUPING = str.maketrans("", "", " ',\u00a0\u202f")
_GROUPING_POINT = str.maketrans(",", ".", " '.\u00a0\u202f")


def number(text: str, decimal: str = ".") -> float:
    """A finite number written with the given decimal sign. Raises RowProblem."""
    plain = text.strip().replace("\u2212", "-")
    if decimal == ",":
        # A point is read too when it cannot be a thousands sign, since files are not always of one mind.
        if _COMMA_NUMBER.fullmatch(plain):
            return float(plain.translate(_GROUPING_POINT))
    elif _POINT_NUMBER.fullmatch(plain):
        value = float(plain.translate(_GROUPING))
        if math.isfinite(value):
            return value
    if decimal == "," and _POINT_NUMBER.fullmatch(plain) and math.isfinite(float(plain.translate(_GROUPING))):
        return float(plain.translate(_GROUPING))
    raise RowProblem(f'"{excerpt(text)}" is no number')


def excerpt(text: str, length: int = 60) -> str:
    """The text on one line, cut to a length."""
    line = " ".join(text[: length * 4].split())
    return line if len(line) <= length else line[: length - 1] + "…"


# Times ----------------------------------------------------------------------------------------------------------

_MONTHS: Final[dict[str, int]] = {
    name: number
    for number, names in enumerate(
        (
            "jan january enero ene janvier janv januar janeiro",
            "feb february febrero février fevrier févr fevr februar fevereiro fev",
            "mar march marzo mars märz maerz março marco",
            "apr april abril abr avril avr",
            "may mayo mai maio",
            "jun june junio juin juni junho",
            "jul july julio juillet juil juli julho",
            "aug august agosto ago août aout",
            "sep sept september septiembre septembre setembro set",
            "oct october octubre octobre oktober okt outubro out",
            "nov november noviembre novembre novembro",
            "dec december diciembre dic décembre decembre dezember dez dezembro",
        ),
        1,
    )
    for name in names.split()
}

NUMERIC_DATE: Final = re.compile(r"\s*(\d{1,4})([./\-])(\d{1,2})\2(\d{1,4})(?!\d)")
_CLOCK = re.compile(
    r"(\d{1,2})[:.h](\d{2})(?:[:.](\d{2})(?:[.,](\d{1,9}))?)?\s*([ap]\.?\s?m\.?)?\s*"
    r"(Z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?)?",
    re.IGNORECASE,
)
_HOUR_ONLY = re.compile(r"(\d{1,2})\s*([ap])\.?\s?m\.?", re.IGNORECASE)
_PLAIN_CLOCK = re.compile(r"(\d{2})(\d{2})(Z)?", re.IGNORECASE)
_DAY_MONTH_YEAR = re.compile(
    r"(?:[^\W\d_]{2,12}\.?,?\s+)?(\d{1,2})(?:st|nd|rd|th|º|\.)?[\s\-/]*(?:de\s+)?([^\W\d_]{3,12})\.?[\s,\-/]*"
    r"(?:de\s+)?(\d{4}|\d{2})(?!\d)",
    re.IGNORECASE,
)
_MONTH_DAY_YEAR = re.compile(
    r"(?:[^\W\d_]{2,12}\.?,\s+)?([^\W\d_]{3,12})\.?[\s\-/]+(\d{1,2})(?:st|nd|rd|th)?,?[\s\-/]+(\d{4})(?!\d)",
    re.IGNORECASE,
)
_DATE_TIME_GROUP = re.compile(r"(\d{2})(\d{2})(\d{2})\s?([A-Z])\s?([A-Z]{3})\s?(\d{2}|\d{4})")
_EPOCH = re.compile(r"-?\d{9,10}(?:\.\d+)?|-?\d{12,13}")
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:?\d\d|$)")
_TAIL = re.compile(r"[\sT,]*")

_EPOCH_START: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)


def zone_of(name: str) -> dt.tzinfo:
    """The time zone by its name: "UTC", "local" or one of the IANA names. Raises ImportProblem."""
    if name.upper() in ("UTC", "Z", "ZULU"):
        return dt.UTC
    if name == "local":
        return _LOCAL
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImportProblem(f'There is no time zone "{name}"', field="zone") from error


class _Local(dt.tzinfo):
    """The zone of this machine, with its summer times."""

    def utcoffset(self, when: dt.datetime | None) -> dt.timedelta:
        return self._aware(when).utcoffset() or dt.timedelta()

    def dst(self, when: dt.datetime | None) -> dt.timedelta:
        return self._aware(when).dst() or dt.timedelta()

    def tzname(self, when: dt.datetime | None) -> str:
        return self._aware(when).tzname() or "local"

    @staticmethod
    def _aware(when: dt.datetime | None) -> dt.datetime:
        return (when or dt.datetime(2000, 1, 1)).replace(tzinfo=None).astimezone()  # noqa: DTZ001


_LOCAL: Final = _Local()


def instant(text: str, order: str = "dmy", zone: dt.tzinfo = dt.UTC, clock: str = "") -> int:
    """UTC milliseconds of a time written in any usual form; a text without a zone is in `zone`.

    `order` ("dmy", "mdy", "ymd") settles numeric dates that can be read in two ways. `clock` is the time of day
    where the file keeps it in a column of its own. Raises RowProblem.
    """
    text = text.strip()
    when = _parse(text, order, zone)
    if clock and clock not in MISSING:
        if (when.hour, when.minute, when.second) != (0, 0, 0):
            raise RowProblem(f'"{excerpt(text)}" has a time of day already, the other column says "{excerpt(clock)}"')
        when = _with_clock(when.year, when.month, when.day, clock.strip(), text, zone)
    if not FIRST_YEAR <= when.year <= LAST_YEAR:
        raise RowProblem(f"the year {when.year} lies outside {FIRST_YEAR}–{LAST_YEAR}")
    return (when - _EPOCH_START) // _MILLISECOND


def _parse(text: str, order: str, zone: dt.tzinfo) -> dt.datetime:
    if _ISO.match(text):
        try:
            when = dt.datetime.fromisoformat(text)
        except ValueError:
            pass  # the slower readers below give the reason
        else:
            return when if when.tzinfo is not None else when.replace(tzinfo=zone)
    found = NUMERIC_DATE.match(text)
    if found:
        first, second, third = found[1], found[3], found[4]
        year, month, day = _ordered(text, first, second, third, order)
        return _with_clock(year, month, day, text[found.end() :], text, zone)
    found = _DATE_TIME_GROUP.fullmatch(text.upper())
    if found:
        return _date_time_group(found, text)
    found = _DAY_MONTH_YEAR.match(text)
    if found and found[2].lower() in _MONTHS:
        return _with_clock(_year(found[3]), _MONTHS[found[2].lower()], int(found[1]), text[found.end() :], text, zone)
    found = _MONTH_DAY_YEAR.match(text)
    if found and found[1].lower() in _MONTHS:
        return _with_clock(int(found[3]), _MONTHS[found[1].lower()], int(found[2]), text[found.end() :], text, zone)
    if re.fullmatch(r"\d{8}", text):
        return _with_clock(int(text[:4]), int(text[4:6]), int(text[6:]), "", text, zone)
    if _EPOCH.fullmatch(text):
        seconds = float(text) if len(text.lstrip("-").split(".")[0]) <= 10 else int(text) / 1000
        return _EPOCH_START + dt.timedelta(seconds=seconds)
    raise RowProblem(f'"{excerpt(text)}" is no date')


def _ordered(text: str, first: str, second: str, third: str, order: str) -> tuple[int, int, int]:
    if len(first) == 4:
        return int(first), int(second), int(third)
    if len(first) > 2 or len(third) == 3:
        raise RowProblem(f'"{excerpt(text)}" is no date')
    if order == "ymd" and len(third) <= 2:
        return _year(first), int(second), int(third)
    if order == "mdy":
        return _year(third), int(first), int(second)
    return _year(third), int(second), int(first)


def _year(text: str) -> int:
    """A year of four digits as it is, of two digits between 1970 and 2069."""
    year = int(text)
    return year if len(text) > 2 else year + (2000 if year < 70 else 1900)


def _date_time_group(found: re.Match[str], text: str) -> dt.datetime:
    month = _MONTHS.get(found[5].lower())
    letter = found[4]
    if month is None or letter == "J":
        raise RowProblem(f'"{excerpt(text)}" is no date-time group')
    if letter == "Z":
        hours = 0
    elif letter <= "M":
        hours = ord(letter) - ord("A") + (1 if letter < "J" else 0)
    else:
        hours = ord("M") - ord(letter)
    zone = dt.timezone(dt.timedelta(hours=hours))
    return _made(_year(found[6]), month, int(found[1]), int(found[2]), int(found[3]), 0, 0, text, zone)


def _with_clock(year: int, month: int, day: int, rest: str, text: str, zone: dt.tzinfo) -> dt.datetime:
    clock = rest[_TAIL.match(rest).end() :].strip()  # type: ignore[union-attr]  # matches the empty text too
    if not clock:
        return _made(year, month, day, 0, 0, 0, 0, text, zone)
    found = _CLOCK.fullmatch(clock)
    if found:
        hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
        micro = int((found[4] or "0").ljust(6, "0")[:6])
        half, offset = found[5], found[6]
        if half:
            hour = _half_day(hour, half, text)
        return _made(year, month, day, hour, minute, second, micro, text, _offset(offset) if offset else zone)
    found = _HOUR_ONLY.fullmatch(clock)
    if found:
        return _made(year, month, day, _half_day(int(found[1]), found[2], text), 0, 0, 0, text, zone)
    found = _PLAIN_CLOCK.fullmatch(clock)
    if found:
        return _made(year, month, day, int(found[1]), int(found[2]), 0, 0, text, dt.UTC if found[3] else zone)
    raise RowProblem(f'"{excerpt(clock)}" in "{excerpt(text)}" is no time of day')


def _half_day(hour: int, half: str, text: str) -> int:
    if not 1 <= hour <= 12:
        raise RowProblem(f'"{excerpt(text)}" has an hour that no clock with am and pm shows')
    return hour % 12 + (12 if half[0] in "pP" else 0)


def _offset(text: str) -> dt.tzinfo:
    if text.upper() in ("Z", "UTC", "GMT"):
        return dt.UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    if minutes >= 24 * 60:
        raise RowProblem(f'"{text}" is no offset from UTC')
    return dt.timezone(sign * dt.timedelta(minutes=minutes))


def _made(
    year: int, month: int, day: int, hour: int, minute: int, second: int, micro: int, text: str, zone: dt.tzinfo
) -> dt.datetime:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise RowProblem(f"the year {year} lies outside {FIRST_YEAR}–{LAST_YEAR}")
    try:
        return dt.datetime(year, month, day, hour, minute, second, micro, tzinfo=zone)
    except ValueError as error:
        raise RowProblem(f'"{excerpt(text)}" is no date of the calendar ({error})') from error


# Positions ------------------------------------------------------------------------------------------------------

# No "O" for west: it is east in German.
_LETTERED = re.compile(r"\s*([NSEW])?\s*([+-]?[\d.,]+)\s*°?\s*([NSEW])?\s*", re.IGNORECASE)
_WKT_POINT = re.compile(r"\s*(?:SRID=4326;\s*)?POINT\s*Z?\s*\(\s*(\S+)\s+(\S+)(?:\s+\S+)?\s*\)\s*", re.IGNORECASE)
_COMMA_PAIR = re.compile(r"[\s(\[]*([^;\s]+)\s*[;\s]\s*([^;\s)\]]+)[\s)\]]*")


def degrees(text: str, decimal: str, bound: float, what: str) -> float:
    """Degrees north or east, "75.5 W" counting as negative. `bound` is 90 or 180. Raises RowProblem."""
    found = _LETTERED.fullmatch(text) if text[-1:].isalpha() or text[:1].isalpha() else None
    letter = ((found[1] or found[3]) or "").upper() if found else ""
    try:
        value = number(found[2] if found and letter else text, decimal)
    except RowProblem as error:
        raise RowProblem(f'the {what} "{excerpt(text)}" is no number') from error
    if letter in ("S", "W"):
        value = -value
    if not -bound <= value <= bound:
        raise RowProblem(f"the {what} {value:g} lies outside ±{bound:g}")
    return value


def position(text: str, decimal: str) -> tuple[float, float]:
    """Latitude and longitude out of one cell: "lat, lon", a WKT point, MGRS … Raises RowProblem."""
    found = _WKT_POINT.fullmatch(text)
    if found:
        return degrees(found[2], ".", 90, "latitude"), degrees(found[1], ".", 180, "longitude")
    found = _COMMA_PAIR.fullmatch(text) if decimal == "," else None
    if found:
        return degrees(found[1], decimal, 90, "latitude"), degrees(found[2], decimal, 180, "longitude")
    place = parsed_position(text)
    return place.lat, place.lon


def parsed_position(text: str) -> positions.Position:
    """A position in one of the spellings that people use. Raises RowProblem."""
    try:
        return positions.parse(text)
    except Refused as error:
        raise RowProblem(f'"{excerpt(text)}" is no position') from error


# Levels ---------------------------------------------------------------------------------------------------------

_METRES: Final = re.compile(r"(?:±|\+/-|\+-|~|<|≤|<=)?\s*([\d.,\s\u2212+-]+?)\s*(m|km|ft|nm|mi)?", re.IGNORECASE)
_LEAST_EXACT_M: Final = 1e7


def metres(text: str, decimal: str = ".") -> float:
    """A radius of error in metres: `25`, `±25 m`, `1.5 km`, `80 ft`. Raises RowProblem."""
    found = _METRES.fullmatch(text.strip())
    if found is None:
        raise RowProblem(f'"{excerpt(text)}" is no accuracy in metres')
    said = number(found[1], decimal) * positions.METRES_IN[(found[2] or "m").lower()]
    if not 0 <= said <= _LEAST_EXACT_M:
        raise RowProblem(f'"{excerpt(text)}" is no accuracy: it lies between 0 and 10,000 km')
    return said


_KNOWN_BY: Final[Mapping[str, str]] = {
    **{code: code for code in positions.SOURCES},
    **{words.lower(): code for code, words in positions.SOURCES.items()},
    **dict.fromkeys(("gnss", "gps fix", "device", "receiver", "galileo", "glonass", "satellite"), "gps"),
    **dict.fromkeys(
        ("click", "map click", "pin", "digitised", "digitized", "imagery", "karte", "carte", "mapa"), "map"
    ),
    **dict.fromkeys(("voice", "radio", "phone", "telephone", "call", "caller", "verbal", "reported"), "told"),
    **dict.fromkeys(("text", "description", "estimated", "estimate", "approximate"), "described"),
    **dict.fromkeys(("gazetteer", "address", "named place", "facility", "ort", "lieu", "lugar"), "place"),
    **dict.fromkeys(("computed", "calculated", "interpolated", "geocoded", "centroid", "dead reckoning"), "derived"),
}


def known_by(text: str) -> str:
    """The code of how a position is known, of `positions.SOURCES`. Raises RowProblem for words that say none."""
    code = _KNOWN_BY.get(" ".join(text.lower().replace("_", " ").replace("-", " ").split()))
    if code is None:
        raise RowProblem(f'"{excerpt(text)}" does not say how a position is known')
    return code


LEVELS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("1", "low", "minor", "baja", "bajo", "faible", "niedrig", "baixa"), 1),
    **dict.fromkeys(("2", "medium", "normal", "moderate", "media", "medio", "moyen", "mittel", "média"), 2),
    **dict.fromkeys(("3", "high", "major", "severe", "critical", "urgent", "alta", "alto", "haute", "hoch"), 3),
}
PRIORITIES: Final[Mapping[str, int]] = {
    **dict.fromkeys(("1", "low", "baja", "faible", "niedrig", "baixa"), 1),
    **dict.fromkeys(("2", "normal", "medium", "routine", "media", "mittel", "moyenne", "média"), 2),
    **dict.fromkeys(("3", "high", "alta", "haute", "hoch", "priority"), 3),
    **dict.fromkeys(("4", "urgent", "critical", "immediate", "flash", "urgente", "dringend"), 4),
}


def level(text: str, words: Mapping[str, int], what: str) -> int:
    """The level that a word or number stands for. Raises RowProblem."""
    value = words.get(text.strip().lower())
    if value is None:
        raise RowProblem(f'"{excerpt(text)}" is no {what}')
    return value

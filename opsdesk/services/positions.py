"""Positions as people paste and read them: latitude and longitude in many spellings, and MGRS.

All positions are WGS 84 degrees.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from opsdesk.services.errors import Refused


@dataclass(frozen=True, slots=True)
class Position:
    """A position in degrees; `accuracy_m` is the radius that its spelling implies; `grid` is MGRS as it was given."""

    lat: float
    lon: float
    accuracy_m: float | None = None
    grid: str | None = None


_MGRS = re.compile(r"(\d{1,2})\s*([C-HJ-NP-X])\s*([A-HJ-NP-Z])\s*([A-HJ-NP-V])\s*([\d\s]*)", re.I)
_DECIMAL = re.compile(
    r"\(?\s*([+-]?\d{1,2}(?:[.]\d+)?)\s*°?\s*([NS])?\s*[,;\s]\s*([+-]?\d{1,3}(?:[.]\d+)?)\s*°?\s*([EW])?\s*\)?", re.I
)
_DMS = re.compile(
    r"(\d{1,2})\s*°\s*(\d{1,2}(?:\.\d+)?)\s*['′]\s*(?:(\d{1,2}(?:\.\d+)?)\s*[\"″]\s*)?([NS])[\s,;]*"
    r"(\d{1,3})\s*°\s*(\d{1,2}(?:\.\d+)?)\s*['′]\s*(?:(\d{1,2}(?:\.\d+)?)\s*[\"″]\s*)?([EW])",
    re.I,
)
_GEO_URI = re.compile(r"geo:([+-]?\d+(?:\.\d+)?),([+-]?\d+(?:\.\d+)?)(?:[,;?].*)?", re.I)

EXAMPLES = "31U FT 1480 6012 or 5.36, -4.01"


def parse(text: str) -> Position:
    """Read a position: MGRS, decimal degrees, degrees minutes seconds, a geo: URI. Raises Refused saying what to do."""
    said = text.strip()
    if match := _MGRS.fullmatch(said):
        return _from_mgrs(match)
    if match := _GEO_URI.fullmatch(said):
        return _checked(float(match[1]), float(match[2]))
    if match := _DMS.fullmatch(said):
        return _checked(_degrees(match, 1), _degrees(match, 5))
    if match := _DECIMAL.fullmatch(said):
        lat = float(match[1]) * (-1 if (match[2] or "").upper() == "S" else 1)
        lon = float(match[3]) * (-1 if (match[4] or "").upper() == "W" else 1)
        return _checked(lat, lon)
    raise Refused(f"This is no position. Write {EXAMPLES}", field="position")


def _degrees(match: re.Match[str], at: int) -> float:
    value = int(match[at]) + float(match[at + 1]) / 60 + float(match[at + 2] or 0) / 3600
    return -value if match[at + 3].upper() in "SW" else value


def _checked(lat: float, lon: float) -> Position:
    if not -90 <= lat <= 90:
        raise Refused("Latitude lies between −90 and 90", field="position")
    if not -180 <= lon <= 180:
        raise Refused("Longitude lies between −180 and 180", field="position")
    return Position(lat, lon)


def _from_mgrs(match: re.Match[str]) -> Position:
    zone, band, square = int(match[1]), match[2].upper(), (match[3] + match[4]).upper()
    parts = match[5].split()
    digits = "".join(parts)
    if not 1 <= zone <= 60:
        raise Refused("The grid zone lies between 1 and 60", field="position")
    if len(parts) == 2 and len(parts[0]) != len(parts[1]):
        longer = max(parts, key=len)
        word = "North needs as many digits as east" if longer is parts[0] else "East needs as many digits as north"
        size = len(longer)
        raise Refused(
            f"{word}. Write {zone}{band} {square} {parts[0].ljust(size, '0')} {parts[1].ljust(size, '0')}",
            field="position",
        )
    if len(digits) % 2:
        raise Refused("North needs as many digits as east", field="position")
    if len(digits) > 10:
        raise Refused("Five digits east and five north are the finest grid", field="position")
    half = len(digits) // 2
    # The reference names a square by its south-west corner; what is meant is somewhere in it, so take its middle.
    middle = "5" if half < 5 else ""
    compact = f"{zone}{band}{square}{digits[:half]}{middle}{digits[half:]}{middle}"
    converter, impossible = _converter()
    try:
        lat, lon = converter.toLatLon(compact.encode())
    except impossible as error:
        raise Refused(f"There is no grid square {zone}{band} {square}", field="position") from error
    grid = f"{zone}{band} {square} {digits[:half]} {digits[half:]}".strip()
    return Position(lat, lon, 10 ** (5 - half) / 2, grid)


@cache
def _converter() -> tuple[Any, type[Exception]]:
    """The library's converter and its error; loaded at the first grid reference, since start time counts."""
    from mgrs import MGRS
    from mgrs.core import MGRSError

    return MGRS(), MGRSError


def mgrs(lat: float, lon: float, digits: int = 4) -> str:
    """The MGRS reference of a position: `31U FT 1234 5678`; `digits` each way (4 is 10 m). Empty near the poles."""
    # A hair below the equator the library names a square that it cannot read back; 1e-7° is a centimetre.
    lat, lon = round(lat, 7) + 0.0, round(lon, 7) + 0.0
    if not -80 <= lat <= 84:
        return ""
    said = _converter()[0].toMGRS(lat, lon, MGRSPrecision=digits)
    said = said.decode() if isinstance(said, bytes) else said
    match = re.fullmatch(r"(\d{1,2}[A-Z])([A-Z]{2})(\d*)", said)
    if match is None:
        return str(said)
    return f"{match[1]} {match[2]} {match[3][:digits]} {match[3][digits:]}".strip()


def latlon(lat: float, lon: float) -> str:
    """Decimal degrees to about a metre: `5.36000° N, 4.01000° W`."""
    return f"{abs(lat):.5f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.5f}° {'E' if lon >= 0 else 'W'}"


def show(lat: float, lon: float, style: str = "mgrs") -> str:
    """A position in the style that the person prefers: `mgrs` (with degrees where MGRS ends) or `latlon`."""
    return (mgrs(lat, lon) if style == "mgrs" else "") or latlon(lat, lon)


EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (IUGG)."""


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance in metres (haversine)."""
    p1, p2 = math.radians(lat1), math.radians(lat2)
    a = math.sin((p2 - p1) / 2) ** 2 + math.cos(p1) * math.cos(p2) * math.sin(math.radians(lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(a)))

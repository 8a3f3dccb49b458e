"""MGRS with its polar part (UPS grids A, B, Y, Z), read and written by the converter of the `mgrs` library."""

from __future__ import annotations

import re
import warnings
from functools import cache
from typing import Any, Final

from opsdesk.services.errors import Refused
from opsdesk.services.positions.position import UPS_SCALE, UTM_SCALE, Position, square_radius_m

_GAP = r"[\s.,/-]*"
_ZONED = re.compile(rf"(\d{{1,2}}){_GAP}([A-Z]){_GAP}([A-Z]){_GAP}([A-Z]){_GAP}(\d[\d\s.,/-]*)?", re.I)
# Without digits this would be any word of three letters that begins so: bay, aid.
_POLAR = re.compile(rf"([ABYZ]){_GAP}([A-Z]){_GAP}([A-Z]){_GAP}(\d[\d\s.,/-]*)", re.I)
_NO_ZONE = re.compile(r"([A-HJ-NP-Z]{2})\s*(\d{2,5})\s*(\d{2,5})", re.I)
_UTM = re.compile(r"\d{1,2}\s*[A-Z]?\s+\d{6}(?:\.\d+)?\s*(?:m?E)?[\s,]+\d{6,7}(?:\.\d+)?\s*(?:m?N)?", re.I)
_ZONE_ONLY = re.compile(r"\d{1,2}\s*[C-HJ-NP-X]", re.I)
_PREFIX = re.compile(r"^(?:MGRS|USNG|GRID)\s*:?\s+", re.I)

_FIT: Final = 5
"""Digits each way of the finest grid, one metre."""


def read_grid(text: str) -> Position | None:
    """Read a grid reference of 0 to 10 digits; None for a text that looks like none.

    The middle of the square is meant. Raises Refused, with what to write, for a text that is a grid reference but a
    wrong one.
    """
    said = _PREFIX.sub("", text.strip(), count=1)
    if match := _ZONED.fullmatch(said):
        zone, band, square = match[1], match[2].upper(), (match[3] + match[4]).upper()
        _check_letters(band, square)
        if band in "ABYZ":
            raise _refused(f"The polar grid {band} has no zone number. Write {band} {square} and the digits")
        if not 1 <= int(zone) <= 60:
            raise _refused("The grid zone lies between 1 and 60")
        if band == "X" and int(zone) in (32, 34, 36):
            raise _refused(f"There is no zone {zone}X: around Svalbard only 31X, 33X, 35X and 37X are used")
        if square[1] > "V":
            raise _refused(f"The second letter of a square lies between A and V, not {square[1]}")
        return _read(f"{int(zone)}{band}", square, match[5] or "", UTM_SCALE)
    if match := _POLAR.fullmatch(said):
        _check_letters(match[1].upper(), (match[2] + match[3]).upper())
        return _read(match[1].upper(), (match[2] + match[3]).upper(), match[4], UPS_SCALE)
    if _UTM.fullmatch(said):
        raise _refused("UTM is not read here. Write the grid as MGRS, such as 31U FT 1480 6012")
    if match := _NO_ZONE.fullmatch(said):
        if len(match[2] + match[3]) % 2 == 0:
            raise _refused(f"In which grid zone? Write it first: 31U {said.upper()}")
    elif _ZONE_ONLY.fullmatch(said):
        raise _refused(f"A zone alone is too large. Write on: {said.upper()} FT 1480 6012")
    return None


def _check_letters(band: str, square: str) -> None:
    for letter, digit in (("I", "1"), ("O", "0")):
        if letter in band + square:
            raise _refused(f"Grids have no letter {letter}. Is the digit {digit} meant, or another letter?")


def _read(zone: str, square: str, written: str, scale: float) -> Position:
    parts = re.findall(r"\d+", written)
    digits = "".join(parts)
    if len(parts) == 2 and len(parts[0]) != len(parts[1]):
        longer = max(parts, key=len)
        word = "North needs as many digits as east" if longer is parts[0] else "East needs as many digits as north"
        size = len(longer)
        raise _refused(f"{word}. Write {zone} {square} {parts[0].ljust(size, '0')} {parts[1].ljust(size, '0')}")
    if len(digits) % 2:
        raise _refused("North needs as many digits as east")
    if len(digits) > 2 * _FIT:
        raise _refused("Five digits east and five north are the finest grid")
    half = len(digits) // 2
    converter, impossible = _converter()
    try:
        # The reference names a square by its south-west corner; the library gives the middle of the square.
        lat, lon = converter.toLatLon(f"{zone}{square}{digits}".encode())
    except (impossible, RuntimeWarning) as error:
        raise _refused(f"There is no grid square {zone} {square}") from error
    grid = f"{zone} {square} {digits[:half]} {digits[half:]}".strip()
    return Position(lat, lon, square_radius_m(10 ** (_FIT - half), scale), grid)


def _refused(text: str) -> Refused:
    return Refused(text, field="position")


@cache
def _converter() -> tuple[Any, type[Exception]]:
    """The library's converter and its error; loaded at the first grid reference, since start time counts."""
    from mgrs import MGRS
    from mgrs.core import MGRSError

    # A square that lies in another band than the one written is only warned of, and the warning would go nowhere.
    warnings.filterwarnings("error", 'Warning in "Convert_MGRS_To_Geodetic"', RuntimeWarning)
    return MGRS(), MGRSError


def mgrs(lat: float, lon: float, digits: int = 4) -> str:
    """The MGRS reference of a position: `31U FT 1234 5678`, `Z AH 0000 0000`; `digits` each way (4 is 10 m)."""
    # A hair below the equator the library names a square that it cannot read back; 1e-7° is a centimetre.
    lat, lon = round(lat, 7) + 0.0, round(lon, 7) + 0.0
    said = str(_converter()[0].toMGRS(lat, lon, MGRSPrecision=_FIT))
    match = re.fullmatch(r"(\d{0,2}[A-Z])([A-Z]{2})(\d{5})(\d{5})", said)
    if match is None:
        return said
    # Cut, never rounded: a reference names the square that the position lies in.
    return f"{match[1]} {match[2]} {match[3][:digits]} {match[4][:digits]}".strip()

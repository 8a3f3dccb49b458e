"""Reads whatever a person types or pastes as a position, and says what it is."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from opsdesk.services.errors import Refused
from opsdesk.services.positions.degrees import read_degrees
from opsdesk.services.positions.grids import read_grid
from opsdesk.services.positions.position import Ambiguous, Position, Reading
from opsdesk.services.positions.words import plain

EXAMPLES: Final = "31U FT 1480 6012 or 5.36, -4.01"
_LONGEST: Final = 2_000
"""Signs of a text that is looked at: links are long, and what is longer is no position."""

_NUMBER = r"([+-]?\d{1,3}(?:\.\d{1,15})?)"
_GEO = re.compile(rf"geo:{_NUMBER},{_NUMBER}(?:,[^;?]*)?((?:;[^?]*)?)(?:\?(.*))?", re.I)
_LINKS: Final = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"[?&]mlat={_NUMBER}&mlon={_NUMBER}",
        rf"[#&]map=[\d.]+/{_NUMBER}/{_NUMBER}",
        rf"[?&](?:q|ll|query|destination|center|cp)=(?:loc:)?{_NUMBER}[,~]\s*{_NUMBER}",
        rf"!3d{_NUMBER}!4d{_NUMBER}",
        rf"/@{_NUMBER},{_NUMBER}",
    )
)
"""Where links of web maps keep latitude and longitude, the pin before the middle of the view."""
_WKT = re.compile(rf"\s*(?:SRID=4326;\s*)?POINT\s*Z?\s*\(\s*{_NUMBER}\s+{_NUMBER}(?:\s+\S+)?\s*\)\s*", re.I)
_ISO_6709 = re.compile(r"([+-]\d{2,6}(?:\.\d+)?)([+-]\d{3,7}(?:\.\d+)?)(?:[+-][\d.]+)?(?:CRS\w+)?/", re.I)
_BRACKETS = re.compile(rf"\[\s*{_NUMBER}\s*,\s*{_NUMBER}\s*(?:,[^\]]*)?\]")
_PLUS_CODE = re.compile(r"[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}.*", re.I)
_EXACT = re.compile(
    r"[\s,;(]*(?:±|\+\s*/\s*-|(?:accuracy|acc|ce)\s*[:=]?)\s*(\d{1,6}(?:[.,]\d+)?)\s*(m|km)?\s*\)?$", re.I
)


def parse(text: str, decimal: str | None = None) -> Position:
    """Read a position: MGRS, degrees in every usual writing, a geo: URI, a link of a web map, GeoJSON, WKT.

    How exactly the writing gives it, or a `±20 m` after it says, stands in `accuracy_m`. `decimal` is the sign before
    decimals where it is known. Raises Ambiguous with the readings where there are several, else Refused with what to
    do.
    """
    said = text.strip()
    if len(said) > _LONGEST:
        raise _no_position()
    told = _EXACT.search(said)
    if told is not None:
        said = said[: told.start()]
    try:
        found = _read(said, decimal)
    except Ambiguous as several:
        if told is None:
            raise
        readings = tuple(replace(one, at=_within(one.at, told)) for one in several.readings)
        raise Ambiguous(several.text, readings) from None
    return found if told is None else _within(found, told)


def _read(said: str, decimal: str | None) -> Position:
    if said[:4].lower() == "geo:":
        return _from_geo(said)
    if said.startswith(("http://", "https://")):
        return _from_link(said)
    if said.startswith("{"):
        return _from_geojson(said)
    plainly = plain(said)
    if match := _WKT.fullmatch(plainly):
        return _pair(match[2], match[1])
    if match := _ISO_6709.fullmatch(plainly):
        return _from_iso(match[1], match[2])
    if match := _BRACKETS.fullmatch(plainly):
        return _from_brackets(match[1], match[2])
    if (grid := read_grid(plainly)) is not None:
        return grid
    if (degrees := read_degrees(said, decimal)) is not None:
        return degrees
    if _PLUS_CODE.fullmatch(said):
        raise _no_position("A plus code is not read here")
    raise _no_position()


def recognise(text: str) -> Position | Ambiguous | None:
    """The position in a text that may as well be words, as in a field for names; None where it is not clearly one.

    A callsign looks like a grid ("2 PLT", "4 Plt 1200"): there a zone is not parted from its band, and digits follow.
    """
    if sum(sign.isdigit() for sign in text) < (2 if any(sign in text for sign in ",;°") else 3):
        return None
    try:
        found = parse(text)
    except Ambiguous as several:
        return several
    except Refused:
        return None
    apart = re.match(r"\s*\d{1,2}\s+[A-Z]", text, re.I) or re.match(r"\s*[ABYZ]\s+[A-Z]{3}", text, re.I)
    return None if found.grid is not None and (apart or len(found.grid.replace(" ", "")) < 8) else found


def why_not(text: str) -> str:
    """Why a text that looks like a position is none, and what to write; empty for a position, and for mere words."""
    if sum(sign.isdigit() for sign in text) < 2:
        return ""
    try:
        parse(text)
    except Refused as refused:
        return "" if refused.text == _no_position().text else refused.text
    return ""


def kind_of(text: str) -> str:
    """What kind of writing a text that was read is, in a few words: `MGRS, 6 digits`, `Degrees`, `Link`."""
    said = text.strip()
    if said[:4].lower() == "geo:" or said.startswith("http"):
        return "Link"
    grid = read_grid(_EXACT.sub("", plain(said)))
    if grid is not None and grid.grid is not None:
        digits = sum(len(part) for part in grid.grid.split()[2:])
        name = "MGRS" if grid.grid[0].isdigit() else "UPS"
        return f"{name}, {digits} digits" if digits else f"{name}, 100 km square"
    return "Degrees"


def _within(at: Position, told: re.Match[str]) -> Position:
    radius = float(told[1].replace(",", ".")) * (1000 if (told[2] or "").lower() == "km" else 1)
    return replace(at, accuracy_m=radius) if radius else at


def _pair(lat: str, lon: str) -> Position:
    found = read_degrees(f"{lat};{lon}", ".")
    if found is None:  # both are numbers, so this is never so
        raise _no_position()
    return found


def _from_geo(said: str) -> Position:
    """RFC 5870, with the uncertainty `u` in metres; and `?q=` as telephones send it, which counts before the rest."""
    match = _GEO.fullmatch(said)
    if match is None:
        raise _no_position("A geo link is written geo:5.36,-4.01")
    options = dict(part.partition("=")[::2] for part in match[3].lower().split(";") if part)
    if options.get("crs", "wgs84") != "wgs84":
        raise _no_position("Only geo links in WGS 84 are read")
    query = re.match(rf"(?:.*&)?q={_NUMBER},{_NUMBER}", unquote(match[4] or ""), re.I)
    at = _pair(query[1], query[2]) if query else _pair(match[1], match[2])
    exact = re.fullmatch(r"\d{1,7}(?:\.\d+)?", options.get("u", ""))
    return replace(at, accuracy_m=float(exact[0])) if exact and float(exact[0]) else at


def _from_link(said: str) -> Position:
    for link in _LINKS:
        if match := link.search(unquote(said)):
            return _pair(match[1], match[2])
    raise _no_position("No position stands in this link")


def _from_geojson(said: str) -> Position:
    try:
        found = json.loads(said)
        shape = found.get("geometry") or found
        lon, lat = shape["coordinates"][:2]
        if shape["type"] != "Point" or isinstance(lat, bool) or isinstance(lon, bool):
            raise ValueError
        return _pair(f"{float(lat):.9f}".rstrip("0"), f"{float(lon):.9f}".rstrip("0"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        raise _no_position("Of GeoJSON, a Point is read here") from None


def _from_iso(lat: str, lon: str) -> Position:
    """ISO 6709, its end marked by a slash: +5222.5-00453.2/."""
    sides = ("S" if lat[0] == "-" else "N", "W" if lon[0] == "-" else "E")
    found = read_degrees(f"{lat[1:]}{sides[0]} {lon[1:]}{sides[1]}", ".")
    if found is None:
        raise _no_position()
    return found


def _from_brackets(first: str, second: str) -> Position:
    """Two numbers in brackets: programs put longitude first (GeoJSON) or latitude (maps in web pages)."""
    readings = []
    for words, lat, lon in (("Longitude first, as in GeoJSON", second, first), ("Latitude first", first, second)):
        if abs(float(lat)) <= 90 and abs(float(lon)) <= 180:
            readings.append(Reading(words, _pair(lat, lon)))
    raise Ambiguous("In brackets either may stand first. Leave them out, latitude first", tuple(readings))


def _no_position(why: str = "This is no position") -> Refused:
    return Refused(f"{why}. Write {EXAMPLES}", field="position")

"""The letters, words and signs in which people write sides, axes and parts of degrees, in the usual languages."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

NORTH, SOUTH, EAST, WEST, EITHER = "N", "S", "E", "W", "O"
"""`EITHER` is the letter O: east in German and Dutch, west in French, Spanish, Italian and Portuguese."""


def _each(groups: dict[Any, str]) -> dict[str, Any]:
    return {word: meaning for meaning, words in groups.items() for word in words.split()}


SIDES: Final[dict[str, str]] = _each(
    {
        NORTH: "n north nord norte noord norra sever с север пн 北 北纬 北緯 شمال شمالا شمالاً",
        SOUTH: "s south süd sued sud sur sul sør syd z zuid ю юг пд 南 南纬 南緯 جنوب جنوبا جنوباً",
        EAST: "e east ost est este leste oost øst öst ø ö l в восток сх wsch 东 東 东经 東經 東経 شرق شرقا شرقاً",
        WEST: "w west ouest oeste ovest vest väst v з запад зх zach 西 西经 西經 西経 غرب غربا غرباً",
        EITHER: "o",
    }
)
"""Word in small letters → side."""

AXES: Final[dict[str, str]] = _each(
    {
        "lat": "lat latitude breite latitud latitudine широта φ",
        "lon": "lon lng long longitude länge laenge longitud longitudine долгота λ",
    }
)

UNITS: Final[dict[str, int]] = _each(
    {
        0: "° d deg degree degrees grad grados degrés graden",
        1: "′ m min minute minutes minuten minutos",
        2: "″ sec second seconds sek sekunden seg segundos",
    }
)
"""Word or sign → 0 for degrees, 1 for minutes, 2 for seconds. The letter s is not here: it may be south."""

_SIGNS: Final = str.maketrans(
    {
        **dict.fromkeys("−–—‒﹣-", "-"),
        **dict.fromkeys("º˚⁰ᵒ", "°"),
        **dict.fromkeys("'’‘ʹʼ´`‵′", "′"),
        **dict.fromkeys('"”“„˝ʺ″‶', "″"),
        **dict.fromkeys("\u00a0\u202f\u2009\u2007\u2002\u2003\t\r\n", " "),
        **dict.fromkeys("،、,", ","),
        **dict.fromkeys("；؛", ";"),
        **dict.fromkeys("\u200b\u200e\u200f\u2066\u2067\u2068\u2069\ufeff", ""),
        "٫": ".",
    }
)


_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")


def plain(text: str) -> str:
    """The text with one sign for each meaning: minus, degree, minute, second, comma, blank, digits 0 to 9."""
    said = text.translate(_SIGNS).replace("′′", "″")
    return said if said.isascii() else _FOREIGN_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), said)

"""How a file is written (its dialect), and what was found out about it on which grounds."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final

TEXT: Final = "text"
JSON: Final = "json"
GEOJSON: Final = "geojson"
XLSX: Final = "xlsx"

KIND_NAMES: Final = {TEXT: "delimited text", JSON: "JSON", GEOJSON: "GeoJSON", XLSX: "Excel workbook"}
DELIMITER_NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
DATE_ORDERS: Final = {"dmy": "day/month/year", "mdy": "month/day/year", "ymd": "year/month/day"}
DECIMAL_NAMES: Final = {".": "point", ",": "comma"}
ENCODINGS: Final = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16, little-endian",
    "utf-16-be": "UTF-16, big-endian",
    "cp1252": "Windows, western (1252)",
    "iso8859-1": "Latin-1",
    "cp1251": "Windows, Cyrillic (1251)",
    "cp1256": "Windows, Arabic (1256)",
    "cp1250": "Windows, central European (1250)",
    "cp437": "DOS (437)",
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is to be read. None means: find it out."""

    kind: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None
    """Number of the row with the names of the columns, from 1; 0 when there is none."""
    sheet: str | None = None
    records: str | None = None
    """Name of the list of records inside a JSON object."""
    decimal: str | None = None
    date_order: str | None = None
    zone: str | None = None
    """Zone of times that name none: "UTC", "local" or an IANA name."""

    def over(self, other: Dialect) -> Dialect:
        """This dialect with what it leaves open taken from the other."""
        return replace(
            other, **{field.name: value for field in fields(self) if (value := getattr(self, field.name)) is not None}
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found out: a dialect field, its value in words and why. `sure` is false when a person should look."""

    name: str
    value: str
    reason: str
    sure: bool = True

    def __str__(self) -> str:
        return f"{self.name.replace('_', ' ')}: {self.value}" + (f" ({self.reason})" if self.reason else "")

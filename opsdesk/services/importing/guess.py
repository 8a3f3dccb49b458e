"""Guesses the plan of an import from the names of the columns and from what their first rows hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from opsdesk.services.importing.dialect import Dialect
from opsdesk.services.importing.plan import ANSWER, IMPORTED, Plan
from opsdesk.services.importing.template import literal
from opsdesk.services.importing.values import (
    LEVELS,
    MISSING,
    PRIORITIES,
    RowProblem,
    degrees,
    instant,
    known_by,
    metres,
    number,
    parsed_position,
    position,
    zone_of,
)

# Field → names of columns, the likeliest first, as `_plain` writes them. Names in other languages stand among them.
SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": (
        "title", "subject", "summary", "headline", "name", "incident name", "event name", "short description",
        "incident title", "titulo", "asunto", "nombre", "titre", "objet", "titel", "betreff", "template title",
    ),
    "occurred": (
        "occurred", "occurred at", "happened at", "date occurred", "occur date", "incident date", "incident datetime",
        "date of incident", "datetime", "date time", "event date", "offense date", "offence date", "date start",
        "start date", "start time", "timestamp", "fecha hecho", "fecha del hecho", "fecha", "date", "datum", "data",
        "reported", "reported at", "report date", "date reported", "created", "created at", "created on", "opened",
        "opened at", "observed", "time",
    ),
    "time": ("time", "time of day", "occur time", "incident time", "hora", "heure", "uhrzeit", "clock"),
    "lat": (
        "geometry latitude", "latitude", "lat", "latitud", "breite", "breitengrad", "y", "ylat", "lat wgs84",
        "latitude wgs84", "lat dd", "y coord", "gps latitude", "gps lat",
    ),
    "lon": (
        "geometry longitude", "longitude", "lon", "long", "lng", "longitud", "laenge", "lange", "langengrad", "x",
        "xlon", "lon wgs84", "longitude wgs84", "lon dd", "x coord", "gps longitude", "gps lon",
    ),
    "position": ("position", "coordinates", "coords", "lat lon", "latlon", "latlong", "geolocation", "wkt", "point"),
    "grid": ("mgrs", "grid", "grid reference", "grid ref", "gridref", "mgrs grid"),
    "accuracy": (
        "accuracy", "accuracy m", "accuracy metres", "accuracy meters", "position accuracy", "horizontal accuracy",
        "gps accuracy", "gps precision", "position precision", "precision m", "precision", "uncertainty", "hacc", "cep",
        "coordinate uncertainty in meters", "circular error", "genauigkeit", "exactitud",
    ),
    "position_source": (
        "position source", "source of the position", "location source", "coordinate source", "gps source",
        "position method", "location method", "geocode method", "location type",
    ),
    "category": (
        "category", "event type", "incident type", "offense type", "offence type", "crime type", "offense", "offence",
        "primary type", "type", "type of violence", "hazard", "hazard type", "disaster type", "class", "kind",
        "modalidad", "tipo", "tipo de evento", "categoria", "delito", "categorie", "kategorie", "art",
    ),
    "description": (
        "description", "details", "detail", "narrative", "comments", "comment", "notes", "note", "remarks", "text",
        "body", "message", "descripcion", "observaciones", "comentarios", "descriptif", "beschreibung", "bemerkung",
    ),
    "contact": (
        "reported by", "reporter", "caller", "informant", "requester", "requestor", "sender name", "contact",
        "contact name", "phone", "callsign", "informante", "melder",
    ),
    "external": (
        "incident no", "incident number", "incident id", "incident key", "case number", "case no", "case id",
        "ticket number", "number", "event id", "identifier", "reference", "ref", "key", "uid", "uuid", "id", "code",
        "no", "numero", "nr",
    ),
    "urgency": ("urgency", "urgencia", "urgence", "dringlichkeit"),
    "impact": ("impact", "severity", "impacto", "gravedad", "auswirkung"),
    "priority": ("priority", "prio", "prioridad", "priorite", "prioritat"),
    "due": ("due", "due date", "due at", "deadline", "needed by", "vence", "echeance", "fallig"),
    "tags": ("tags", "labels", "keywords", "etiquetas"),
}  # fmt: skip

# Words for where, the most exact first.
PLACES: Final = (
    "where", "where description", "location", "place", "address", "site", "street", "block", "building", "lugar",
    "direccion", "adresse", "ort", "lieu", "area description", "l5", "l4", "l3", "neighborhood", "neighbourhood",
    "barrio", "borough", "boro", "ward", "village", "town", "city", "ciudad", "ville", "stadt", "commune", "comuna",
    "l2", "district", "adm 2", "admin2", "municipality", "municipio", "area", "zone", "l1", "province", "provincia",
    "adm 1", "admin1", "county", "region", "departamento", "state", "country", "pais", "pays",
)  # fmt: skip

# Meanings of coded values that are known by the name of their column (UCDP GED codebook).
CODES: Final[Mapping[str, Mapping[str, str]]] = {
    "type of violence": {"1": "State-based conflict", "2": "Non-state conflict", "3": "One-sided violence"},
}

MOST_CATEGORIES: Final = 60


@dataclass(frozen=True, slots=True)
class Column:
    """What the first rows tell of a column: its name, how many cells hold something, and different ones of them."""

    name: str
    filled: int
    samples: tuple[str, ...]
    distinct: int
    """How many different texts there were among the first rows."""


def guess(columns: Sequence[Column], dialect: Dialect, name: str) -> Plan:
    """The likeliest plan. `name` is what the file is called, for tickets of which nothing else tells what they are."""
    guesser = _Guesser(columns, dialect)
    guesser.take_answers()
    for field in ("occurred", "lat", "lon", "position", "grid", "title", "category"):
        guesser.take(field)
    guesser.take_unnamed_time()
    for field in SYNONYMS:
        guesser.take(field)
    guesser.take_places()
    return guesser.plan(name)


class _Guesser:
    def __init__(self, columns: Sequence[Column], dialect: Dialect) -> None:
        self._columns = {column.name: column for column in columns}
        self._plain = {column.name: _plain(column.name) for column in columns}
        self._rows = max((column.filled for column in columns), default=0)
        self._taken: dict[str, str] = {}
        decimal = dialect.decimal or "."
        order, zone = dialect.date_order or "dmy", zone_of(dialect.zone or "UTC")
        # What a column's cells must be for the name to be believed.
        self._proofs: dict[str, Callable[[str], object]] = {
            "occurred": lambda text: instant(text, order, zone),
            "due": lambda text: instant(text, order, zone),
            "time": lambda text: instant(f"2000-01-01 {text}", order, zone),
            "lat": lambda text: degrees(text, decimal, 90, "latitude"),
            "lon": lambda text: degrees(text, decimal, 180, "longitude"),
            "position": lambda text: position(text, decimal),
            "grid": parsed_position,
            "accuracy": lambda text: metres(text, decimal),
            "position_source": known_by,
            "urgency": lambda text: LEVELS[text.lower()],
            "impact": lambda text: LEVELS[text.lower()],
            "priority": lambda text: PRIORITIES[text.lower()],
        }

    def take(self, field: str) -> None:
        """Give the field the likeliest free column."""
        if field in self._taken.values():
            return
        for wanted in SYNONYMS[field]:
            for name, plain in self._plain.items():
                if plain == wanted and name not in self._taken and self._fits(field, self._columns[name]):
                    self._taken[name] = field
                    return

    def take_unnamed_time(self) -> None:
        """Give the time the first column that holds nothing but dates, where no name tells of one."""
        if "occurred" in self._taken.values():
            return
        for name, column in self._columns.items():
            free = name not in self._taken and column.samples and not self._is_numbers(name)
            if free and all(_holds(self._proofs["occurred"], text) for text in column.samples):
                self._taken[name] = "occurred"
                return

    def take_places(self) -> None:
        """Give the place in words the most exact columns that are free."""
        for wanted in PLACES:
            for name, plain in self._plain.items():
                if plain == wanted and name not in self._taken and not self._is_numbers(name):
                    self._taken[name] = "location"

    def take_answers(self) -> None:
        """Give the questions of a form the columns of a file of our own: "answers.trade"."""
        for name in self._columns:
            found = re.fullmatch(r"answers?\.([^.]+)", name)
            if found is not None and found[1] != IMPORTED and name not in self._taken:
                self._taken[name] = ANSWER + found[1]
                # Such a file names types in our own words, and the type says which form asks.
                if "type" in self._columns:
                    self._taken.setdefault("type", "type")

    def plan(self, name: str) -> Plan:
        """The plan of the columns taken."""
        plan = Plan(columns=dict(self._taken), source=name, constants={"reported_via": "import"})
        values = {}
        for column, field in self._taken.items():
            codes = CODES.get(self._plain[column])
            if codes and set(self._columns[column].samples) <= set(codes):
                values[field] = codes
        title = self._title(name)
        return replace(plan, values=values, templates={"title": title} if title else {})

    def _fits(self, field: str, column: Column) -> bool:
        if not column.filled:
            return False
        if field == "category":
            few = column.distinct <= max(20, min(MOST_CATEGORIES, column.filled // 2))
            coded = self._plain[column.name] in CODES
            return few and column.distinct < max(3, column.filled) and (coded or not self._is_numbers(column.name))
        if field == "description":
            return not self._is_numbers(column.name)
        proof = self._proofs.get(field)
        if proof is None:
            return True
        cells = [text for text in column.samples if text not in MISSING]
        good = sum(1 for text in cells if _holds(proof, text))
        return bool(cells) and good >= 0.5 * len(cells)

    def _is_numbers(self, name: str) -> bool:
        cells = [text for text in self._columns[name].samples if text not in MISSING]
        return bool(cells) and all(_holds(lambda text: number(text, "."), text) for text in cells)

    def _title(self, name: str) -> str:
        """A template for the title where no column is one, "" where the mapper's own words do."""
        by_plain = {plain: column for column, plain in self._plain.items()}
        if "side a" in by_plain and "side b" in by_plain:
            where = by_plain.get("where coordinates") or by_plain.get("country")
            deaths = by_plain.get("best") or by_plain.get("fatalities")
            sides = f"{{{by_plain['side a']}}} – {{{by_plain['side b']}}}"
            return sides + (f"[, {{{where}}}]" if where else "") + (f"[: {{{deaths}|number}} dead]" if deaths else "")
        if "title" in self._taken.values():
            return ""
        places = [column for column, field in self._taken.items() if field == "location"]
        numbers = [column for column, field in self._taken.items() if field == "external"]
        where = f"[, {{{places[0]}|title}}]" if places else f"[ {{{numbers[0]}}}]" if numbers else ""
        categories = [column for column, field in self._taken.items() if field == "category"]
        if categories:
            column = categories[0]
            if self._plain[column] in CODES:
                return ""
            return f"{{{column}|sentence}}{where}" if where else f"{literal(_spoken(name))}: {{{column}}}"
        words = [
            column.name
            for column in self._columns.values()
            if column.name not in self._taken and column.distinct > 1 and not self._is_numbers(column.name)
            and max(map(len, column.samples), default=0) <= 80
        ][:2]  # fmt: skip
        if words and not places:
            return "[{" + "}][, {".join(words) + "}]"
        return f"{literal(_spoken(name))}{where}"


def _holds(proof: Callable[[str], object], text: str) -> bool:
    try:
        proof(text)
    except (RowProblem, KeyError):
        return False
    return True


def _plain(name: str) -> str:
    """The name in small letters without accents and signs: "Fecha_Hecho" and "fechaHecho" → "fecha hecho"."""
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    letters = unicodedata.normalize("NFKD", split).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", letters)).removesuffix(" utc")


def _spoken(name: str) -> str:
    """A file's name in words: "nyc_shootings.csv" → "Nyc shootings"."""
    words = " ".join(re.findall(r"[^\W_]+", re.sub(r"(\.[A-Za-z]{2,7}){1,2}$", "", name)))
    return words[:1].upper() + words[1:] or "Imported"

"""Turns the cells of one row into the values of a ticket, or says why it cannot."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from opsdesk.models.tickets import Level, priority_of
from opsdesk.services.importing.dialect import Dialect
from opsdesk.services.importing.json_values import GEOMETRY
from opsdesk.services.importing.plan import Area, Plan, unknown
from opsdesk.services.importing.problems import ImportProblem
from opsdesk.services.importing.questions import NO_QUESTIONS, Answering, Questions, question_of
from opsdesk.services.importing.tables import RawRow
from opsdesk.services.importing.template import Template, sentence
from opsdesk.services.importing.value_map import ValueMap
from opsdesk.services.importing.values import (
    LEVELS,
    MISSING,
    PRIORITIES,
    RowProblem,
    degrees,
    excerpt,
    instant,
    known_by,
    level,
    metres,
    parsed_position,
    position,
    zone_of,
)

TITLE_LENGTH: Final = 200
LINE_LENGTH: Final = 120
TAG_LENGTH: Final = 40
TEXT_LENGTH: Final = 100_000
PLACES_SHOWN: Final = 3
"""How many of the columns that say where make the place in words: the first ones of the plan that a row has."""
_NO_TITLE: Final = frozenset({"", "no name", "unnamed", "untitled", "unknown", "none", "null", "n/a", "na", "-", "?"})

Cells = Sequence[str]
Reading = Callable[[Cells], str]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A row as it will be imported. `values` are ticket fields by column name; times are UTC milliseconds.

    `occurred_at` is missing from the values when the row has no time. `rest` are the columns that no field takes,
    in their own words. `digest` identifies the row whatever file it comes in.
    """

    number: int
    values: dict[str, Any]
    category: str
    type: str
    tags: tuple[str, ...]
    rest: dict[str, str]
    digest: bytes
    answers: dict[str, Any] = field(default_factory=dict)
    """Answers to questions of the form, by their code."""
    form: bytes | None = None
    """The version of the form that asks them; None where there are no answers."""


class Mapper:
    """A plan bound to the columns of a table. Raises ImportProblem when the plan names what is not there."""

    def __init__(
        self,
        plan: Plan,
        columns: Sequence[str],
        dialect: Dialect,
        name: str,
        questions: Questions = NO_QUESTIONS,
    ) -> None:
        self._plan = plan
        self._name = name
        self._columns = tuple(columns)
        self._index = {column: place for place, column in enumerate(columns)}
        self._decimal = dialect.decimal or "."
        self._order = dialect.date_order or "dmy"
        self._zone = zone_of(dialect.zone or "UTC")
        for column in (*plan.columns, *plan.keep):
            self._place(column)
        self._maps = {name: ValueMap(entries) for name, entries in plan.values.items()}
        used = {*plan.columns.values(), *plan.templates}
        self._readings = [(target, self._reading(target)) for target in _TARGETS if target in used]
        self._constants = {target: plan.constants.get(target, "") for target in _TARGETS}
        self._answering = Answering(questions, self._decimal, self._order, self._zone)
        asked = ((column, question_of(target)) for column, target in plan.columns.items())
        self._answers = [(column, self._column(column), code) for column, code in asked if code is not None]
        self._geometry = self._index.get(GEOMETRY)
        self._rest = [
            (place, column)
            for place, column in enumerate(self._columns)
            if column in plan.keep or plan.columns.get(column) is None or self._changed(column)
        ]
        self._typed: dict[int, Callable[[str], object]] = {}
        self._find_typed()

    @property
    def has_time(self) -> bool:
        """True when some column gives the time."""
        return "occurred" in self._plan.columns.values()

    def row(self, raw: RawRow) -> Mapped:
        """The ticket that a row becomes. Raises RowProblem."""
        if raw.problem is not None:
            raise RowProblem(raw.problem)
        cells = raw.cells
        if len(cells) < len(self._columns):
            cells = [*cells, *[""] * (len(self._columns) - len(cells))]
        texts = self._constants.copy()
        for target, read in self._readings:
            texts[target] = read(cells)
        values: dict[str, Any] = {}
        self._put_time(texts, values)
        self._put_position(texts, cells, values)
        self._put_levels(texts, values)
        rest = {column: cells[place] for place, column in self._rest if cells[place].strip()}
        for target in _LINES:
            if texts[target]:
                values[target] = self._line(target, texts[target], cells, rest)
        # A plan may name a category by its code, which stays as it is.
        named = texts["category"] if "." in texts["category"] else sentence(texts["category"])
        category = self._line("category", named, cells, rest)
        description = texts["description"]
        title = texts["title"]
        if title.lower() in _NO_TITLE:
            title = self._title(texts, raw.number)
        if len(title) > TITLE_LENGTH:
            description = f"{title}\n\n{description}".strip()
        values["title"] = excerpt(title, TITLE_LENGTH)
        if len(description) > TEXT_LENGTH:
            rest.update((column, cells[self._index[column]]) for column in self._plan.columns_for("description"))
        if description:
            values["description"] = description[:TEXT_LENGTH]
        answers, form = self._answer(texts["type"], category, cells, rest)
        return Mapped(
            number=raw.number,
            values=values,
            category=category,
            type=excerpt(texts["type"], LINE_LENGTH),
            tags=_tags(texts["tags"]),
            rest=rest,
            digest=self._digest(cells),
            answers=answers,
            form=form,
        )

    def _answer(
        self, kind: str, category: str, cells: Cells, rest: dict[str, str]
    ) -> tuple[dict[str, Any], bytes | None]:
        """The answers of a row; a cell that answers nothing in this row's form stays in the source's own words."""
        answers: dict[str, Any] = {}
        if not self._answers:
            return answers, None
        form = self._answering.form(kind, category)
        for column, read, code in self._answers:
            text = read(cells)
            if text in MISSING:
                continue
            question = self._answering.asked(form, code)
            if question is None:
                rest[column] = cells[self._index[column]]
            elif code in answers:
                raise RowProblem(f"{column}: another column answers “{question.label}” too")
            else:
                answers[code] = self._answering.answer(form, question, column, text)
        return answers, form.id if answers else None

    # Reading of texts

    def _place(self, column: str) -> int:
        place = self._index.get(column)
        if place is None:
            raise ImportProblem(unknown("column", column, self._columns), field="columns")
        return place

    def _column(self, column: str) -> Reading:
        place = self._place(column)
        own = self._maps.get(column) if column not in _TARGETS else None
        if own is None:
            return lambda cells: cells[place].strip()
        return lambda cells: own(cells[place].strip())

    def _reading(self, target: str) -> Reading:
        """How the text of a field is put together: template or columns, through the value map, else the constant."""
        plan = self._plan
        columns = [self._column(column) for column in plan.columns_for(target)]
        most = PLACES_SHOWN if target == "location" else len(columns)
        template = Template(plan.templates[target], self._column) if target in plan.templates else None
        constant = plan.constants.get(target, "")
        change = self._maps.get(target)

        def read(cells: Cells) -> str:
            text = template(cells) if template is not None else ""
            if not text and columns:
                text = columns[0](cells) if len(columns) == 1 else _joined([part(cells) for part in columns], most)
            if change is not None:
                text = change(text)
            return text or constant

        return read

    def _changed(self, column: str) -> bool:
        """True when the ticket would not show the column in its own words: it was translated or shares its field."""
        target = self._plan.columns[column]
        shared = len(self._plan.columns_for(target)) > 1
        return (
            target in self._plan.values
            or column in self._plan.values
            or target in self._plan.templates
            or target in _LOSSY
            or shared
        )

    def _line(self, target: str, text: str, cells: Cells, rest: dict[str, str]) -> str:
        """The text on one line; when it must be cut, its columns stay whole in the rest."""
        line = excerpt(text, LINE_LENGTH)
        if line != text:
            rest.update((column, cells[self._index[column]]) for column in self._plan.columns_for(target))
        return line

    def _title(self, texts: Mapping[str, str], row: int) -> str:
        parts = [sentence(texts["category"] or texts["type"]), texts["location"]]
        text = ", ".join(part for part in parts if part)
        return text or excerpt(texts["description"], 80) or f"{self._name}, row {row}"

    # Fields

    def _put_time(self, texts: Mapping[str, str], values: dict[str, Any]) -> None:
        if texts["occurred"] not in MISSING:
            values["occurred_at"] = instant(texts["occurred"], self._order, self._zone, texts["time"])
        if texts["due"] not in MISSING:
            values["due_at"] = instant(texts["due"], self._order, self._zone)

    def _put_position(self, texts: Mapping[str, str], cells: Cells, values: dict[str, Any]) -> None:
        lat_text, lon_text = texts["lat"], texts["lon"]
        grid = texts["grid"]
        place: tuple[float, float] | None = None
        if lat_text not in MISSING or lon_text not in MISSING:
            if lat_text in MISSING or lon_text in MISSING:
                raise RowProblem(f"it has a {'longitude' if lat_text in MISSING else 'latitude'} alone")
            place = (
                degrees(lat_text, self._decimal, 90, "latitude"),
                degrees(lon_text, self._decimal, 180, "longitude"),
            )
        elif texts["position"] not in MISSING:
            place = position(texts["position"], self._decimal)
        elif grid not in MISSING:
            found = parsed_position(grid)
            place = found.lat, found.lon
            values["accuracy_m"] = found.accuracy_m
        if grid not in MISSING:
            values["grid"] = excerpt(grid, 40)
        if texts["accuracy"] not in MISSING:
            # 0 is what devices write that do not know.
            values["accuracy_m"] = metres(texts["accuracy"], self._decimal) or None
        if place is None:
            return
        if texts["position_source"] not in MISSING and (code := _source(texts["position_source"])):
            values["position_source"] = code
        values["lat"], values["lon"] = place
        shape = self._geometry is not None and bool(cells[self._geometry])
        doubt = _doubt(place, self._plan.area, shape)
        if doubt:
            values["position_doubt"] = doubt

    def _put_levels(self, texts: Mapping[str, str], values: dict[str, Any]) -> None:
        for target in ("urgency", "impact"):
            if texts[target] not in MISSING:
                values[target] = level(texts[target], LEVELS, target)
        urgency, impact = values.get("urgency", Level.MEDIUM), values.get("impact", Level.MEDIUM)
        computed = priority_of(Level(urgency), Level(impact))
        values["priority"] = int(computed)
        if texts["priority"] not in MISSING:
            stated = level(texts["priority"], PRIORITIES, "priority")
            if stated != computed:
                values["priority"] = stated
                values["priority_reason"] = "as imported"

    # Identity

    def _find_typed(self) -> None:
        """Columns whose text may differ between formats for the same value ("75,50" and 75.5), and how to tell."""
        readers: dict[str, Callable[[str], object]] = {
            "occurred": lambda text: instant(text, self._order, self._zone),
            "due": lambda text: instant(text, self._order, self._zone),
            "lat": lambda text: degrees(text, self._decimal, 90, "latitude"),
            "lon": lambda text: degrees(text, self._decimal, 180, "longitude"),
            "accuracy": lambda text: metres(text, self._decimal),
        }
        for column, target in self._plan.columns.items():
            if target in readers:
                self._typed[self._index[column]] = readers[target]

    def _digest(self, cells: Cells) -> bytes:
        """BLAKE2 over all columns that hold something, whatever the plan makes of them.

        So a row is known again when the file is renamed, converted, or imported with another plan.
        """
        typed = self._typed
        pairs: list[tuple[str, object]] = []
        for place, column in enumerate(self._columns):
            text = cells[place].strip()
            if text:
                pairs.append((column, typed[place](text) if place in typed and text not in MISSING else text))
        pairs.sort(key=_first)
        try:
            return hashlib.blake2b(msgspec.json.encode(pairs), digest_size=16).digest()
        except UnicodeEncodeError as error:
            raise RowProblem("it holds half a character (a lone surrogate)") from error


_TARGETS: Final = (
    "title", "occurred", "time", "category", "type", "description", "lat", "lon", "position", "grid", "accuracy",
    "position_source", "location", "contact", "external", "urgency", "impact", "priority", "due", "tags",
    "reported_via",
)  # fmt: skip
_LINES: Final = ("location", "contact", "external", "reported_via")
# Fields that keep the meaning but not the words, so that the words are kept beside.
_LOSSY: Final = frozenset({"time", "position", "position_source", "urgency", "impact", "priority", "type", "tags"})


def _first(pair: tuple[str, object]) -> str:
    return pair[0]


def _joined(parts: list[str], most: int) -> str:
    """The first parts that hold something, at most `most`, without one that an earlier one contains."""
    kept: list[str] = []
    for part in parts:
        if part and len(kept) < most and not any(part.lower() in other.lower() for other in kept):
            kept.append(part)
    return ", ".join(kept)


def _tags(text: str) -> tuple[str, ...]:
    words = (" ".join(word.lower().lstrip("# ").split())[:TAG_LENGTH].rstrip() for word in re.split(r'[,;|"]', text))
    return tuple(dict.fromkeys(word for word in words if word))


def _source(text: str) -> str:
    """How a position is known; empty where the words are none of ours: they stay among the source's own columns."""
    try:
        return known_by(text)
    except RowProblem:
        return ""


def _doubt(place: tuple[float, float], area: Area | None, shape: bool) -> str | None:
    lat, lon = place
    if math.hypot(lat, lon) < 1e-6:
        return "at 0, 0"
    if area is not None:
        south, west, north, east = area
        # West of the date line to east of it: the area then goes through 180 degrees.
        across = west <= lon <= east if west <= east else lon >= west or lon <= east
        if not (south <= lat <= north and across):
            return "outside the stated area"
    return "the middle of a shape" if shape else None

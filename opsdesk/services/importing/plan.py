"""The plan of an import: which column becomes which field of a ticket, with constants, templates and value maps.

A plan can be kept as a TOML file and given with `--map`:

    source = "UCDP GED 23.1"             # what stands as the source of the tickets
    area = [2.2, 14.4, 11.1, 27.5]       # south, west, north, east: points outside are imported and marked
    keep = ["date_start"]                # columns kept in their own words although they are mapped

    [dialect]                            # only what must not be found out: encoding, delimiter, date_order, zone …
    date_order = "dmy"

    [columns]                            # column of the file = field of the ticket
    date_start = "occurred"
    trade = "answer.trade"               # a question of the form, by its code

    [constants]                          # stands where the row has nothing
    type = "incident"

    [templates]
    title = "{side_a} – {side_b}[, {where_coordinates}]"

    [values.impact]                      # by field, or by the name of a column
    ">=10" = "high"
    "*" = "medium"
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from rapidfuzz import process

from opsdesk.services.importing.dialect import DATE_ORDERS, DECIMAL_NAMES, Dialect
from opsdesk.services.importing.problems import ImportProblem
from opsdesk.services.importing.values import zone_of

FIELDS: Final[dict[str, str]] = {
    "title": "Title",
    "occurred": "Happened at",
    "time": "Time of day",
    "category": "Category",
    "type": "Type",
    "description": "Description",
    "lat": "Latitude",
    "lon": "Longitude",
    "position": "Position (lat, lon)",
    "grid": "Grid (MGRS)",
    "accuracy": "Accuracy in metres",
    "position_source": "How the position is known",
    "location": "Where, in words",
    "contact": "Reported by",
    "external": "Number in the source",
    "urgency": "Urgency",
    "impact": "Impact",
    "priority": "Priority",
    "due": "Due",
    "tags": "Tags",
}
"""Field of a plan → its name on screens, in the order of the choice."""

JOINED: Final = frozenset({"title", "description", "location", "contact", "tags"})
"""Fields that several columns may fill together."""

ANSWER: Final = "answer."
"""A target that begins so is a question of the ticket's form: `answer.building`. `importing.questions` knows which."""

IMPORTED: Final = "imported"
"""Question under which the answer with the source's own columns stands."""

CONSTANTS: Final = (*FIELDS, "reported_via")
TEMPLATED: Final = frozenset(
    {"title", "description", "location", "contact", "external", "category", "type", "urgency", "impact", "priority"}
)

Area = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """How rows become tickets. Columns that it does not name are kept in the ticket's answer `imported`."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    keep: tuple[str, ...] = ()
    area: Area | None = None
    source: str | None = None
    dialect: Dialect = field(default_factory=Dialect)

    def columns_for(self, target: str) -> tuple[str, ...]:
        """The columns that fill a field, in their order."""
        return tuple(column for column, name in self.columns.items() if name == target)


def read_plan(path: Path) -> Plan:
    """Read a mapping file. Raises ImportProblem that names the entry."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ImportProblem(f"The mapping file {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ImportProblem(f"The mapping file is no TOML: {error}", place=path.name) from error
    try:
        return plan_of(content)
    except ImportProblem as error:
        raise ImportProblem(error.text, place=path.name, field=error.field) from error


def write_plan(plan: Plan, path: Path) -> None:
    """Write a mapping file that `read_plan` reads as the same plan. Raises ImportProblem when the folder refuses."""
    # A text in quotes means the same in TOML as in JSON, whatever its signs.
    content = content_of(plan)
    lines = [f"source = {_quoted(plan.source)}"] if plan.source else []
    lines += [f"area = {list(plan.area)}"] if plan.area else []
    lines += [f"keep = {_quoted(plan.keep)}"] if plan.keep else []
    maps = content.pop("values", {})
    tables: dict[str, Mapping[str, Any]] = {
        name: entries for name, entries in content.items() if isinstance(entries, dict)
    }
    tables |= {f"values.{_quoted(name)}": entries for name, entries in maps.items()}
    for name, entries in tables.items():
        if entries:
            lines += ["", f"[{name}]"]
            lines += [f"{_quoted(entry)} = {_quoted(value)}" for entry, value in entries.items()]
    try:
        path.write_text("\n".join(lines).strip() + "\n", encoding="utf-8")
    except OSError as error:
        raise ImportProblem(f"{path} cannot be written: {error.strerror}") from error


def content_of(plan: Plan) -> dict[str, Any]:
    """What a mapping file holds of a plan, for JSON too: `plan_of` makes the same plan of it."""
    stated = {entry.name: getattr(plan.dialect, entry.name) for entry in fields(Dialect)}
    content: dict[str, Any] = {
        "source": plan.source,
        "area": list(plan.area) if plan.area else None,
        "keep": list(plan.keep),
        "dialect": {name: value for name, value in stated.items() if value is not None},
        "columns": dict(plan.columns),
        "constants": dict(plan.constants),
        "templates": dict(plan.templates),
        "values": {name: dict(entries) for name, entries in plan.values.items()},
    }
    return {name: value for name, value in content.items() if value}


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def plan_of(content: Mapping[str, Any]) -> Plan:
    """A plan out of the content of a mapping file. Raises ImportProblem that names the entry."""
    known = {entry.name for entry in fields(Plan)}
    for name in content:
        if name not in known:
            raise ImportProblem(unknown("entry", name, known), field=name)
    columns = _texts(content, "columns")
    for column, target in columns.items():
        if target not in FIELDS and not (target.startswith(ANSWER) and target != ANSWER):
            raise ImportProblem(unknown("field", target, FIELDS) + f' (for the column "{column}")', field="columns")
    for target in set(columns.values()) - JOINED:
        several = [column for column, name in columns.items() if name == target]
        if len(several) > 1:
            raise ImportProblem(f'only one column can fill "{target}", not {" and ".join(several)}', field="columns")
    constants = _texts(content, "constants")
    for target in constants:
        if target not in CONSTANTS:
            raise ImportProblem(unknown("field", target, CONSTANTS), field="constants")
    templates = _texts(content, "templates")
    for target in templates:
        if target not in TEMPLATED:
            raise ImportProblem(f'"{target}" is no field that a template can fill', field="templates")
    maps = content.get("values", {})
    if not isinstance(maps, dict):
        raise ImportProblem("must be a table of tables", place="values", field="values")
    keep = content.get("keep", [])
    if not isinstance(keep, list) or not all(isinstance(name, str) for name in keep):
        raise ImportProblem("must be a list of columns", place="keep", field="keep")
    source = content.get("source")
    if source is not None and not isinstance(source, str):
        raise ImportProblem("must be a text", place="source", field="source")
    return Plan(
        columns=columns,
        constants=constants,
        templates=templates,
        values={name: _texts(maps, name) for name in maps},
        keep=tuple(keep),
        area=area_of(content["area"]) if "area" in content else None,
        source=source,
        dialect=_dialect(content.get("dialect", {})),
    )


def area_of(corners: Any) -> Area:
    """The area south, west, north, east in degrees. Raises ImportProblem."""
    if not isinstance(corners, (list, tuple)) or len(corners) != 4:
        raise ImportProblem("must be [south, west, north, east] in degrees", place="area", field="area")
    numbers = []
    for corner, bound in zip(corners, (90, 180, 90, 180), strict=True):
        if isinstance(corner, bool) or not isinstance(corner, (int, float)) or not -bound <= corner <= bound:
            raise ImportProblem(f"{corner!r} is no number of degrees", place="area", field="area")
        numbers.append(float(corner))
    south, west, north, east = numbers
    if south > north:
        raise ImportProblem("the south is north of the north", place="area", field="area")
    return south, west, north, east


def _texts(content: Mapping[str, Any], name: str) -> dict[str, str]:
    table = content.get(name, {})
    if not isinstance(table, dict):
        raise ImportProblem("must be a table", place=name, field=name)
    for entry, value in table.items():
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ImportProblem(f'the value of "{entry}" must be a text', place=name, field=name)
    return {entry: str(value) for entry, value in table.items()}


def _dialect(content: Any) -> Dialect:
    if not isinstance(content, dict):
        raise ImportProblem("must be a table", place="dialect", field="dialect")
    known = {entry.name for entry in fields(Dialect)}
    for name, value in content.items():
        if name not in known:
            raise ImportProblem(unknown("entry", name, known), place="dialect", field="dialect")
        wanted = int if name == "header_row" else str
        if not isinstance(value, wanted) or isinstance(value, bool):
            raise ImportProblem(f'the value of "{name}" must be a {wanted.__name__}', place="dialect", field=name)
    return checked_dialect(Dialect(**content))


def checked_dialect(dialect: Dialect) -> Dialect:
    """The dialect itself when all that it states can be. Raises ImportProblem."""
    if dialect.date_order is not None and dialect.date_order not in DATE_ORDERS:
        raise ImportProblem(unknown("order of dates", dialect.date_order, DATE_ORDERS), field="date_order")
    if dialect.decimal is not None and dialect.decimal not in DECIMAL_NAMES:
        raise ImportProblem('The decimal sign is "." or ","', field="decimal")
    if dialect.delimiter is not None and (len(dialect.delimiter) != 1 or dialect.delimiter in '"\r\n\x00'):
        raise ImportProblem("A delimiter is one character and no quote", field="delimiter")
    if dialect.zone is not None:
        zone_of(dialect.zone)
    if dialect.encoding is not None:
        try:
            "".encode(dialect.encoding)
        except LookupError as error:
            raise ImportProblem(f'There is no encoding "{dialect.encoding}"', field="encoding") from error
    return dialect


def unknown(what: str, name: str, known: Collection[str]) -> str:
    """The words that say that a name is unknown, with the nearest known one."""
    near = process.extractOne(name, list(known), score_cutoff=60)
    hint = f'; did you mean "{near[0]}"?' if near else f" among {', '.join(sorted(known))}"
    return f'There is no {what} "{name}"{hint}'

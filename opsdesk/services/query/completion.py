"""Help with writing a query: what may stand at the cursor, and the conditions of a query one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from opsdesk.models.drawings import DrawingKind
from opsdesk.services import pasting
from opsdesk.services.query import fields
from opsdesk.services.query.fields import FIELDS, Field, Sort, plain
from opsdesk.services.query.nodes import And, Node, Not, Phrase, Query, Term, Value, Word, to_text, value_text
from opsdesk.services.query.parser import parse
from opsdesk.store.work import Reader

MOST: Final = 12
"""Completions that are offered at once."""
PLACES: Final = 5_000
"""Places whose names are kept for completion."""

_VALUE = r'"(?:[^"]|"")*"|\([^()"]*\)|[^\s"(),]+'
_IN_VALUE = re.compile(
    rf'(?:^|[\s(-])(?P<field>[A-Za-z_]+)(?P<sign>:=|>=|<=|[:<>=~])\s*(?:(?:{_VALUE})\s*,\s*)*(?P<part>"[^"]*|[^\s"(),]*)$'
)
_IN_WORD = re.compile(r"(?:^|[\s(])-?(?P<part>[^\s\"(),:<>=~-][^\s\"(),:<>=~]*)?$")
_REST = re.compile(r"[^\s\"(),]*")

_TIMES: Final = (
    ("today", "since midnight"),
    ("yesterday", "the day before"),
    ("2h", "two hours"),
    ("this-week", "Monday to Sunday"),
    ("last-7-days", "today and the six days before"),
    ("last-week", "the week before this one"),
    ("this-month", "from its first day to its last"),
    ("30min", "thirty minutes"),
    ("7d", "seven days"),
    ("2026-11-22", "a day"),
    ("2026-11", "a month"),
    ("221432ZNOV26", "a date-time group"),
)


_AHEAD: Final = (("2h", "within two hours"), ("30min", "within thirty minutes"), ("today", "until midnight"))
_DUE: Final = (
    ("today", "until midnight"),
    ("tomorrow", "the day after"),
    ("this-week", "Monday to Sunday"),
    ("next-7-days", "today and the six days after"),
    *(one for one in _TIMES if one[0] not in ("today", "this-week", "last-7-days", "last-week")),
)


@dataclass(frozen=True, slots=True)
class Completion:
    """A text that may stand at `start`–`end`, with the words to show for it."""

    text: str
    label: str
    detail: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition of a query: `text[start:end]` is how it is written. Free words have no label."""

    label: str
    value: str
    start: int
    end: int


Names = tuple[tuple[str, str], ...]
"""Names that may be typed, each with a quieter word about it."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The names that completion offers. `words` are texts that this person searched for before."""

    people: Names = ()
    units: Names = ()
    places: Names = ()
    drawings: Names = ()
    types: Names = ()
    categories: Names = ()
    tags: Names = ()
    sources: Names = ()
    words: tuple[str, ...] = ()

    def of(self, field: Field) -> Names:
        """The names that a field takes."""
        match field.table or field.name:
            case "person":
                return (("me", "you"), ("none", "nobody"), *self.people)
            case "unit":
                return (("mine", "your unit"), ("none", "no unit"), *self.units)
            case "place":
                return (("none", "no place"), *self.places)
            case "drawing":
                return self.drawings
            case "ticket_type":
                return self.types
            case "category":
                return (("none", "no category"), *self.categories)
            case "tag":
                return (("none", "no tag"), *self.tags)
            case "source":
                return (("none", "made here"), *self.sources)
            case _:
                return ()


def directory(reader: Reader, words: Iterable[str] = ()) -> Directory:
    """The names that there are now."""

    def names(sql: str) -> Names:
        return tuple((pasting.clean(name), detail or "") for name, detail in reader.rows(sql))

    return Directory(
        people=names(
            "SELECT p.name, coalesce(u.code, u.name) FROM person p LEFT JOIN unit u ON u.id = p.unit "
            "WHERE p.voided IS NULL ORDER BY p.name COLLATE NOCASE"
        ),
        units=names(
            "SELECT coalesce(code, name) AS said, name FROM unit WHERE voided IS NULL ORDER BY said COLLATE NOCASE"
        ),
        places=names(f"SELECT name, sort FROM place WHERE voided IS NULL ORDER BY name COLLATE NOCASE LIMIT {PLACES}"),
        drawings=names(_DRAWN),
        types=names("SELECT name, code FROM ticket_type WHERE voided IS NULL ORDER BY position, name"),
        categories=names(
            "SELECT c.name, coalesce(p.name, c.type_code) FROM category c LEFT JOIN category p ON p.id = c.parent "
            "WHERE c.voided IS NULL ORDER BY c.name COLLATE NOCASE"
        ),
        tags=names(
            "SELECT word, count(*) || ' tickets' FROM tag WHERE voided IS NULL GROUP BY word ORDER BY count(*) DESC"
        ),
        sources=names("SELECT DISTINCT source, 'imported' FROM ticket WHERE source IS NOT NULL LIMIT 100"),
        words=tuple(words),
    )


_DRAWN: Final = (
    f"SELECT DISTINCT name, CASE kind WHEN {DrawingKind.THREAT:d} THEN 'threat area' "
    f"WHEN {DrawingKind.AREA:d} THEN 'area' ELSE 'drawing' END FROM drawing "
    "WHERE voided IS NULL AND (radius_m IS NOT NULL OR geometry LIKE '%Polygon%') "
    f"ORDER BY name COLLATE NOCASE LIMIT {PLACES}"
)
"""What something can lie inside."""


# ----- completion


def complete(text: str, cursor: int, known: Directory) -> tuple[Completion, ...]:
    """What may stand at the cursor, the likeliest first. Never fails, whatever was typed so far."""
    before = text[:cursor]
    rest = _REST.match(text, cursor)
    end = rest.end() if rest else cursor
    found = _IN_VALUE.search(before)
    if found is not None:
        field = fields.find(found["field"])
        if field is None:
            return ()
        start = found.start("part")
        offers = (
            (f"{value} {detail}", Completion(_written(value), value, detail, start, end))
            for value, detail in (_AHEAD if _is_length(field, found["sign"]) else _values(field, known))
        )
        return _best(offers, found["part"].lstrip('"'))
    found = _IN_WORD.search(before)
    if found is None:
        return ()
    part = found["part"] or ""
    start = cursor - len(part)
    return _best(_beginnings(part, start, end, known), part)


def _is_length(field: Field, sign: str) -> bool:
    """Whether only a time may stand after a sign, where after others a word may."""
    return field.sort is Sort.CLOCK and sign not in (":", "=")


def _values(field: Field, known: Directory) -> Iterable[tuple[str, str]]:
    if field.sort is Sort.TIME:
        return (*_DUE, ("none", "without")) if field.column == "due" else _TIMES
    if field.sort is Sort.NEAR:
        return known.places
    if field.sort is Sort.TEXT:
        return [(word, "searched before") for word in known.words]
    if field.sort is Sort.CLOCK:
        return (*((word, str(said)) for word, said in (field.words or {}).items()), *_AHEAD)
    if field.words is not None:
        kind = field.sort in (Sort.IS, Sort.HAS, Sort.SYNC)
        return [(word, str(meaning) if kind else field.label) for word, meaning in field.words.items()]
    return known.of(field)


Offer = tuple[str, Completion]
"""What the typed part is compared with, and what it may become."""


def _beginnings(part: str, start: int, end: int, known: Directory) -> Iterator[Offer]:
    """Fields that begin so, then conditions whose value begins so, then words searched before."""
    exact = fields.find(part) if part else None
    for field in FIELDS:
        name = next((one for one in (field.name, *field.aliases) if one.startswith(part.lower())), "")
        for sign in field.operators if field is exact else field.operators[:1]:
            label = field.label if sign == ":" else f"{field.label} {sign}"
            yield name or field.name, Completion(f"{field.name}{sign}", label, field.help, start, end)
    if len(part) < 2:
        return
    for field in FIELDS:
        if field.words is not None or field.name in ("unit", "assignee", "type", "category", "tag", "place", "in"):
            for value, detail in _values(field, known):
                if value not in ("none", "me", "mine"):
                    text, about = f"{field.name}:{_written(value)}", f"{field.label} · {detail}"
                    yield value, Completion(text, value, about, start, end)
    for word in known.words:
        yield word, Completion(_written(word), word, "searched before", start, end)


def _written(value: str) -> str:
    """A value as it is typed. Words of the language are short enough to be written with a hyphen."""
    if plain(value) in _LANGUAGE:
        return value.replace(" ", "-")
    return value_text(Value(value))


_LANGUAGE: Final = frozenset(word for field in FIELDS if field.words is not None for word in field.words)


def _best(offers: Iterable[Offer], part: str) -> tuple[Completion, ...]:
    """Those that begin with the part, then those of which a word does, then those that hold it; each text once."""
    said = part.casefold()
    ranked: dict[str, tuple[int, int, Completion]] = {}
    for place, (compared, one) in enumerate(offers):
        name = compared.casefold()
        if name.startswith(said):
            rank = 0
        elif f" {said}" in name or f"-{said}" in name:
            rank = 1
        elif len(said) > 2 and said in name:
            rank = 2
        else:
            continue
        ranked.setdefault(one.text, (rank, place, one))
    return tuple(one for _, _, one in sorted(ranked.values(), key=lambda entry: entry[:2])[:MOST])


# ----- chips


def chips(text: str) -> tuple[Chip, ...]:
    """The conditions of a query side by side. Raises QueryError for one that cannot be read."""
    return tuple(_chip(node, text) for node in parse(text).parts)


def _chip(node: Node, text: str) -> Chip:
    match node:
        case Word() | Phrase():
            return Chip("", node.text, node.start, node.end)
        case Term():
            return Chip(_label(node), _said(node), node.start, node.end)
        case Not(Term() as term):
            return Chip(_label(term), f"not {_said(term)}", node.start, node.end)
        case Not():
            return Chip("Not", text[node.node.start : node.node.end].strip("()"), node.start, node.end)
        case _:
            return Chip("Any of", text[node.start : node.end].strip("()"), node.start, node.end)


def _label(term: Term) -> str:
    field = fields.find(term.name)
    assert field is not None
    return field.label


def _said(term: Term) -> str:
    values = ", ".join(value.text for value in term.values)
    signs = {":": "", ":=": "only ", "=": "", ">=": "≥ ", "<=": "≤ ", ">": "> ", "<": "< ", "~": "like "}
    return signs[term.operator] + values


def without(text: str, chip: Chip) -> str:
    """The query without one of its conditions."""
    return _together(part for part in parse(text).parts if (part.start, part.end) != (chip.start, chip.end))


def with_term(text: str, name: str, values: Iterable[str], operator: str = ":") -> str:
    """The query with a condition on a field, instead of the one it had on that field with that sign.

    No values take the condition away. Raises QueryError when the query cannot be read or a value is wrong.
    """
    written = ",".join(_written(value) for value in values)
    made = parse(f"{name}{operator}{written}").parts if written else ()
    kept: list[Node] = []
    for part in parse(text).parts:
        if isinstance(part, Term) and part.name == name and part.operator == operator:
            kept += made
            made = ()
        else:
            kept.append(part)
    return _together([*kept, *made])


def _together(parts: Iterable[Node]) -> str:
    kept = tuple(parts)
    root = None if not kept else kept[0] if len(kept) == 1 else And(kept)
    return to_text(Query("", root))

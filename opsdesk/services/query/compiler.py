"""From syntax tree to SQL over `ticket`: conditions with bound parameters, never a value in the text.

The result keeps apart what the list's planner needs: the conditions that must all hold, which of them name values of a
column (an index may lead by it), and the search words (the full-text index may lead by them).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models.tickets import State
from opsdesk.services import unread
from opsdesk.services.errors import QueryError
from opsdesk.services.query import fields, moments, names, nearby, words
from opsdesk.services.query.fields import Field, Sort
from opsdesk.services.query.nodes import And, Node, Not, Or, Phrase, Query, Term, Value, Word
from opsdesk.store.work import Reader

Parameters = tuple[Any, ...]

OPEN: Final = f"t.state < {State.RESOLVED:d}"
"""The words of this condition are those of the indexes of open tickets, which it lets the engine use."""
NOT_VOIDED: Final = "t.voided IS NULL"

QUEUED: Final = "t.id IN (SELECT c.record FROM change c WHERE c.outcome IS NULL)"
"""True for tickets with a change made here that waits for the server."""

_PARTIAL: Final = "t.key IN (SELECT rowid FROM ticket_tri WHERE ticket_tri MATCH ?)"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition over the columns of `ticket`, true or not true (never left open by a missing value when negated).

    `column` and `values` are set when it says that a column has one of these values.
    """

    sql: str
    parameters: Parameters = ()
    column: str = ""
    values: Parameters = ()
    open_only: bool = False
    """True when only open tickets can meet it."""
    narrow: bool = False
    """True when an index leads to the tickets that meet it, so that few of them are found at once."""
    source: str = ""
    """For `t.key IN (…)` and `t.id IN (…)`: the SELECT within, which can be counted up to a limit at once."""


@dataclass(frozen=True, slots=True)
class Search:
    """Rows of the search tables that must hold a match, as SQL that gives row keys, the latest first."""

    sql: str
    parameters: Parameters


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a query means for one person at one moment."""

    conditions: tuple[Condition, ...]
    search: Search | None
    voided_too: bool

    @property
    def open_only(self) -> bool:
        """True when only open tickets can meet it."""
        return any(condition.open_only for condition in self.conditions)


def compile_query(reader: Reader, query: Query) -> Compiled:
    """What the query means on this reader. Raises QueryError at names that nothing here has."""
    return _Compiler(reader, query).compiled()


class _Compiler:
    """Holds what all conditions of one query share."""

    def __init__(self, reader: Reader, query: Query) -> None:
        self.reader = reader
        self.query = query
        self.last_word = _last_word(query.root)

    def compiled(self) -> Compiled:
        searched: list[Word | Phrase | Term] = []
        conditions: list[Condition] = []
        for node in self.query.parts:
            if isinstance(node, Word | Phrase) or (isinstance(node, Term) and _is_search(node)):
                searched.append(node)
            else:
                conditions.append(self.condition(node))
        search = self.search(searched) if searched else None
        return Compiled(tuple(conditions), search, _mentions_voided(self.query.root))

    # ----- conditions

    def condition(self, node: Node) -> Condition:
        match node:
            case Term():
                return self.term(node)
            case Word() | Phrase():
                return _in_search(self.search([node]))
            case Not():
                inner = self.condition(node.node)
                return Condition(f"({inner.sql}) IS NOT TRUE", inner.parameters)
            case And() | Or():
                inner_ones = [self.condition(part) for part in node.nodes]
                joint = " AND " if isinstance(node, And) else " OR "
                return Condition(
                    "(" + joint.join(f"({inner.sql})" for inner in inner_ones) + ")",
                    tuple(value for inner in inner_ones for value in inner.parameters),
                    open_only=(any if isinstance(node, And) else all)(inner.open_only for inner in inner_ones),
                )

    def term(self, term: Term) -> Condition:
        field = fields.find(term.name)
        assert field is not None
        if _is_search(term):
            return _in_search(self.search([term]))
        return _COMPILERS[field.sort](self, field, term)

    def level(self, field: Field, term: Term) -> Condition:
        assert field.words is not None
        stored = tuple(int(field.words[field.word(value)]) for value in term.values)
        if term.operator not in (":", "="):
            stored = tuple(
                sorted(int(value) for value in field.words.values() if _compares(int(value), term.operator, stored[0]))
            )
        open_only = field.column == "state" and max(stored, default=0) < State.RESOLVED
        return self._one_of(field.column, stored, open_only=open_only)

    def word(self, field: Field, term: Term) -> Condition:
        assert field.words is not None
        return self._one_of(field.column, tuple(str(field.words[field.word(value)]) for value in term.values))

    def name(self, field: Field, term: Term) -> Condition:
        meant = names.resolve(self.reader, field, term)
        if field.column == "watcher":
            return self._watched_by(meant)
        return self._one_of(field.column, meant.ids, or_none=meant.nobody)

    def _watched_by(self, meant: names.Meant) -> Condition:
        parts: list[str] = []
        if meant.ids:
            marks = ", ".join("?" * len(meant.ids))
            parts.append(f"t.id IN (SELECT subject FROM watcher WHERE person IN ({marks}) AND voided IS NULL)")
        if meant.nobody:
            parts.append("NOT EXISTS (SELECT 1 FROM watcher w WHERE w.subject = t.id AND w.voided IS NULL)")
        return _any_of(parts, meant.ids, narrow=not meant.nobody)

    def time(self, field: Field, term: Term) -> Condition:
        parts: list[str] = []
        parameters: list[Any] = []
        for value in term.values:
            if moments.is_none(value):
                parts.append(f"t.{field.column} IS NULL")
                continue
            sql, bounds = self._time(field, term.operator, value)
            parts.append(sql)
            parameters += bounds
        sql = f"({' OR '.join(parts)})" if len(parts) > 1 else parts[0]
        return Condition(sql, tuple(parameters), field.column, narrow=len(parts) == 1)

    def _time(self, field: Field, operator: str, value: Value) -> tuple[str, list[int]]:
        column, now = f"t.{field.column}", self.reader.now
        moment = moments.read(value, now)
        if isinstance(moment, moments.Age):
            # What is due lies ahead, all else behind: due<2h is within the next two hours, updated<2h the last two.
            if field.column == "due_at":
                sign = "<=" if operator in (":", "=") else operator
                return f"{column} {sign} ?", [now + moment.ms]
            turned = {":": ">=", "=": ">=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
            return f"{column} {turned[operator]} ?", [now - moment.ms]
        if operator in (":", "="):
            return f"({column} >= ? AND {column} < ?)", [moment.start, moment.end]
        if operator in ("<", ">="):
            return f"{column} {operator} ?", [moment.start]
        return f"{column} {'<' if operator == '<=' else '>='} ?", [moment.end]

    def exact(self, field: Field, term: Term) -> Condition:
        parts: list[str] = []
        parameters: list[Any] = []
        for value in term.values:
            sql, bound = self._exact(field, term.operator, value)
            parts.append(sql)
            parameters += bound
        return _any_of(parts, parameters, narrow=field.column in ("tag", "external", "parent", "contact"))

    def _exact(self, field: Field, operator: str, value: Value) -> tuple[str, list[Any]]:
        nothing = not value.quoted and value.text.casefold() == "none"
        match field.column:
            case "tag" if nothing:
                return "NOT EXISTS (SELECT 1 FROM tag g WHERE g.subject = t.id AND g.voided IS NULL)", []
            case "tag":
                tags = self._tags(value) if operator == "~" else [" ".join(value.text.lower().split())]
                marks = ", ".join("?" * len(tags))
                return f"t.id IN (SELECT subject FROM tag WHERE word IN ({marks}) AND voided IS NULL)", list(tags)
            case "parent" if not nothing:
                parents = f"SELECT p.id FROM ticket p WHERE p.voided IS NULL AND {_numbered('p')}"
                return f"t.parent IN ({parents})", _number(value)
            case column if nothing:
                return f"t.{column} IS NULL", []
            case "contact" if operator == ":" and words.part(value.text) is not None:
                return _PARTIAL, [words.part(value.text, "contact")]
            case column:
                return f"(t.{column} = ? AND t.{column} IS NOT NULL)", [value.text]

    def _tags(self, value: Value) -> list[str]:
        from rapidfuzz import fuzz, process

        known = [word for (word,) in self.reader.rows("SELECT DISTINCT word FROM tag WHERE voided IS NULL")]
        found = process.extract(value.text.casefold(), known, scorer=fuzz.WRatio, score_cutoff=80, limit=100)
        if not found:
            raise QueryError(f"No tag is like “{value.text}”", value.start, value.end)
        return [word for word, _, _ in found]

    def number(self, field: Field, term: Term) -> Condition:
        parts: list[str] = []
        parameters: list[Any] = []
        for value in term.values:
            trigrams = words.part(value.text, "number")
            if term.operator == "=":
                parts.append(_numbered("t"))
                parameters += _number(value)
            elif trigrams is not None:
                parts.append(_PARTIAL)
                parameters.append(trigrams)
            else:
                parts.append("instr(t.number, ?) > 0")
                parameters.append(value.text.upper())
        return _any_of(parts, parameters, narrow="instr" not in " ".join(parts))

    def near(self, field: Field, term: Term) -> Condition:
        near = nearby.read(term)
        if near.place is None:
            sql, parameters = nearby.condition(near.lat, near.lon, near.radius_m)
            return _any_of([sql], parameters, narrow=True)
        place = fields.find("place")
        assert place is not None
        meant = names.resolve(self.reader, place, Term("place", ":=", (near.place,)))
        parts, bound = [], []
        for lat, lon in self._positions(meant):
            sql, parameters = nearby.condition(lat, lon, near.radius_m)
            parts.append(sql)
            bound += parameters
        if not parts:
            raise QueryError(f"The position of “{near.place.text}” is not known", near.place.start, near.place.end)
        return _any_of(parts, bound, narrow=True)

    def _positions(self, meant: names.Meant) -> list[tuple[float, float]]:
        marks = ", ".join("?" * len(meant.ids))
        rows = self.reader.rows(f"SELECT lat, lon FROM place WHERE id IN ({marks}) AND lat IS NOT NULL", meant.ids)
        return [(lat, lon) for lat, lon in rows]

    def flag(self, field: Field, term: Term) -> Condition:
        found = [self._flag(field.word(value)) for value in term.values]
        if len(found) == 1:
            return found[0]
        return Condition(
            "(" + " OR ".join(f"({one.sql})" for one in found) + ")",
            tuple(value for one in found for value in one.parameters),
            open_only=all(one.open_only for one in found),
        )

    def _flag(self, word: str) -> Condition:
        me, now = self.reader.person, self.reader.now
        match word:
            case "open":
                return Condition(OPEN, open_only=True, narrow=True)
            case "closed":
                return Condition(f"t.state >= {State.RESOLVED:d}")
            case "overdue":
                return Condition(f"(t.due_at < ? AND {OPEN})", (now,), open_only=True, narrow=True)
            case "unread":
                return Condition(
                    "(t.updated_at > ? AND t.updated_at > coalesce("
                    "(SELECT s.seen_at FROM seen s WHERE s.person = ? AND s.subject = t.id), 0))",
                    (unread.read_until(self.reader), me),
                    "updated_at",
                    narrow=True,
                )
            case "mine":
                return self._one_of("assignee", (me,))
            case "watched":
                return self._watched_by(names.Meant((me,), nobody=False))
            case "unassigned":
                return self._one_of("assignee", (), or_none=True)
            case "waiting":
                return self._one_of("state", (int(State.WAITING),), open_only=True)
            case "voided":
                return Condition("t.voided IS NOT NULL")
            case "queued":
                return Condition(QUEUED, narrow=True, source=_inner(QUEUED))
            case _:
                return Condition(f"t.{word} = 1")

    def having(self, field: Field, term: Term) -> Condition:
        parts = [_HAVING[field.word(value)] for value in term.values]
        return Condition(f"({' OR '.join(parts)})")

    def _one_of(self, column: str, values: Parameters, *, or_none: bool = False, open_only: bool = False) -> Condition:
        """The column has one of the values; `or_none` also lets through what has no value."""
        name = f't."{column}"'
        every = values + ((None,) if or_none else ())
        marks = ", ".join("?" * len(values))
        within = f"{name} = ?" if len(values) == 1 else f"{name} IN ({marks})"
        if or_none:
            sql = f"({within} OR {name} IS NULL)" if values else f"{name} IS NULL"
        else:
            # Without this a missing value is neither true nor false, and stays out of the negation too.
            sql = f"({within} AND {name} IS NOT NULL)" if column not in ("state", "priority", "marking") else within
        return Condition(sql, values, column, every, open_only, narrow=column != "marking" and column != "reported_via")

    # ----- words

    def search(self, nodes: Sequence[Word | Phrase | Term]) -> Search:
        """The tickets that hold all of these.

        A number or callsign is found by a part of it too: for every word that may be one, the search with that part
        is added. Both roads give keys in descending order, so that the engine merges them and stops early.
        """
        expressions = [self._expression(node) for node in nodes]
        whole = " AND ".join(f"({expression})" for expression in expressions)
        sql, parameters = "SELECT rowid AS key FROM ticket_fts WHERE ticket_fts MATCH ?", [whole]
        partial = [(at, found) for at, node in enumerate(nodes) if (found := self._part(node)) is not None]
        for at, found in partial:
            others = " AND ".join(f"({one})" for place, one in enumerate(expressions) if place != at)
            sql += " UNION SELECT rowid FROM ticket_tri WHERE ticket_tri MATCH ?"
            parameters.append(found)
            if others:
                sql += " AND rowid IN (SELECT rowid FROM ticket_fts WHERE ticket_fts MATCH ?)"
                parameters.append(others)
        return Search(sql, tuple(parameters))

    def _expression(self, node: Word | Phrase | Term) -> str:
        if isinstance(node, Word):
            return words.phrase(node.text, beginning=node is self.last_word)
        if isinstance(node, Phrase):
            return words.phrase(node.text)
        field = fields.find(node.name)
        assert field is not None
        found = []
        for value in node.values:
            if node.operator == "~":
                found.append(words.fuzzy(self.reader, value.text, field.column))
            else:
                found.append(words.phrase(value.text, column=field.column))
        return " OR ".join(f"({one})" for one in found)

    def _part(self, node: Word | Phrase | Term) -> str | None:
        """The expression for a part of a number or callsign, when there is a ticket that has it."""
        if isinstance(node, Term) and (node.name != "text" or len(node.values) > 1):
            return None
        text = node.values[0].text if isinstance(node, Term) else node.text
        expression = words.part(text)
        if expression is None:
            return None
        found = self.reader.value("SELECT rowid FROM ticket_tri WHERE ticket_tri MATCH ? LIMIT 1", (expression,))
        return expression if found is not None else None


_HAVING: Final = {
    "attachment": "EXISTS (SELECT 1 FROM attachment a WHERE a.subject = t.id AND a.voided IS NULL)",
    "comment": "EXISTS (SELECT 1 FROM comment c WHERE c.subject = t.id AND c.voided IS NULL)",
    "position": "t.lat IS NOT NULL",
    "place": "t.place IS NOT NULL",
    "due": "t.due_at IS NOT NULL",
    "link": "(EXISTS (SELECT 1 FROM link l WHERE l.subject = t.id AND l.voided IS NULL)"
    " OR EXISTS (SELECT 1 FROM link l WHERE l.target = t.id AND l.voided IS NULL))",
    "tag": "EXISTS (SELECT 1 FROM tag g WHERE g.subject = t.id AND g.voided IS NULL)",
    "answer": "EXISTS (SELECT 1 FROM answer a WHERE a.subject = t.id AND a.value IS NOT NULL)",
    "watcher": "EXISTS (SELECT 1 FROM watcher w WHERE w.subject = t.id AND w.voided IS NULL)",
    "description": "coalesce(t.description, '') <> ''",
    "parent": "t.parent IS NOT NULL",
}

_COMPILERS: Final[dict[Sort, Callable[[_Compiler, Field, Term], Condition]]] = {
    Sort.LEVEL: _Compiler.level,
    Sort.WORD: _Compiler.word,
    Sort.NAME: _Compiler.name,
    Sort.TIME: _Compiler.time,
    Sort.EXACT: _Compiler.exact,
    Sort.NUMBER: _Compiler.number,
    Sort.NEAR: _Compiler.near,
    Sort.IS: _Compiler.flag,
    Sort.HAS: _Compiler.having,
}


def _compares(value: int, operator: str, other: int) -> bool:
    return {"<": value < other, "<=": value <= other, ">": value > other, ">=": value >= other}[operator]


def _is_search(term: Term) -> bool:
    field = fields.find(term.name)
    return field is not None and field.sort is Sort.TEXT


def _in_search(search: Search) -> Condition:
    return Condition(f"t.key IN ({search.sql})", search.parameters, narrow=True, source=search.sql)


def _any_of(parts: Sequence[str], parameters: Sequence[Any], *, narrow: bool) -> Condition:
    """One of several is enough; a single one keeps its shape."""
    if len(parts) == 1:
        return Condition(parts[0], tuple(parameters), narrow=narrow, source=_inner(parts[0]))
    return Condition(f"({' OR '.join(parts)})", tuple(parameters), narrow=narrow)


def _inner(sql: str) -> str:
    """The SELECT within `t.key IN (…)` or `t.id IN (…)`, if that is all there is; else nothing."""
    match = re.fullmatch(r"t\.(?:key|id) IN \((.*)\)", sql, re.S)
    return match[1] if match else ""


def _numbered(table: str) -> str:
    """SQL that compares a number by the index of numbers; `_number` gives its parameters."""
    return f"(rtrim({table}.number, '0123456789') = rtrim(?, '0123456789') AND {table}.number = ?)"


def _number(value: Value) -> list[Any]:
    said = value.text.upper()
    return [said, said]


def _leaves(root: Node | None) -> list[Word | Phrase | Term]:
    found: list[Word | Phrase | Term] = []
    waiting = [root] if root is not None else []
    while waiting:
        node = waiting.pop()
        match node:
            case And() | Or():
                waiting += node.nodes
            case Not():
                waiting.append(node.node)
            case _:
                found.append(node)
    return found


def _last_word(root: Node | None) -> Word | None:
    """The word at the end, which somebody may still be typing."""
    found = [leaf for leaf in _leaves(root) if isinstance(leaf, Word)]
    return max(found, key=lambda word: word.end, default=None)


def _mentions_voided(root: Node | None) -> bool:
    """True when the query asks about voided tickets, which other queries leave out."""
    field = fields.find("is")
    assert field is not None
    return any(
        isinstance(leaf, Term) and leaf.name == "is" and any(field.word(value) == "voided" for value in leaf.values)
        for leaf in _leaves(root)
    )

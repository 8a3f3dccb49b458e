"""From syntax tree to SQL over `ticket t`: conditions with bound parameters, never a value in the text.

The result keeps apart what the list's planner needs: the conditions that must all hold, which of them name values of a
column (an index may lead by it), and the search words (the full-text index may lead by them).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from opsdesk.models.clocks import Standing
from opsdesk.models.tickets import State
from opsdesk.services.errors import QueryError
from opsdesk.services.query import closing, conditions, fields, moments, names, nearby, sync, within, words
from opsdesk.services.query.conditions import (
    NEXT,
    OPEN,
    PLACED,
    RANK,
    Compiled,
    Condition,
    Lead,
    either,
    hangs,
    named,
    one_of,
)
from opsdesk.services.query.fields import Field, Sort
from opsdesk.services.query.nodes import And, Node, Not, Or, Phrase, Query, Term, Value, Word
from opsdesk.services.query.searching import Searched, is_searched, search
from opsdesk.store.work import Reader


def compile_query(reader: Reader, query: Query) -> Compiled:
    """What the query means on this reader. Raises QueryError at names that nothing here has."""
    leaves = _leaves(query.root)
    compiler = _Compiler(reader, max((leaf for leaf in leaves if isinstance(leaf, Word)), key=_end, default=None))
    searched: list[Searched] = []
    found: list[Condition] = []
    for node in query.parts:
        if isinstance(node, Word | Phrase | Term) and is_searched(node):
            searched.append(node)
        else:
            found.append(compiler.condition(node))
    matches = search(reader, searched, compiler.typing) if searched else None
    return Compiled(tuple(found), matches, any(_asks_for_voided(leaf) for leaf in leaves))


class _Compiler:
    """Holds what all conditions of one query share."""

    def __init__(self, reader: Reader, typing: Word | None) -> None:
        self.reader = reader
        self.typing = typing
        """The word at the end, which somebody may still be typing."""

    def condition(self, node: Node) -> Condition:
        match node:
            case Not():
                return conditions.negated(self.condition(node.node))
            case And():
                return conditions.every([self.condition(part) for part in node.nodes])
            case Or():
                return either([self.condition(part) for part in node.nodes])
            case Term() if not is_searched(node):
                field = fields.find(node.name)
                assert field is not None
                return _COMPILERS[field.sort](self, field, node)
            case _:
                return search(self.reader, [node], self.typing).condition()

    # ----- lists of words

    def level(self, field: Field, term: Term) -> Condition:
        assert field.words is not None
        stored = tuple(int(field.words[field.word(value)]) for value in term.values)
        if term.operator not in (":", "="):
            every = sorted(int(value) for value in field.words.values())
            stored = tuple(value for value in every if _compares(value, term.operator, stored[0]))
        open_only = field.column == "state" and max(stored, default=0) < State.RESOLVED
        return one_of(field.column, stored, open_only=open_only)

    def word(self, field: Field, term: Term) -> Condition:
        assert field.words is not None
        return one_of(field.column, tuple(str(field.words[field.word(value)]) for value in term.values))

    def flag(self, field: Field, term: Term) -> Condition:
        return either([self._flag(field.word(value)) for value in term.values])

    def _flag(self, word: str) -> Condition:
        me, now = self.reader.person, self.reader.now
        match word:
            case "open":
                return Condition(OPEN, open_only=True, narrow=True)
            case "closed":
                return Condition(f"t.state >= {State.RESOLVED:d}", column="state")
            case "overdue":
                return Condition(f"({NEXT} < ? AND {OPEN})", (now,), "due", open_only=True, narrow=True)
            case "unread":
                return sync.standing(self.reader, "new")
            case "mine":
                return one_of("assignee", (me,))
            case "watched":
                return hangs("watcher", "person = ?", (me,))
            case "unassigned":
                return one_of("assignee", (), or_none=True)
            case "waiting":
                return one_of("state", (int(State.WAITING),), open_only=True)
            case "major":
                return Condition(f"(t.major = 1 AND {RANK} > 10)", narrow=True)
            case "voided":
                return Condition("t.voided IS NOT NULL")
            case "queued":
                return conditions.QUEUED
            case "timely":
                return closing.TIMELY
            case "late":
                return closing.LATE
            case _:
                return Condition(f"t.{word} = 1")

    def sync(self, field: Field, term: Term) -> Condition:
        return either([sync.standing(self.reader, field.word(value)) for value in term.values])

    def having(self, field: Field, term: Term) -> Condition:
        return either([_having(field.word(value)) for value in term.values])

    # ----- names

    def name(self, field: Field, term: Term) -> Condition:
        meant = names.resolve(self.reader, field, term)
        if field.column != "watcher":
            return one_of(field.column, meant.ids, or_none=meant.nobody)
        found = []
        if meant.ids:
            found.append(hangs("watcher", f"person IN ({', '.join('?' * len(meant.ids))})", meant.ids))
        if meant.nobody:
            found.append(conditions.negated(hangs("watcher")))
        return either(found)

    # ----- times

    def time(self, field: Field, term: Term) -> Condition:
        found = [self._time(field, term.operator, value) for value in term.values]
        return found[0] if len(found) == 1 else either(found)

    def _time(self, field: Field, operator: str, value: Value) -> Condition:
        if moments.is_none(value):
            return closing.UNKNOWN if field.column == fields.CLOSED else one_of(field.column, (), or_none=True)
        moment = moments.read(value, self.reader.now)
        if isinstance(moment, moments.Age):
            # What is due lies ahead, all else behind: due<2h is within the next two hours, updated<2h the last two.
            if field.column == "due" or field.sort is Sort.CLOCK:
                return _compared(field, "<=" if operator in (":", "=") else operator, self.reader.now + moment.ms)
            turned = {":": ">=", "=": ">=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
            return _compared(field, turned[operator], self.reader.now - moment.ms)
        if operator in (":", "=") and field.column == fields.CLOSED:
            return closing.between("{at} >= ? AND {at} < ?", (moment.start, moment.end))
        if operator in (":", "="):
            column = named(field.column)
            sql = f"({column} >= ? AND {column} < ?)"
            return Condition(sql, (moment.start, moment.end), field.column, narrow=True)
        if operator in ("<", ">="):
            return _compared(field, operator, moment.start)
        return _compared(field, "<" if operator == "<=" else ">=", moment.end)

    def calendar(self, field: Field, term: Term) -> Condition:
        assert field.words is not None
        stored = tuple(int(field.words[field.word(value)]) for value in term.values)
        part = f"CAST(strftime('{field.column}', t.occurred_at / 1000, 'unixepoch', 'localtime') AS INTEGER)"
        return Condition(f"{part} IN ({', '.join('?' * len(stored))})", stored)

    # ----- clocks

    def clock(self, field: Field, term: Term) -> Condition:
        found = []
        for value in term.values:
            word = fields.stands(value)
            if word is not None:
                found.append(self._standing(field, word))
            else:
                timed = self._time(field, term.operator, value)
                # Only what is open has a clock that runs.
                found.append(Condition(f"({timed.sql} AND {OPEN})", timed.parameters, open_only=True))
        return either(found)

    def _standing(self, field: Field, word: str) -> Condition:
        now = self.reader.now
        both = field.column == "clock_due"
        if word == "late":
            return Condition(f"(t.{field.column} < ? AND {OPEN})", (now,), open_only=True)
        if word == "running":
            return Condition(f"(t.{field.column} IS NOT NULL AND {OPEN})", open_only=True)
        if word == "none":
            return Condition("t.clocks IS NULL" if both else f"t.{field.name} = 0")
        code = int({"paused": Standing.PAUSED, "met": Standing.MET, "missed": Standing.MISSED}[word])
        if word == "paused":
            held = f"{code} IN (t.response, t.resolution)" if both else f"t.{field.name} = {code}"
            return Condition(f"({held} AND {OPEN})", open_only=True)
        if not both:
            return Condition(f"t.{field.name} = {code}")
        if word == "met":
            return Condition(f"(t.resolution = {code} AND t.response <> {Standing.MISSED:d})")
        return Condition(f"{code} IN (t.response, t.resolution)")

    # ----- texts

    def exact(self, field: Field, term: Term) -> Condition:
        return either([self._exact(field, term.operator, value) for value in term.values])

    def _exact(self, field: Field, operator: str, value: Value) -> Condition:
        nothing = not value.quoted and value.text.casefold() == "none"
        match field.column:
            case "tag" if nothing:
                return conditions.negated(hangs("tag"))
            case "tag":
                tags = self._tags(value) if operator == "~" else (" ".join(value.text.lower().split()),)
                return hangs("tag", f"word IN ({', '.join('?' * len(tags))})", tags)
            case column if nothing:
                return one_of(column, (), or_none=True)
            case "parent":
                select = f"SELECT p.id FROM ticket p WHERE p.voided IS NULL AND {_NUMBERED.format('p')}"
                return Condition(f"t.parent IN ({select})", _number(value), narrow=True)
            case "contact" if operator == ":" and (part := words.part(value.text, "contact")) is not None:
                return _partial(part)
            case column:
                return one_of(column, (value.text,))

    def _tags(self, value: Value) -> tuple[str, ...]:
        from rapidfuzz import fuzz, process

        known = [word for (word,) in self.reader.rows("SELECT DISTINCT word FROM tag WHERE voided IS NULL")]
        found = process.extract(value.text.lower(), known, scorer=fuzz.WRatio, score_cutoff=80, limit=100)
        if not found:
            raise QueryError(f"No tag is like “{value.text}”", value.start, value.end)
        return tuple(word for word, _, _ in found)

    def number(self, _field: Field, term: Term) -> Condition:
        found = []
        for value in term.values:
            part = words.part(value.text, "number")
            if term.operator == "=":
                found.append(Condition(_NUMBERED.format("t"), _number(value), narrow=True))
            elif part is not None:
                found.append(_partial(part))
            else:
                found.append(Condition("instr(t.number, ?) > 0", (value.text.upper(),)))
        return either(found)

    # ----- positions

    def near(self, _field: Field, term: Term) -> Condition:
        near = nearby.read(term)
        if near.place is None:
            return nearby.condition(near.lat, near.lon, near.radius_m)
        place = fields.find("place")
        assert place is not None
        meant = names.resolve(self.reader, place, Term("place", ":=", (near.place,)))
        if len(meant.ids) > nearby.MOST:
            said = f"{len(meant.ids):,} places are called “{near.place.text}”"
            raise QueryError(f"{said}; at most {nearby.MOST} can be looked near", near.place.start, near.place.end)
        marks = ", ".join("?" * len(meant.ids))
        rows = self.reader.rows(
            f"SELECT lat, lon FROM place WHERE id IN ({marks}) AND lat IS NOT NULL AND lon IS NOT NULL", meant.ids
        )
        if not rows:
            raise QueryError(f"The position of “{near.place.text}” is not known", near.place.start, near.place.end)
        return either([nearby.condition(lat, lon, near.radius_m) for lat, lon in rows])

    def inside(self, field: Field, term: Term) -> Condition:
        return within.within(self.reader, field, term)


_COMPILERS: Final[dict[Sort, Callable[[_Compiler, Field, Term], Condition]]] = {
    Sort.LEVEL: _Compiler.level,
    Sort.WORD: _Compiler.word,
    Sort.NAME: _Compiler.name,
    Sort.TIME: _Compiler.time,
    Sort.EXACT: _Compiler.exact,
    Sort.NUMBER: _Compiler.number,
    Sort.NEAR: _Compiler.near,
    Sort.WITHIN: _Compiler.inside,
    Sort.CALENDAR: _Compiler.calendar,
    Sort.IS: _Compiler.flag,
    Sort.HAS: _Compiler.having,
    Sort.SYNC: _Compiler.sync,
    Sort.CLOCK: _Compiler.clock,
}

_NUMBERED: Final = "(rtrim({0}.number, '0123456789') = ? AND length({0}.number) = ? AND {0}.number = ?)"
"""SQL that compares a number along the index of numbers; `_number` gives its parameters."""


def _number(value: Value) -> tuple[Any, ...]:
    said = value.text.upper()
    return said.rstrip("0123456789"), len(said), said


def _partial(expression: str) -> Condition:
    """A part of a number or callsign."""
    select = "SELECT rowid FROM ticket_tri WHERE ticket_tri MATCH ?"
    return Condition(f"t.key IN ({select})", (expression,), narrow=True, lead=Lead("key", select, (expression,)))


def _having(word: str) -> Condition:
    match word:
        case "attachment" | "comment" | "tag" | "watcher":
            return hangs(word)
        case "answer":
            return hangs("answer", "value IS NOT NULL")
        case "link":
            return either([hangs("link"), hangs("link", by="target")])
        case "description":
            return Condition("coalesce(t.description, '') <> ''")
        case "position":
            return Condition(PLACED)
        case "due":
            return Condition(f"{NEXT} IS NOT NULL", column="due")
        case _:
            return Condition(f"t.{word} IS NOT NULL", column=word)


def _compared(field: Field, sign: str, at: int) -> Condition:
    if field.column == fields.CLOSED:
        return closing.between(f"{{at}} {sign} ?", (at,))
    return Condition(f"{named(field.column)} {sign} ?", (at,), field.column, narrow=True)


def _compares(value: int, operator: str, other: int) -> bool:
    return {"<": value < other, "<=": value <= other, ">": value > other, ">=": value >= other}[operator]


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


def _end(word: Word) -> int:
    return word.end


def _asks_for_voided(leaf: Word | Phrase | Term) -> bool:
    """True for the condition on voided tickets, which queries without it leave out."""
    field = fields.find("is")
    assert field is not None
    return isinstance(leaf, Term) and leaf.name == "is" and any(field.word(one) == "voided" for one in leaf.values)

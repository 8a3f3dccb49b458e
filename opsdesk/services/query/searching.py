"""Search words of a query as matches in the full-text index and in the parts of numbers and callsigns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from opsdesk.services.query import fields, words
from opsdesk.services.query.conditions import Search
from opsdesk.services.query.fields import Sort
from opsdesk.services.query.nodes import Node, Phrase, Term, Word
from opsdesk.store.work import Reader

Searched: TypeAlias = Word | Phrase | Term


def is_searched(node: Node) -> bool:
    """True for words, phrases and terms on a text."""
    if isinstance(node, Term):
        field = fields.find(node.name)
        return field is not None and field.sort is Sort.TEXT
    return isinstance(node, Word | Phrase)


def search(reader: Reader, nodes: Sequence[Searched], typing: Word | None) -> Search:
    """The tickets that hold all of these; the word `typing` counts by its beginning.

    A number or callsign is found by a part of it too: for every word that is a part of one, the search with that part
    is added. All of these give keys in either order, so that the engine merges them and stops early.
    """
    expressions = [_expression(reader, node, typing) for node in nodes]
    sql = "SELECT rowid AS key FROM ticket_fts WHERE ticket_fts MATCH ?"
    parameters = [_all(expressions)]
    for at, node in enumerate(nodes):
        part = _part(reader, node)
        if part is None:
            continue
        sql += " UNION SELECT rowid FROM ticket_tri WHERE ticket_tri MATCH ?"
        parameters.append(part)
        others = expressions[:at] + expressions[at + 1 :]
        if others:
            # The plus has the engine look keys up in the other matches, instead of searching for one key at a time.
            sql += " AND +rowid IN (SELECT rowid FROM ticket_fts WHERE ticket_fts MATCH ?)"
            parameters.append(_all(others))
    return Search(sql, tuple(parameters))


def _all(expressions: Sequence[str]) -> str:
    return " AND ".join(f"({expression})" for expression in expressions)


def _expression(reader: Reader, node: Searched, typing: Word | None) -> str:
    match node:
        case Word():
            return words.phrase(node.text, beginning=node is typing)
        case Phrase():
            return words.phrase(node.text)
        case Term():
            field = fields.find(node.name)
            assert field is not None
            if node.operator == "~":
                found = [words.fuzzy(reader, value.text, field.column) for value in node.values]
            else:
                found = [words.phrase(value.text, column=field.column) for value in node.values]
            return " OR ".join(f"({one})" for one in found)


def _part(reader: Reader, node: Searched) -> str | None:
    """The expression for a part of a number or callsign, when some ticket has that part."""
    if isinstance(node, Term):
        if node.name != "text" or len(node.values) > 1:
            return None
        text = node.values[0].text
    else:
        text = node.text
    expression = words.part(text)
    if expression is None:
        return None
    found = reader.value("SELECT rowid FROM ticket_tri WHERE ticket_tri MATCH ? LIMIT 1", (expression,))
    return None if found is None else expression

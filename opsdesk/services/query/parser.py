"""From text to syntax tree: any string either gives a tree or raises QueryError with the place and what to do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from opsdesk.services.errors import QueryError
from opsdesk.services.query import fields
from opsdesk.services.query.nodes import And, Node, Not, Or, Phrase, Query, Term, Value, Word

if TYPE_CHECKING:
    from lark import Lark, Token

MAX_BYTES = 4096
MAX_DEPTH = 12
MAX_LEAVES = 100
MAX_VALUES = 200


@lru_cache(maxsize=256)
def parse(text: str) -> Query:
    """Read a query. Raises QueryError; names of units, people and places are looked up later, by `compile_query`."""
    _refuse_strange_input(text)
    root = _plain(text)
    if root is None and text.strip():
        root = _parse(text)
        _refuse_excess(root, text)
    return Query(text, root)


def _refuse_strange_input(text: str) -> None:
    for at, sign in enumerate(text):
        if unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\t\n\r":
            raise QueryError("This character cannot be searched for", at, at + 1)
    if len(text.encode()) > MAX_BYTES:
        raise QueryError(f"The query is too long: {MAX_BYTES} bytes are the most", 0, len(text))


def _refuse_excess(root: Node, text: str) -> None:
    leaves, waiting = 0, [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise QueryError(f"Conditions are nested deeper than {MAX_DEPTH} levels", node.start, node.end)
        match node:
            case And() | Or():
                waiting += [(part, depth + 1) for part in node.nodes]
            case Not():
                waiting.append((node.node, depth))
            case _:
                leaves += 1
                if leaves > MAX_LEAVES:
                    raise QueryError(f"The query has more than {MAX_LEAVES} conditions", 0, len(text))


# ----- the usual query without the grammar library, whose import takes longer than the first list

_PLAIN_TERM = re.compile(r"([a-z_]+)(:|>=|<=|>|<)([a-z0-9_]+(?:,[a-z0-9_]+)*)(?= |$)")


def _plain(text: str) -> Node | None:
    """The tree of plain terms side by side, such as built-in views are made of; None when it is anything else."""
    terms: list[Node] = []
    at = 0
    while at < len(text):
        match = _PLAIN_TERM.match(text, at)
        if match is None or len(terms) == MAX_LEAVES:
            return None
        values, start = [], match.start(3)
        for word in match[3].split(","):
            values.append(Value(word, start=start, end=start + len(word)))
            start += len(word) + 1
        terms.append(_term(match[1], match.span(1), match[2], match.span(2), values))
        at = match.end() + 1
    return _joined(And, terms) if terms else None


# ----- any query


@cache
def _grammar() -> Lark:
    """The parser; made at the first query that needs it, since loading the library takes 60 ms."""
    from lark import Lark

    text = files("opsdesk.services.query").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", lexer="contextual", propagate_positions=False, transformer=_builder())


def _builder() -> Any:
    from lark import Transformer, v_args

    class Builder(Transformer):  # type: ignore[type-arg]
        """Makes nodes while the text is read, so that no deep tree is ever walked."""

        def start(self, found: list[Node]) -> Node | None:
            return found[0] if found else None

        def either(self, parts: list[Node]) -> Node:
            return _joined(Or, parts)

        def every(self, parts: list[Node]) -> Node:
            return _joined(And, parts)

        @v_args(inline=True)
        def negated(self, sign: Token, node: Node) -> Node:
            return node.node if isinstance(node, Not) else Not(node, start=_span(sign)[0], end=node.end)

        @v_args(inline=True)
        def grouped(self, opened: Token, node: Node, closed: Token) -> Node:
            return replace(node, start=_span(opened)[0], end=_span(closed)[1])

        @v_args(inline=True)
        def word(self, token: Token) -> Word:
            start, end = _span(token)
            if token in ("OR", "AND", "NOT"):
                raise QueryError(f"{token} needs a condition on both sides", start, end)
            return Word(_searchable(str(token), start, end), start=start, end=end)

        @v_args(inline=True)
        def phrase(self, token: Token) -> Phrase:
            start, end = _span(token)
            return Phrase(_searchable(_unquoted(token), start, end), start=start, end=end)

        @v_args(inline=True)
        def value(self, token: Token) -> Value:
            start, end = _span(token)
            if token.type == "QUOTED":
                return Value(_unquoted(token), quoted=True, start=start, end=end)
            return Value(str(token), start=start, end=end)

        def term(self, parts: list[Any]) -> Term:
            name, operator, *values = parts
            return _term(str(name), _span(name), str(operator), _span(operator), values)

    return Builder()


def _parse(text: str) -> Node:
    from lark.exceptions import UnexpectedCharacters, UnexpectedInput, VisitError

    try:
        return _grammar().parse(text)  # type: ignore[return-value]
    except VisitError as error:
        if isinstance(error.orig_exc, QueryError):
            raise error.orig_exc from None
        raise
    except UnexpectedCharacters as error:
        raise _at_character(text, error.pos_in_stream or 0) from None
    except UnexpectedInput as error:
        token = error.token  # type: ignore[attr-defined]
        if token.type == "$END":
            raise _at_end(text) from None
        raise _at_character(text, token.start_pos or 0) from None


def _span(token: Token) -> tuple[int, int]:
    return token.start_pos or 0, token.end_pos or 0


def _unquoted(token: Token) -> str:
    inner = token[1:-1]
    return inner.replace('""', '"') if token[0] == '"' else inner


def _searchable(text: str, start: int, end: int) -> str:
    """The text, if a search for it can find anything: the index knows only letters and digits."""
    if not any(unicodedata.category(sign)[0] in "LN" for sign in text):
        raise QueryError("There is no letter or digit to search for", start, end)
    return text


def _joined(kind: type[And] | type[Or], parts: Iterable[Node]) -> Node:
    """Parts side by side, flat: parentheses within the same kind mean nothing."""
    flat: list[Node] = []
    for part in parts:
        flat += part.nodes if isinstance(part, kind) else (part,)
    return flat[0] if len(flat) == 1 else kind(tuple(flat), start=flat[0].start, end=flat[-1].end)


def _term(name: str, at: tuple[int, int], operator: str, op_at: tuple[int, int], values: list[Value]) -> Term:
    field = fields.find(name)
    if field is None:
        raise QueryError(f"Unknown field “{name}”.{fields.suggest(name, fields.names())}", *at)
    if operator == "!=":
        raise QueryError(f"Write -{name}:{values[0].text} for what it must not be", *op_at)
    if operator not in field.operators:
        usual = " ".join(field.operators)
        raise QueryError(f"{field.label} cannot be compared with {operator}. Use one of {usual}", *op_at)
    if len(values) > MAX_VALUES:
        raise QueryError(f"{MAX_VALUES} values are the most", values[0].start, values[-1].end)
    term = Term(field.name, operator, tuple(values), start=at[0], end=values[-1].end)
    field.check(term)
    return term


# ----- words for what the grammar did not expect


def _at_character(text: str, at: int) -> QueryError:
    sign = text[at]
    said = {
        '"': "This quotation mark is not closed",
        "“": "This quotation mark is not closed",
        "„": "This quotation mark is not closed",
        "”": "This quotation mark was not opened",
        ")": "This parenthesis was not opened" if _unclosed(text[:at]) is None else "Something is missing before this",
        "(": "Put a value that has parentheses in quotation marks",
        ",": "A comma stands between values: state:open,waiting",
        "|": "OR needs a condition on both sides",
        "O": "OR needs a condition on both sides",
        "A": "AND needs a condition on both sides",
    }
    if sign in "!:<>=~":
        words = "Write the field, the sign and the value without spaces: priority>=high"
    else:
        words = said.get(sign, f"“{sign}” cannot stand here")
    return QueryError(words, at, at + 1)


def _at_end(text: str) -> QueryError:
    opened = _unclosed(text)
    if opened is not None:
        return QueryError("This parenthesis is not closed", opened, opened + 1)
    stripped = text.rstrip()
    end = len(stripped)
    last = re.search(r"([A-Za-z_]*)(:=|>=|<=|!=|[:<>=~,])$", stripped)
    if last is not None and last[2] == ",":
        return QueryError("A value is missing after the comma", end - 1, end)
    if last is not None:
        field = fields.find(last[1])
        hint = f", for instance {field.name}{last[2]}{field.example}" if field else ""
        return QueryError(f"A value is missing{hint}", last.start(), end)
    start = max(stripped.rfind(" "), stripped.rfind("(")) + 1
    return QueryError("Something is missing after this", start, end)


def _unclosed(text: str) -> int | None:
    """Where the innermost parenthesis opens that is not closed; those in quotation marks do not count."""
    opened: list[int] = []
    for match in re.finditer(r'"(?:[^"]|"")*"|“[^”]*”|„[^“”]*[“”]|[()]', text):
        if match[0] == "(":
            opened.append(match.start())
        elif match[0] == ")" and opened:
            opened.pop()
    return opened[-1] if opened else None

"""The syntax tree of a query, and its text again.

Positions in the query's text (`start`, `end`) belong to a node but do not make two nodes differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

OPERATORS = (":", ":=", "=", ">", ">=", "<", "<=", "~")
"""`:` means what a person expects (with the units below, any of a list), `:=` and `=` exactly that, `~` alike."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where something stands in the text: 0-based, end exclusive."""

    start: int = field(default=0, compare=False, repr=False, kw_only=True)
    end: int = field(default=0, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Value(Span):
    """One value of a term as typed. A quoted one is never a word with a meaning of its own, like `me` or `none`."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Word(Span):
    """A free word: found anywhere in a ticket, the last one of a query by its beginning."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase(Span):
    """Words in quotation marks: found as they stand."""

    text: str


@dataclass(frozen=True, slots=True)
class Term(Span):
    """A condition on a field. `name` is the field's own name, whichever alias was typed."""

    name: str
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Not(Span):
    """What must not be."""

    node: Node


@dataclass(frozen=True, slots=True)
class And(Span):
    """What must all be; written side by side."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or(Span):
    """Of which one is enough; binds weaker than standing side by side."""

    nodes: tuple[Node, ...]


Leaf: TypeAlias = Word | Phrase | Term
Node: TypeAlias = Leaf | Not | And | Or


@dataclass(frozen=True, slots=True)
class Query:
    """A query that can be read. `root` is None for the empty one, which every ticket meets."""

    text: str = field(compare=False)
    root: Node | None

    @property
    def parts(self) -> tuple[Node, ...]:
        """The conditions that must all be met."""
        if self.root is None:
            return ()
        return self.root.nodes if isinstance(self.root, And) else (self.root,)


def to_text(query: Query) -> str:
    """The query as text that reads back as the same tree."""
    return "" if query.root is None else _text(query.root, 0)


_BARE = re.compile(r'[^\s"“”„(),]+|\([^()"“”„]*\)')


def _text(node: Node, depth: int) -> str:
    """`depth` is 0 where an OR may stand bare, 1 within AND, 2 after a minus."""
    match node:
        case Word():
            return node.text
        case Phrase():
            return quoted(node.text)
        case Term():
            return f"{node.name}{node.operator}{','.join(value_text(value) for value in node.values)}"
        case Not():
            return f"-{_text(node.node, 2)}"
        case And():
            text = " ".join(_text(part, 1) for part in node.nodes)
            return f"({text})" if depth == 2 else text
        case Or():
            text = " OR ".join(_text(part, 0) for part in node.nodes)
            return f"({text})" if depth else text


def value_text(value: Value) -> str:
    """A value as it is typed, in quotation marks where it needs them."""
    return value.text if not value.quoted and _BARE.fullmatch(value.text) else quoted(value.text)


def quoted(text: str) -> str:
    """Text in quotation marks."""
    return '"' + text.replace('"', '""') + '"'

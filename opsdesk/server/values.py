"""The border between values as they travel and as the server's columns hold them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Float, LargeBinary, SmallInteger

from opsdesk.models.base import Kind, Marking
from opsdesk.models.tickets import Level, Priority, State
from opsdesk.server import tables

TEXT_LIMIT: Final = 1_000_000
"""Characters of one text."""

_BOUNDS: Final = {"lat": 90.0, "lon": 180.0}


_CHOICES: Final = {
    "ticket.state": State, "ticket.priority": Priority, "ticket.urgency": Level, "ticket.impact": Level
}  # fmt: skip
"""Fields of tickets that hold one of a few numbers. Another would stop whoever shows, prints or exports the ticket."""


class Unfit(ValueError):
    """A value that its column cannot hold. The text is a code for programs."""


def stored(table: str, name: str, value: Any) -> Any:
    """The value as the column of a synced table holds it. Raises Unfit."""
    nullable, kind, bound = _column(table, name)
    if value is None:
        if not nullable:
            raise Unfit(f"{name} is needed")
        return None
    if kind is Boolean:
        if value not in (0, 1):
            raise Unfit(f"{name} is yes or no")
        return bool(value)
    if kind is BigInteger:
        if type(value) is not int or not -(2**bound) <= value < 2**bound:
            raise Unfit(f"{name} is a number out of reach")
        allowed = choices(table, name)
        if allowed is not None and value not in allowed:
            raise Unfit(f"{name} is none of {', '.join(map(str, sorted(allowed)))}")
        return value
    if kind is Float:
        return _number(name, value)
    if kind is LargeBinary:
        if not isinstance(value, bytes) or (bound and len(value) != bound):
            raise Unfit(f"{name} is no id")
        return value
    return _text(name, value)


@cache
def choices(table: str, name: str) -> frozenset[int] | None:
    """The few numbers that a field may hold; None where it may hold any."""
    kind = Marking if name == "marking" else _CHOICES.get(f"{table}.{name}")
    return None if kind is None else frozenset(map(int, kind))


@cache
def _column(table: str, name: str) -> tuple[bool, type, int]:
    """Whether a column may be empty, what it holds, and its bound: bits of a number, bytes of an id, 0 for none."""
    column = tables.synced[table].c[name]
    nullable = bool(column.nullable)
    if isinstance(column.type, SmallInteger | BigInteger):
        return nullable, BigInteger, 15 if isinstance(column.type, SmallInteger) else 63
    if isinstance(column.type, LargeBinary):
        return nullable, LargeBinary, 16 if column.info["kind"] is Kind.REFERENCE else 0
    return nullable, next((kind for kind in (Boolean, Float) if isinstance(column.type, kind)), str), 0


@cache
def default(table: str, name: str) -> Any:
    """What a column holds when nothing is said; None when that is nothing."""
    column = tables.synced[table].c[name]
    given: Any = column.server_default
    if given is None:
        return None
    return column.type.python_type(int(given.arg)) if column.type.python_type in (int, bool) else str(given.arg)


def complete(table: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a new record with what its table would add, in the form in which they travel: a desk tells all
    fields that are not empty, yes and no as 1 and 0."""
    names = [column.name for column in tables.synced[table].c if "number" in column.info]
    told = {**{name: default(table, name) for name in names}, **values}
    return {name: int(value) if isinstance(value, bool) else value for name, value in told.items() if value is not None}


def _number(name: str, value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise Unfit(f"{name} is no number")
    if abs(value) > _BOUNDS.get(name, math.inf):
        raise Unfit(f"{name} is out of bounds")
    return float(value)


def _text(name: str, value: Any) -> str:
    # PostgreSQL holds no NUL in a text; and what is no UTF-8 could not travel on.
    if not isinstance(value, str) or "\0" in value:
        raise Unfit(f"{name} is no text")
    if len(value) > TEXT_LIMIT:
        raise Unfit(f"{name} is too long")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Unfit(f"{name} is no text") from error
    return value

"""Conditions of form rules in JSON-logic: what a condition may hold, what it reads, and whether it holds.

The language is the common one with three narrowings, so that a rule never surprises. Equality is strict: an unanswered
question is not `false`, and "1" is not 1. A comparison with an unanswered question does not hold. And only operators
whose cost is bounded by the size of the condition are taken; there is no loop and no arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from opsdesk.services.errors import Refused

DEPTH: Final = 24
NODES: Final = 200
"""Levels and parts of one condition; definitions may come from strangers."""
_TEXT: Final = 500

_COMPARISONS: Final = frozenset({"<", "<=", ">", ">="})
_STRICT: Final = {"==": "===", "!=": "!=="}

_ARGUMENTS: Final[dict[str, tuple[int, int]]] = {
    "var": (1, 1), "==": (2, 2), "!=": (2, 2), "===": (2, 2), "!==": (2, 2), "<": (2, 3), "<=": (2, 3), ">": (2, 2),
    ">=": (2, 2), "!": (1, 1), "!!": (1, 1), "and": (1, NODES), "or": (1, NODES), "in": (2, 2), "if": (2, NODES),
    "missing": (1, NODES),
}  # fmt: skip
"""How few and how many arguments each operator takes."""

OPERATORS: Final = tuple(_ARGUMENTS)


def check(condition: Any) -> frozenset[str]:
    """The names that a condition reads. Raises Refused saying what cannot be understood in it."""
    names: set[str] = set()
    for count, (part, depth) in enumerate(_parts(condition)):
        if count >= NODES:
            raise Refused(f"its condition has more than {NODES} parts")
        if depth > DEPTH:
            raise Refused(f"its condition goes deeper than {DEPTH} levels")
        if isinstance(part, dict):
            names |= _check_operation(part)
        elif isinstance(part, str) and len(part) > _TEXT:
            raise Refused(f"a text in its condition has more than {_TEXT} characters")
    return frozenset(names)


def _check_operation(part: Mapping[str, Any]) -> frozenset[str]:
    if len(part) != 1:
        raise Refused(f"a part of its condition has {len(part)} operators, not one")
    (operator,) = part
    if operator not in _ARGUMENTS:
        raise Refused(f"its condition uses “{operator[:40]}”, but only {', '.join(OPERATORS)} are known")
    arguments = _arguments(part[operator])
    low, high = _ARGUMENTS[operator]
    if not low <= len(arguments) <= high:
        wanted = str(low) if low == high else f"at least {low}" if high == NODES else f"{low} or {high}"
        raise Refused(
            f"“{operator}” takes {wanted} argument{'s' if wanted != '1' else ''}, here it has {len(arguments)}"
        )
    if operator not in ("var", "missing"):
        return frozenset()
    if not all(isinstance(name, str) and name for name in arguments):
        raise Refused(f"“{operator}” names a question by its code, as a text")
    return frozenset(arguments)


def _arguments(said: Any) -> list[Any]:
    return said if isinstance(said, list) else [said]


def _parts(condition: Any) -> Iterator[tuple[Any, int]]:
    """Every value in a condition with its level, without recursion: it may be as deep as its author likes."""
    todo = [(condition, 0)]
    while todo:
        part, depth = todo.pop()
        yield part, depth
        inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        todo += ((one, depth + 1) for one in inner)


class Condition:
    """A checked condition, ready to be asked often. `reads` are the names it looks at."""

    def __init__(self, said: Any) -> None:
        self.reads = check(said)
        self._always = said if isinstance(said, bool) else None
        self._rule = None if self._always is not None else _engine().compile({"!!": [_narrowed(said)]})

    def holds(self, data: Mapping[str, Any]) -> bool:
        """Whether it holds for these values, unanswered ones left out. One that cannot be judged, as a text compared
        with a number, does not."""
        if self._rule is None:
            return bool(self._always)
        from datalogic_py import DataLogicError

        try:
            return bool(self._rule.evaluate(data))
        except DataLogicError:
            return False


def _narrowed(said: Any) -> Any:
    if isinstance(said, list):
        return [_narrowed(part) for part in said]
    if not isinstance(said, dict):
        return said
    ((operator, arguments),) = said.items()
    arguments = [_narrowed(part) for part in _arguments(arguments)]
    made = {_STRICT.get(operator, operator): arguments}
    if operator not in _COMPARISONS:
        return made
    return {"and": [*({"!==": [part, None]} for part in arguments if isinstance(part, dict)), made]}


_ENGINE: list[Any] = []


def _engine() -> Any:
    if not _ENGINE:
        from datalogic_py import Engine  # some megabytes that only who has rules needs

        _ENGINE.append(Engine())
    return _ENGINE[0]

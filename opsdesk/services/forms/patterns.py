"""Patterns of answers that a definition may hold. A pattern of a stranger must not make the check of an answer endless.

Python's `re` tries every way to match, so what it costs is exponential where a repeated group can match one text in
several ways, and grows with a power for each further repetition. So a repeated group holds neither a repetition nor
alternatives, and there are few repetitions and few characters.
"""

from __future__ import annotations

import re
import warnings
from typing import Final

from opsdesk.services.errors import Refused

LENGTH: Final = 200
"""Characters of a pattern, and of an answer that is judged by one."""
REPEATS: Final = 3

_TOKEN: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])+\]|\{\d*,?\d*\}|.", re.DOTALL)


def check(pattern: str, label: str, max_length: int | None) -> None:
    """Raises Refused when a pattern cannot be read or could take endless to judge."""
    if len(pattern) > LENGTH:
        raise Refused(f"The pattern of “{label}” has {len(pattern)} characters, at most {LENGTH} are possible")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        raise Refused(f"The pattern of “{label}” cannot be read: {error}") from None
    if max_length is None or max_length > LENGTH:
        raise Refused(f"“{label}” has a pattern, so its max_length must be given and at most {LENGTH}")
    if _is_costly(pattern):
        raise Refused(f"The pattern of “{label}” could take endless to judge: it repeats what repeats already")


def _is_costly(pattern: str) -> bool:
    """Whether a group that holds a repetition or alternatives is repeated, or there are many repetitions."""
    tokens = _TOKEN.findall(pattern)
    groups: list[bool] = []
    closed = False
    repeats = 0
    for at, token in enumerate(tokens):
        repeated = token in ("*", "+") or (token.startswith("{") and len(token) > 1 and token != "{1}")
        if repeated and at:
            repeats += 1
            if closed:
                return True
            groups = [True] * len(groups)
        closed = False
        if token == "(":
            groups.append(False)
        elif token == "|":
            groups = [*groups[:-1], True] if groups else groups
        elif token == ")" and groups:
            inner = groups.pop()
            closed = inner
            if inner and groups:
                groups[-1] = True
    return repeats > REPEATS * 2 or sum(token in ("*", "+") for token in tokens) > REPEATS

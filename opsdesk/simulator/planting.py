"""How a bug is planted: parts of the program are exchanged for broken ones while seeds are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.simulator.run import tell

INVARIANTS: Final = tuple(f"I{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16))
"""What must hold in every story (`invariants`, `watch`). I10 and I14 are of stock and lanes, not there yet."""

Patch = tuple[Any, str, Callable[[Any], Any]]
"""Where, which name, and what makes the broken one from the right one."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted bug, and within how many seeds it must be found."""

    name: str
    budget: int
    patches: tuple[Patch, ...]
    breaks: str = ""
    """The invariant that must see it; empty: any."""
    before: bool = True
    """Whether it is looked for in stories without what came LATER into them, in which it was found."""

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Break the program for a while."""
        with ExitStack() as stack:
            for where, name, make in self.patches:
                owner = _owner(where, name)
                right = vars(owner)[name]
                setattr(owner, name, make(right))
                stack.callback(setattr, owner, name, right)
            yield

    def caught(self, first: int | None = None) -> tuple[int, str] | None:
        """The first seed that finds it and what it says, or None when the budget is spent. Seed `first` is tried before
        all others."""
        with self.planted():
            for seed in [*([] if first is None else [first]), *range(self.budget)]:
                for problem in tell(seed, before=self.before).problems:
                    if problem.text.startswith(f"{self.breaks}:" if self.breaks else ""):
                        return seed, problem.text
        return None


def _owner(where: Any, name: str) -> Any:
    """The module or class that defines a name: of a class that inherits it, the one above."""
    return next(one for one in getattr(where, "__mro__", (where,)) if name in vars(one))


def always(value: Any) -> Callable[[Any], Any]:
    return lambda _right: lambda *_given, **_named: value


def after(change: Callable[..., Any]) -> Callable[[Any], Any]:
    """Let the right one work, then spoil what it gives; the spoiler gets its result and its arguments."""
    return lambda right: lambda *given, **named: change(right(*given, **named), *given, **named)

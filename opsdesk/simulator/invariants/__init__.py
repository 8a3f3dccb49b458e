"""What must hold when a story has come to rest. Judged from the databases, the log and what the simulator saw itself.

The oracle shares no code with merging: what a person had before the eyes is what the simulator recorded from the
desk's tables when the edit was begun, never what a change's base says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from opsdesk.simulator.invariants.evidence import Problem
from opsdesk.simulator.invariants.losses import Losses
from opsdesk.simulator.invariants.questions import Order, Questions
from opsdesk.simulator.invariants.rest import Rest

_KINDS: Final = {"I8": "stall", "I11": "other", "I13": "other", "I6": "diverged"}
"""The kinds of what was seen on the way."""


class Judge(Losses, Questions, Order, Rest):
    """Checks one world that has come to rest."""

    def problems(self) -> Iterator[Problem]:
        """Everything that is wrong."""
        for text in self.world.story.problems:
            yield Problem(_KINDS.get(text.split(":")[0], "other"), text)
        yield from self._nothing_lost()
        yield from self._nothing_silently_overwritten()
        yield from self._no_false_conflict()
        yield from self._once()
        yield from self._nothing_voided_unseen()
        yield from self._conflicts_closed_rightly()
        yield from self._causes_known()
        yield from self._isolated()
        yield from self._undone_exactly()
        yield from self._groups_whole()
        yield from self._trees()
        yield from self._unknown_kept()
        yield from self._converged()


__all__ = ["Judge", "Problem"]

"""How a ticket stands with the other stations, and how far each own change has come: marks and their words."""

from __future__ import annotations

import enum
from typing import Final

from opsdesk.store.tables import OUTCOME_ALONE
from opsdesk.sync.core.messages import Code


class Mark(enum.Enum):
    """One mark of a ticket, what needs a person first. What hangs on the ticket counts for it."""

    CONFLICT = "conflict"
    RETURNED = "returned"
    DRAFT = "draft"
    QUEUED = "queued"
    NEW = "new"
    IN_STEP = "in step"

    @property
    def words(self) -> str:
        """What the mark says to somebody who cannot see it."""
        return _WORDS[self]


_WORDS = {
    Mark.CONFLICT: "Conflict: changed in two places",
    Mark.RETURNED: "Returned: sent back with a reason",
    Mark.DRAFT: "Draft: something is written and not sent",
    Mark.QUEUED: "Queued: goes out with the next link",
    Mark.NEW: "New here: came in, not read yet",
    Mark.IN_STEP: "In step: the same on all stations",
}


class Stage(enum.Enum):
    """How far an own change has come: saved here, at a post between, at the centre; or what the centre said of it."""

    HERE = "here"
    POST = "post"
    """Held by a relay that will bring it to the centre. No relay is built yet."""
    CENTRE = "centre"
    CONFLICT = "conflict"
    RETURNED = "returned"
    ALONE = "alone"
    """Made before a server was joined: it was told as it stood then, not this step of it."""

    @property
    def words(self) -> str:
        """What it means for the person who wrote it."""
        return _STAGES[self]


_STAGES: Final = {
    Stage.HERE: "Saved here, not at the centre yet",
    Stage.POST: "Saved here and at the post, not at the centre yet",
    Stage.CENTRE: "Saved here and at the centre",
    Stage.CONFLICT: "At the centre, where it met another change: a conflict",
    Stage.RETURNED: "Sent back by the centre: see Returned",
    Stage.ALONE: "Made before this desk joined; the centre was told how it stood then",
}

STAGE_CODE: Final = (
    f"coalesce(c.outcome, (SELECT s.code FROM sent_change s WHERE s.seq = c.seq AND s.code < {int(Code.RETURNED)}), -1)"
)
"""SQL over an own change `c` of the number that `stage_of` reads."""


def stage_of(code: int) -> Stage:
    """The stage of an own change by what the centre has said of it; -1 while it has said nothing."""
    if code < 0:
        return Stage.HERE
    if code == OUTCOME_ALONE:
        return Stage.ALONE
    return {Code.CONFLICT: Stage.CONFLICT, Code.RETURNED: Stage.RETURNED}.get(Code(code), Stage.CENTRE)

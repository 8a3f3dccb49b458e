"""What joining tells of: the server that was found, and what became of it. Nothing here needs the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from opsdesk.models import codes
from opsdesk.models.rights import MAJOR
from opsdesk.services.joining.standing import Alone
from opsdesk.services.joining.words import TAG, NotJoined

Progress = Callable[[str, int, int], None]
"""Called with what is done now, in words, how far it is and of how much; from any thread."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a code stands for, before anything was done with it."""

    url: str
    authority: str
    """The certificate (PEM) that the code's fingerprint has proved."""
    code: codes.Code
    post: str
    person: str
    unit: str
    role: str
    marking: str
    tickets: int
    """Tickets that may be copied to this desk."""
    tag: str
    """What this desk's numbers may carry there: what was asked for, or one like it when that is taken."""
    tag_taken: bool
    rights: frozenset[str]
    clock_off_ms: int
    """How far this machine's clock is ahead of the server's; 0 when it does not matter."""
    brings: Alone
    """What this desk would bring along."""
    again: bool
    """This server was joined before: the desk comes back."""

    @property
    def withheld(self) -> int:
        """How many of the tickets made alone are major where the person may not say so there."""
        return 0 if MAJOR in self.rights else self.brings.majors


@dataclass(frozen=True, slots=True)
class Joined:
    """What joining did: `waiting` records that were made alone and now wait to be told to the server."""

    post: str
    person: str
    unit: str
    tag: str
    waiting: int
    again: bool


def plain_code(text: str) -> str:
    """The letters of a code as typed or pasted: capitals, without hyphens and blanks, look-alikes put right."""
    return codes.letters_of(text)


def read_tag(text: str) -> str:
    """A tag as a person typed it. Raises NotJoined."""
    try:
        return codes.read_tag(text)
    except codes.BadTag as error:
        raise NotJoined("tag", str(error), TAG) from error

"""How this desk stands with its server, as one frozen value that screens put into words."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class LinkKind(enum.Enum):
    """How the link stands. Whoever shows it adds shape and words."""

    ALONE = "alone"
    """No server was joined."""
    CONNECTING = "connecting"
    """Nothing is known yet: the first attempt since the start is under way."""
    ONLINE = "online"
    """The last exchange went well."""
    DISCONNECTED = "disconnected"
    """The server does not answer; the desk tries again by itself."""
    PAUSED = "paused"
    """A person at this desk has paused the exchange."""
    SHUT_OUT = "shut out"
    """The server answers and does not let this desk in (revoked, locked, rights taken): a new code is needed."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """The state of the link. Times are UTC milliseconds."""

    kind: LinkKind = LinkKind.ALONE
    post: str = ""
    """Name of the server's organisation."""
    url: str = ""
    since: int = 0
    """Since when it has been of this kind."""
    last_exchange: int | None = None
    """When the server was last heard."""
    next_try: int | None = None
    """While disconnected: when the next attempt begins by itself."""
    problem: str = ""
    """Why it is disconnected or shut out, in words for a person."""
    busy: bool = False
    """Whether a round is under way."""
    behind: int = 0
    """Entries that are known to wait at the server; after joining this is what is still to be copied."""
    bytes_per_second: float = 0.0
    """How fast the link was when it was measured last; 0 until it was."""
    total: int = 0
    """Entries of the whole copy while one is under way, for a progress bar; 0 otherwise."""

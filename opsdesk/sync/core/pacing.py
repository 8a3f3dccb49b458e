"""When to try again, and how much to send at once. Time (milliseconds) and randomness are arguments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

FIRST_RETRY_MS: Final = 2_000
LAST_RETRY_MS: Final = 300_000
SMALLEST_FRAME: Final = 1_000
LARGEST_FRAME: Final = 262_144
FIRST_PIECE: Final = 128
SMALLEST_PIECE: Final = 64
LARGEST_PIECE: Final = 4_096
SMALLEST_TURN: Final = 512
"""Of fewer entries a transaction costs more than what it holds."""
LARGEST_TURN: Final = 16_384
PIECE_MS: Final = 20
"""How long the taking of one piece may hold the desk's writer: a person's command waits for at most one,"""
END_MS: Final = 30
"""and for the end of its transaction: words into the search tables, and the commit."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How things go on one link. Values: each step gives a new pace."""

    failures: int = 0
    due_ms: int = 0
    """When the next attempt may begin; 0: at once."""
    bytes_per_second: float = 0.0
    """As measured; 0 until something was."""

    def failed(self, now_ms: int, chance: float) -> Pace:
        """The pace after a failed attempt. `chance` in [0, 1) spreads the retries of many desks.

        The wait doubles from 2 s up to 5 min, and is cut by up to half by chance.
        """
        wait = min(LAST_RETRY_MS, FIRST_RETRY_MS << min(self.failures, 16))
        return replace(self, failures=self.failures + 1, due_ms=now_ms + int(wait * (1 - chance / 2)))

    def went(self, size: int, took_ms: int) -> Pace:
        """The pace after `size` bytes went through in `took_ms`: the next may follow at once."""
        rate = size * 1000 / max(1, took_ms)
        measured = rate if not self.bytes_per_second else 0.7 * self.bytes_per_second + 0.3 * rate
        return Pace(0, 0, measured)

    def linked(self, now_ms: int) -> Pace:
        """The pace when the link has come up: waiting is over."""
        return replace(self, due_ms=min(self.due_ms, now_ms))

    def ready(self, now_ms: int) -> bool:
        """Whether an attempt may begin. A clock that was set back never stops it for longer than the longest wait."""
        return now_ms >= self.due_ms or self.due_ms - now_ms > LAST_RETRY_MS

    @property
    def room(self) -> int:
        """Bytes of the next frame: about one second of the link."""
        if not self.bytes_per_second:
            return 16_384
        return int(min(LARGEST_FRAME, max(SMALLEST_FRAME, self.bytes_per_second)))


def next_piece(piece: int, took_ms: float, may_ms: float = PIECE_MS, most: int = LARGEST_PIECE) -> int:
    """How many entries the next piece may hold when one of `piece` took so long and may take `may_ms`."""
    wanted = int(piece * may_ms / max(took_ms, 1.0))
    return max(SMALLEST_PIECE, min(most, 2 * piece, max(piece // 2, wanted)))


class Turn:
    """One transaction that takes what came, piece by piece until a person waits: how large the next may be, by the time
    that this one takes (seconds). The person waits for the end of a piece and then for that of the transaction."""

    def __init__(self, piece: int, most: int, at: float) -> None:
        """It begins `at`; this piece comes first, and it may hold about `most` entries."""
        self._piece, self._most, self._at = piece, most, at
        self._taken = 0

    def took(self, taken: int, at: float) -> int:
        """A piece is taken, with it so many entries in all; how many the next piece may hold."""
        self._piece = _adapted(self._piece, taken - self._taken, (at - self._at) * 1000, PIECE_MS, LARGEST_PIECE)
        self._taken, self._at = taken, at
        return self._piece

    def ended(self, at: float) -> int:
        """It is committed; how many entries the next one may hold."""
        size = max(self._most, self._piece, SMALLEST_TURN)
        return max(SMALLEST_TURN, _adapted(size, self._taken, (at - self._at) * 1000, END_MS, LARGEST_TURN))


def _adapted(size: int, taken: int, took_ms: float, may_ms: float, most: int) -> int:
    """The next size, when `taken` of a size took so long. What was not nearly filled tells only when it was slow."""
    if 2 * taken < size and took_ms <= may_ms:
        return size
    return next_piece(size, took_ms * size / max(1, taken), may_ms, most)

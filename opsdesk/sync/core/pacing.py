"""When to try again, and how much to send at once. Time (milliseconds) and randomness are arguments."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

FIRST_RETRY_MS: Final = 2_000
LAST_RETRY_MS: Final = 300_000
SMALLEST_FRAME: Final = 1_000
LARGEST_FRAME: Final = 262_144
FIRST_PIECE: Final = 128
SMALLEST_PIECE: Final = 16
LARGEST_PIECE: Final = 4_096
PIECE_MS: Final = 35
"""How long the taking of one piece may hold the desk's writer: a person's command waits for at most one."""


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


def next_piece(piece: int, took_ms: float) -> int:
    """How many entries the next piece may hold when one of `piece` took so long."""
    wanted = int(piece * PIECE_MS / max(took_ms, 1.0))
    return max(SMALLEST_PIECE, min(LARGEST_PIECE, 2 * piece, max(piece // 2, wanted)))

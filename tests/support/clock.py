"""The moment at which the stories of the tests are told, and a time that is set by hand."""

from opsdesk.services import times

NOW = 1_795_357_920_000
"""22 1432Z NOV 26, the moment at which the story is told."""


class Clock:
    """The time of a desk, set by hand."""

    def __init__(self) -> None:
        self.ms = NOW - times.DAY

    def __call__(self) -> int:
        return self.ms

    def at(self, minutes_ago: float) -> None:
        """Let it be so many minutes before the story is told."""
        self.ms = NOW - round(minutes_ago * times.MINUTE)

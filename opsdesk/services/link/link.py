"""The link of a desk: its state for screens, and what a person may do with it.

It belongs to the loop that carries it (the window's, or that of a command). `run` is the loop that never ends by
itself; all else may be called at any time on that thread.
"""

from __future__ import annotations

from collections.abc import Callable

from opsdesk.services.link.state import LinkKind, LinkState

Watcher = Callable[[LinkState], None]


class Link:
    """What screens know of the link."""

    def __init__(self) -> None:
        self.state = LinkState()
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` with every later state; returns what stops that."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    @property
    def joined(self) -> bool:
        """Whether this desk has joined a server."""
        return self.state.kind is not LinkKind.ALONE

    def retry_now(self) -> None:
        """Try at once, whatever the timer says."""

    def pause(self) -> None:
        """Send and fetch nothing until `resume`."""

    def resume(self) -> None:
        """Go on after a pause."""

    def _put(self, state: LinkState) -> None:
        if state != self.state:
            self.state = state
            for watcher in tuple(self._watchers):
                watcher(state)

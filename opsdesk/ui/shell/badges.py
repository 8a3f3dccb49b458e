"""The numbers on the rail: asked in the background at the start and after what may change them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer

from opsdesk.services import conflicts, returned
from opsdesk.services.changes import Changes
from opsdesk.ui.bridge import Bridge

_SETTLE_MS = 400
"""A burst of changes is counted once."""


@dataclass(frozen=True)
class Badge:
    """The number of one page: a question that counts, and which changes may change it."""

    page: str
    count: Callable[..., int]
    concerns: Callable[[Changes], bool]
    tone: str = "danger"


BADGES: tuple[Badge, ...] = (
    Badge(
        "conflicts",
        conflicts.need_me,
        lambda changes: bool(changes.conflicts or changes.tickets or changes.everything),
    ),
    Badge("queue", returned.heads, lambda changes: bool(changes.queue or changes.everything), "warn"),
)


class Badges(QObject):
    """Keeps the badges of the pages that are there right. `show` gets page, count and tone."""

    def __init__(
        self,
        desk: Any,
        bridge: Bridge,
        show: Callable[[str, int, str], object],
        pages: Sequence[str],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._desk, self._bridge, self._show = desk, bridge, show
        self._badges = [badge for badge in BADGES if badge.page in pages]
        self._stale = {badge.page for badge in self._badges}
        self._timer = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._timer.timeout.connect(self._ask)
        bridge.changed.connect(self._changed)
        self._ask()

    def _changed(self, changes: Changes) -> None:
        self._stale |= {badge.page for badge in self._badges if badge.concerns(changes)}
        if self._stale and not self._timer.isActive():
            self._timer.start()

    def _ask(self) -> None:
        stale, self._stale = self._stale, set()
        for badge in (badge for badge in self._badges if badge.page in stale):
            self._bridge.then(
                self._desk.ask(badge.count, channel=f"badge {badge.page}", background=True),
                partial(self._counted, badge),
                owner=self,
            )

    def _counted(self, badge: Badge, count: int) -> None:
        self._show(badge.page, count, badge.tone)

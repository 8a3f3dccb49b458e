"""Measures a table in the window's own thread: from an act to the paint that shows it, and the stalls between."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QPaintEvent

from opsdesk.bench.figures import MILLI, milliseconds
from opsdesk.ui.widgets.row_table.cell import forget_measures

BEAT_MS = 1
PATIENCE_S = 60.0


class Moment:
    """When something last happened, in seconds of `perf_counter`; 0 when it has not since it was forgotten."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self, *_: object) -> None:
        """It happens now."""
        self.at = time.perf_counter()

    def forget(self) -> None:
        """Wait for the next time."""
        self.at = 0.0


class Gauge:
    """Watches one `RowTable`: `painted` is when it was last painted, `stall_ms` the longest pause of the thread."""

    def __init__(self, table: Any) -> None:
        self.table = table
        self.painted = Moment()
        self.stall_ms = 0.0
        self._loop = QEventLoop()
        self._beat = QTimer(interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._beat.timeout.connect(self._tick)
        self._done: Callable[[], bool] = lambda: True
        self._last = self._longest = self._deadline = 0.0
        paint = table.paintEvent

        def paint_and_tell(event: QPaintEvent) -> None:
            paint(event)
            self.painted()

        table.paintEvent = paint_and_tell

    def until(self, act: Callable[[], object], done: Callable[[], bool]) -> float:
        """Act and let events run until `done`; returns the milliseconds from the act to the last paint of the table.

        Raises TimeoutError when it is never done.
        """
        began = time.perf_counter()
        self._done = done
        self._last, self._longest, self._deadline = began, 0.0, began + PATIENCE_S
        QTimer.singleShot(0, act)
        self._beat.start()
        self._loop.exec()
        self._beat.stop()
        if time.perf_counter() > self._deadline:
            raise TimeoutError("The window did not show what was asked for")
        self.stall_ms = max(self.stall_ms, self._longest * MILLI)
        return (self.painted.at - began) * MILLI

    def rest(self, idle: Callable[[], bool], seconds: float = 0.25) -> None:
        """Let events run until nothing has been under way for a while."""
        quiet = time.perf_counter()

        def settled() -> bool:
            nonlocal quiet
            if not idle():
                quiet = time.perf_counter()
            return time.perf_counter() - quiet > seconds

        self.until(lambda: None, settled)

    def repaints(self, times: int, *, anew: bool = False) -> list[float]:
        """How long the whole table takes to paint with nothing to fetch; `anew` lays its words out as for new rows."""
        samples = []
        for _ in range(times):
            if anew:
                forget_measures()
            samples.append(milliseconds(self.table.viewport().repaint))
        return samples

    def _tick(self) -> None:
        now = time.perf_counter()
        self._longest = max(self._longest, now - self._last - BEAT_MS / MILLI)
        self._last = now
        if self._done() or now > self._deadline:
            self._loop.quit()

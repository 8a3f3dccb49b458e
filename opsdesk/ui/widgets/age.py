"""The age of a figure or a change: `11 min ago`, kept up to date, with the exact time on hover."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from opsdesk.services import times
from opsdesk.ui.widgets.label import Label


class Ticker(QObject):
    """One timer for all that changes with the clock. Signals: `minute` at the start of each minute."""

    minute = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._turn)

    def start(self) -> None:
        """Begin to emit; started again it only sets itself right."""
        # A little late rather than early: the minute that is shown must have begun.
        now = datetime.now(UTC)
        self._timer.start(60_000 - now.second * 1000 - now.microsecond // 1000 + 20)

    def stop(self) -> None:
        """Emit no more."""
        self._timer.stop()

    def _turn(self) -> None:
        self.minute.emit()
        self.start()


ticker = Ticker()


def now_ms() -> int:
    """Return this moment in UTC milliseconds."""
    return times.to_ms(datetime.now(UTC))


class Age(Label):
    """How long ago something was, in words. `suffix` follows the span unless it is `now`."""

    def __init__(
        self,
        time: int | None = None,
        *,
        suffix: str = " ago",
        tone: str = "quiet",
        parent: QWidget | None = None,
    ) -> None:
        """`time` is in UTC milliseconds; None shows nothing."""
        super().__init__("", "quiet", tone, parent)
        self._time = time
        self._suffix = suffix
        ticker.minute.connect(self.refresh)
        self.refresh()

    def set_time(self, time: int | None) -> None:
        """Show the age of another moment (UTC milliseconds); None shows nothing."""
        self._time = time
        self.refresh()

    def refresh(self) -> None:
        """Work the age out anew."""
        if self._time is None:
            self.setText("")
            self.setToolTip("")
            return
        words = times.age(now_ms() - self._time)
        self.setText(words if words == "now" else words + self._suffix)
        self.setToolTip(f"{times.dtg(self._time)}\n{times.local(self._time)} here")

"""A field for a moment, as people say it: `now`, `-20m`, `0630`, a date-time group, an ISO date.

What was understood stands at the right end of the field while it is typed; leaving the field writes it out.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from opsdesk.services import times
from opsdesk.services.errors import Refused
from opsdesk.ui.menus import passing_menu
from opsdesk.ui.resources import icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets import wall

PAST = ("now", "-5m", "-15m", "-1h", "-3h")
FUTURE = ("+30m", "+1h", "+4h", "+12h", "+24h")
_WORDS = {"m": "min", "h": "h"}


class MomentField(QLineEdit):
    """The field. Its value is UTC milliseconds. Signals: `changed` when the value may be another one.

    `kind` is `datetime`, `date` (the value is the ISO date) or `time` (the value is `HH:MM`). `presets` are offered
    in a menu at the end of the field. `now` says what time it is.
    """

    changed = Signal()

    def __init__(
        self,
        name: str,
        *,
        kind: str = "datetime",
        presets: tuple[str, ...] = PAST,
        placeholder: str = "",
        now: Callable[[], int] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder or ("+2h, 1800" if presets is FUTURE else _EXAMPLES[kind]))
        self._kind, self._now = kind, now or wall.now
        self._understood = ""
        self._problem = ""
        self._value: int | str | None = None
        self.addAction(icon("calendar-blank" if kind == "date" else "clock"), QLineEdit.ActionPosition.LeadingPosition)
        if kind == "datetime" and presets:
            caret = self.addAction(icon("caret-down"), QLineEdit.ActionPosition.TrailingPosition)
            caret.setToolTip("Usual times")
            caret.triggered.connect(lambda: self._offer(presets))
        self.textEdited.connect(self._read)

    @property
    def value(self) -> int | str | None:
        """The moment (UTC milliseconds), or the ISO date, or `HH:MM`; None when empty or not understood."""
        return self._value

    @property
    def problem(self) -> str:
        """Why the text is not understood; empty when it is."""
        return self._problem

    def set_value(self, value: int | str | None) -> None:
        """Show a moment without a signal."""
        self._value, self._problem, self._understood = value, "", ""
        self.setText("" if value is None else times.dtg(value) if isinstance(value, int) else value)
        self.setCursorPosition(0)
        self.update()

    def _read(self) -> None:
        text = self.text().strip()
        self._value, self._problem, self._understood = None, "", ""
        if text:
            try:
                self._value = self._parse(text)
            except Refused as refused:
                self._problem = refused.text
            else:
                written = times.dtg(self._value) if isinstance(self._value, int) else self._value
                self._understood = written if written != text else ""
        self.update()
        self.changed.emit()

    def _parse(self, text: str) -> int | str:
        if self._kind == "time":
            digits = text.replace(":", "").upper().removesuffix("Z").zfill(4)
            if len(digits) == 4 and digits.isdigit() and int(digits[:2]) < 24 and int(digits[2:]) < 60:
                return f"{digits[:2]}:{digits[2:]}"
            raise Refused("Write the time as 0630 or 06:30")
        moment = times.parse_when(text, self._now())
        if self._kind == "date":
            return times.to_datetime(moment, None).date().isoformat()
        return moment

    def _offer(self, presets: tuple[str, ...]) -> None:
        menu = passing_menu(self)
        for preset in presets:
            entry = menu.addAction(f"{_said(preset)}\t{times.dtg(times.parse_when(preset, self._now()))}")
            entry.triggered.connect(lambda _checked=False, text=preset: self._choose(text))
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def _choose(self, text: str) -> None:
        self.setText(text)
        self._read()
        self._write_out()

    def _write_out(self) -> None:
        if self._value is not None:
            self.set_value(self._value)

    # -- Qt ------------------------------------------------------------------------------------------------

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._write_out()
        super().focusOutEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._understood:
            return
        painter = QPainter(self)
        font = theme.font("quiet")
        painter.setFont(font)
        painter.setPen(theme.color("quiet"))
        metrics = QFontMetrics(font)
        right = self.width() - (34 if len(self.actions()) > 1 else 10)
        left = 40 + self.fontMetrics().horizontalAdvance(self.text()) + 12
        if right - left >= metrics.horizontalAdvance(self._understood):
            painter.drawText(
                QRect(left, 0, right - left, self.height()),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                self._understood,
            )


_EXAMPLES = {
    "datetime": "now, -20m, 0630",
    "date": "2026-11-22",
    "time": "0630",
}


def _said(preset: str) -> str:
    """`-15m` as words: `15 min ago`."""
    if preset == "now":
        return "Now"
    number, unit = preset[1:-1], _WORDS[preset[-1]]
    return f"{number} {unit} ago" if preset[0] == "-" else f"In {number} {unit}"

"""Short choices side by side: one of few as a segmented bar, several as chips."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import Button, paint_focus_ring
from opsdesk.ui.widgets.flow_layout import FlowLayout


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose. `tone` colours it while it is chosen; `help` is its tooltip."""

    value: object
    label: str
    help: str = ""
    tone: str = "accent"


class ChoiceBar(QWidget):
    """One of few, over the whole width; nothing may be chosen yet.

    Arrow keys choose the neighbour, a letter the next choice that begins with it, Delete clears.

    Signals: `chosen` with the value after a person chose, or None after they cleared it.
    """

    chosen = Signal(object)

    def __init__(
        self, choices: Sequence[Choice], name: str, *, clearable: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._choices = tuple(choices)
        self._clearable = clearable
        self._was_checked: QAbstractButton | None = None
        self._group = QButtonGroup(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(0)
        for number, choice in enumerate(self._choices):
            part = _Part(choice, self)
            part.setAccessibleName(f"{name}: {choice.label}")
            self._group.addButton(part, number)
            row.addWidget(part, 1)
        self.setFixedHeight(Button.HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self._group.button(0))
        self._group.buttonPressed.connect(self._remember)
        self._group.idClicked.connect(self._clicked)

    @property
    def value(self) -> object:
        """The value that is chosen; None for none."""
        number = self._group.checkedId()
        return self._choices[number].value if number >= 0 else None

    def set_value(self, value: object) -> None:
        """Choose `value` without a signal; a value that is no choice clears."""
        number = next((n for n, choice in enumerate(self._choices) if choice.value == value), None)
        if number is None:
            self._uncheck()
            return
        button = self._group.button(number)
        button.setChecked(True)
        self.setFocusProxy(button)

    def offer(self, values: Collection[object]) -> None:
        """Let only these be chosen. What is chosen already stays in sight, so that it can be seen to be wrong."""
        for button, choice in zip(self._group.buttons(), self._choices, strict=True):
            button.setVisible(choice.value in values or button.isChecked())
        proxy = self.focusProxy()
        if proxy is not None and proxy.isHidden():
            self.setFocusProxy(next((b for b in self._group.buttons() if not b.isHidden()), self._group.button(0)))

    def fits(self, width: int) -> bool:
        """Say whether all labels can be read at a width in pixels."""
        metrics = QFontMetrics(theme.font("medium"))
        widest = max(metrics.horizontalAdvance(choice.label) for choice in self._choices)
        return (widest + 14) * len(self._choices) + 6 <= width

    def _remember(self, button: QAbstractButton) -> None:
        self._was_checked = button if button.isChecked() else None

    def _clicked(self, number: int) -> None:
        again = self._was_checked is self._group.button(number)
        self._was_checked = None
        if again and self._clearable:
            self._clear()
            return
        self.setFocusProxy(self._group.button(number))
        self.chosen.emit(self._choices[number].value)

    def _clear(self) -> None:
        if self.value is not None:
            self._uncheck()
            self.chosen.emit(None)

    def _uncheck(self) -> None:
        self._group.setExclusive(False)
        for button in self._group.buttons():
            button.setChecked(False)
        self._group.setExclusive(True)

    def _choose(self, number: int) -> None:
        button = self._group.button(number)
        button.setFocus(Qt.FocusReason.OtherFocusReason)
        if not button.isChecked():
            button.setChecked(True)
            self._clicked(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        now = self._group.checkedId()
        letter = event.text().casefold()
        shown = [n for n in range(len(self._choices)) if not self._group.button(n).isHidden()]
        named = [n for n in shown if letter and self._choices[n].label.casefold().startswith(letter)]
        if self._clearable and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._clear()
        elif event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Down):
            self._choose(next((n for n in shown if n > now), shown[-1]))
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Up):
            self._choose(next((n for n in reversed(shown) if n < now or now < 0), shown[0]))
        elif named and letter.strip():
            self._choose(next((n for n in named if n > now), named[0]))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("danger.mark" if self.property("invalid") == "true" else "line_strong"))
        painter.setBrush(theme.color("sunken"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)


class _Part(Button):
    HEIGHT = 26

    def __init__(self, choice: Choice, parent: QWidget) -> None:
        super().__init__(choice.label, parent=parent)
        self._tone = choice.tone
        self.setCheckable(True)
        self.setToolTip(choice.help)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _colours(self) -> tuple[str | None, str | None, str]:
        if self.isChecked():
            return f"{self._tone}.soft", f"{self._tone}.mark", f"{self._tone}.on_soft"
        if not self.isEnabled():
            return None, None, "faint"
        return ("hover" if self.underMouse() else None), None, "quiet"

    def _padding(self) -> int:
        return 6

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self.HEIGHT)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            super().keyPressEvent(event)
        else:
            event.ignore()  # Enter belongs to the form, everything else to the bar


class Chips(QWidget):
    """Several of few, as chips that wrap. Signals: `changed` after a person switched one."""

    changed = Signal()

    def __init__(self, choices: Sequence[Choice], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._chips: list[tuple[Choice, _Chip]] = []
        flow = FlowLayout(self)
        for choice in choices:
            chip = _Chip(choice.label)
            chip.setToolTip(choice.help)
            chip.clicked.connect(lambda _checked=False: self.changed.emit())
            flow.addWidget(chip)
            self._chips.append((choice, chip))
        policy = self.sizePolicy()
        policy.setHeightForWidth(True)
        policy.setVerticalPolicy(QSizePolicy.Policy.Minimum)
        self.setSizePolicy(policy)
        if self._chips:
            self.setFocusProxy(self._chips[0][1])

    @property
    def values(self) -> tuple[object, ...]:
        """The values that are switched on, in the order of the choices."""
        return tuple(choice.value for choice, chip in self._chips if chip.isChecked())

    def set_values(self, values: Iterable[object]) -> None:
        """Switch on exactly `values`, without a signal."""
        wanted = list(values)
        for choice, chip in self._chips:
            chip.setChecked(choice.value in wanted)

    def offer(self, values: Collection[object]) -> None:
        """Let only these be switched on. What is on already stays in sight, so that it can be switched off."""
        for choice, chip in self._chips:
            chip.setVisible(choice.value in values or chip.isChecked())
        proxy = self.focusProxy()
        if proxy is not None and proxy.isHidden():
            self.setFocusProxy(next((chip for _, chip in self._chips if not chip.isHidden()), self._chips[0][1]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1}.get(
            Qt.Key(event.key())
        )
        chips = [chip for _, chip in self._chips if not chip.isHidden()]
        here = next((n for n, chip in enumerate(chips) if chip.hasFocus()), None)
        if step is None or here is None:
            super().keyPressEvent(event)
            return
        chips[(here + step) % len(chips)].setFocus(Qt.FocusReason.OtherFocusReason)


class _Chip(Button):
    HEIGHT = 28

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setCheckable(True)
        self.setAccessibleName(text)

    def _content_width(self) -> int:
        return super()._content_width() + (20 if self.isChecked() else 0)

    def checkStateSet(self) -> None:
        super().checkStateSet()
        self.updateGeometry()

    def nextCheckState(self) -> None:
        super().nextCheckState()
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(theme.color("accent.mark" if on else "line_strong"))
        painter.setBrush(theme.color("chip" if on else "hover" if self.underMouse() else "surface"))
        painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
        if self.hasFocus():
            paint_focus_ring(painter, box, radius=box.height() / 2)
        left = float(self._padding())
        if on:
            paint_icon(painter, QRectF(left, 0, 14, self.height()), "check-bold", "link", 13)
            left += 20
        painter.setFont(self.font())
        painter.setPen(theme.color("link" if on else "quiet"))
        painter.drawText(
            QRectF(left, 0, self.width() - left, self.height()), Qt.AlignmentFlag.AlignVCenter, self.text()
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (
            Qt.Key.Key_Return,
            Qt.Key.Key_Enter,
            Qt.Key.Key_Left,
            Qt.Key.Key_Right,
            Qt.Key.Key_Up,
            Qt.Key.Key_Down,
        ):
            event.ignore()
            return
        super().keyPressEvent(event)

"""The dark bar that slides up while rows are marked: how many, what can be done with them, and how far that is."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QPropertyAnimation, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QWidget

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.label import ElidedLabel, Label

HEIGHT = 56
_SLIDE_MS = 120
_ALL_KEY = "Ctrl+A"

ACTS = (
    ("list.assign", "Assign", "user-plus", "A"),
    ("list.state", "State", "path", "S"),
    ("list.priority", "Priority", "flag", "P"),
    ("list.tag", "Tag", "tag", "T"),
    ("list.bulk", "More", "pencil-simple", "B"),
    ("list.export", "Export", "export", "E"),
)


class BulkBar(QWidget):
    """Signals: `act` with the id of an action and the button it was pressed on, `all_asked` to mark all that match,
    `cleared` to mark nothing, `cancelled` to stop what is under way.
    """

    act = Signal(str, object)
    all_asked = Signal()
    cleared = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Marked tickets")
        self.setFixedHeight(0)
        self.count = Label("", "strong", "bar")
        self.everything = Button("", kind="bar")
        self.buttons: dict[str, Button] = {}
        self.progress = ElidedLabel("", "medium", "bar")
        self._share = -1.0
        self._choose, self._running = QWidget(self), QWidget(self)
        self._pages = QStackedLayout()
        self._build()
        self._slide = QPropertyAnimation(self, b"maximumHeight", self)
        self._slide.setDuration(_SLIDE_MS)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._slide.valueChanged.connect(lambda height: self.setMinimumHeight(int(height)))

    def _build(self) -> None:
        row = QHBoxLayout(self._choose)
        row.setContentsMargins(6, 0, 6, 0)
        row.setSpacing(2)
        unmark = _Unmark("minus", "Unmark all", kind="bar")
        unmark.clicked.connect(self.cleared)
        row.addWidget(unmark)
        row.addWidget(self.count)
        row.addWidget(self.everything)
        row.addSpacing(12)
        for name, text, icon, key in ACTS:
            button = Button(text, icon, kind="bar", key=key)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _checked=False, name=name, button=button: self.act.emit(name, button))
            self.buttons[name] = button
            row.addWidget(button)
        row.addStretch(1)
        clear, close = Button("Clear", kind="bar"), IconButton("x", "Clear", key="Esc", kind="bar")
        for part in (clear, close):
            part.clicked.connect(self.cleared)
            row.addWidget(part)
        self.everything.clicked.connect(self.all_asked)
        run = QHBoxLayout(self._running)
        run.setContentsMargins(16, 0, 6, 0)
        stop = Button("Cancel", kind="bar", key="Esc")
        stop.clicked.connect(self.cancelled)
        run.addWidget(self.progress, 1)
        run.addWidget(stop)
        self._pages.addWidget(self._choose)
        self._pages.addWidget(self._running)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(8, 8, 8, 8)
        outer.addLayout(self._pages)

    def show_count(self, count: int, total: int) -> None:
        """Say how many rows are marked; 0 sends the bar away (unless something is under way)."""
        if count:
            self.count.setText(f"{count:,} selected")
            self.everything.setText(f"Select all {total:,}")
            self.everything.setVisible(1 < count < total)
            self._fit()
        self._slide_to(HEIGHT if count or self.is_running else 0)

    def show_progress(self, words: str, done: int, total: int) -> None:
        """Say how far an act on many tickets is."""
        self.progress.setText(f"{words} · {done:,} of {total:,}")
        self._share = done / total if total else 0.0
        self._pages.setCurrentWidget(self._running)
        self._slide_to(HEIGHT)
        self.update()

    def end_progress(self) -> None:
        """The act is over."""
        self._share = -1.0
        self._pages.setCurrentWidget(self._choose)
        self.update()

    @property
    def is_running(self) -> bool:
        """Whether an act is under way."""
        return self._share >= 0

    @property
    def is_up(self) -> bool:
        """Whether the bar is on view, or on its way up."""
        return bool(self._slide.endValue() if self._slide.endValue() is not None else 0)

    def _slide_to(self, height: int) -> None:
        if self._slide.endValue() == height or (not height and self.height() == 0):
            self._slide.setEndValue(height)
            return
        self._slide.stop()
        self._slide.setStartValue(self.height())
        self._slide.setEndValue(height)
        if self.isVisible():
            self._slide.start()
        else:
            self.setFixedHeight(height)

    def _fit(self) -> None:
        # Where there is little room the words of the acts go first, then their keys: the icons stay.
        for button, (_, text, _, key) in zip(self.buttons.values(), ACTS, strict=True):
            button.key = key
            button.setText(text)
        self.everything.key = _ALL_KEY
        self.everything.updateGeometry()
        room = self.width() - 28
        for name, text, _, _ in reversed(ACTS):
            if self._choose.sizeHint().width() <= room:
                break
            button = self.buttons[name]
            button.setText("")
            button.setToolTip(text)
            button.setAccessibleName(text)
        for button in (self.everything, *reversed(self.buttons.values())):
            if self._choose.sizeHint().width() <= room:
                break
            button.key = ""
            button.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("bar"))
        box = QRectF(8, 8, self.width() - 16, HEIGHT - 16)
        painter.drawRoundedRect(box, 6, 6)
        if self._share > 0:
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(
                QRectF(box.left(), box.bottom() - 3, box.width() * min(1.0, self._share), 3), 1.5, 1.5
            )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()


class _Unmark(IconButton):
    """The box of a partly marked list; a press empties it."""

    def _paint_content(self, painter: QPainter, words: str) -> None:
        box = QRectF(self.width() / 2 - 8, self.height() / 2 - 8, 16, 16)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        painter.drawRoundedRect(box, 3, 3)
        paint_icon(painter, box, "minus-bold", "on_accent", 12)

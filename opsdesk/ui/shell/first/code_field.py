"""The field for an enrolment code: nine boxes of four letters, into which a whole code may be pasted."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLineEdit, QSizePolicy

from opsdesk.services import joining
from opsdesk.ui.theme import theme

GROUP = 4
GROUPS = joining.CODE_LETTERS // GROUP
HEIGHT = 40
GAP = 8


class CodeField(QLineEdit):
    """A line whose letters stand in boxes. Case, hyphens and blanks do not matter, look-alikes are put right.

    Signals: `changed` with the letters so far, in capitals without hyphens.
    """

    changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Code from the post")
        self.setAccessibleDescription("Nine groups of four letters and digits; the whole code may be pasted")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(HEIGHT)
        self.setFont(theme.font("section"))
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.setInputMethodHints(Qt.InputMethodHint.ImhUppercaseOnly | Qt.InputMethodHint.ImhNoPredictiveText)
        self._wrong = False
        self.textChanged.connect(self._tidy)

    @property
    def complete(self) -> bool:
        """Whether all letters are there."""
        return len(self.text()) == joining.CODE_LETTERS

    def set_wrong(self, wrong: bool) -> None:
        """Show that the code is refused, or no longer."""
        if self._wrong != wrong:
            self._wrong = wrong
            self.update()

    def _tidy(self, text: str) -> None:
        """Keep the letters alone; where one was pasted in the middle, the caret stays behind it."""
        plain = _letters(text)[: joining.CODE_LETTERS]
        if plain != text:
            at = len(_letters(text[: self.cursorPosition()]))
            self.blockSignals(True)
            self.setText(plain)
            self.setCursorPosition(min(at, len(plain)))
            self.blockSignals(False)
        self.update()
        self.changed.emit(plain)

    # Drawing

    def _box(self, group: int) -> QRectF:
        width = (self.width() - GAP * (GROUPS - 1)) / GROUPS
        return QRectF(group * (width + GAP), 0, width, self.height())

    def _cell(self, at: int) -> QRectF:
        """The place of one letter; of one beyond the last in a box, behind its last letter."""
        group = min(at // GROUP, GROUPS - 1)
        box = self._box(group).adjusted(6, 0, -6, 0)
        width = box.width() / GROUP
        return QRectF(box.left() + width * (at - group * GROUP), box.top(), width, box.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        here = min(self.cursorPosition() // GROUP, GROUPS - 1) if self.hasFocus() else -1
        for group in range(GROUPS):
            self._paint_box(painter, group, focus=group == here)
        painter.setFont(self.font())
        chosen = range(self.selectionStart(), self.selectionEnd()) if self.hasSelectedText() else range(0)
        for at, letter in enumerate(self.text()):
            cell = self._cell(at)
            if at in chosen:
                painter.fillRect(cell.adjusted(0, 8, 0, -8), theme.color("accent"))
            painter.setPen(theme.color("on_accent" if at in chosen else "text"))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, letter)
        if self.hasFocus() and not self.hasSelectedText():
            self._paint_caret(painter)

    def _paint_box(self, painter: QPainter, group: int, *, focus: bool) -> None:
        edge = "danger.mark" if self._wrong else "focus" if focus else "line_strong"
        painter.setPen(QPen(theme.color(edge), 2 if focus or self._wrong else 1))
        painter.setBrush(theme.color("surface"))
        inset = 1.0 if focus or self._wrong else 0.5
        painter.drawRoundedRect(self._box(group).adjusted(inset, inset, -inset, -inset), 6, 6)

    def _paint_caret(self, painter: QPainter) -> None:
        at = self.cursorPosition()
        cell = self._cell(at)
        if at < len(self.text()) and at // GROUP < GROUPS:
            left = cell.left() + 0.5
        else:
            # Behind the last letter; in an empty box where the first will stand.
            left = cell.left() + 3 if at % GROUP == 0 and at < joining.CODE_LETTERS else cell.left() + 0.5
        height = QFontMetricsF(self.font()).capHeight() + 8
        middle = self.height() / 2
        painter.setPen(QPen(theme.color("focus"), 1.5))
        painter.drawLine(QPointF(left, middle - height / 2), QPointF(left, middle + height / 2))

    # The pointer: Qt's own line stands elsewhere

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        self.setCursorPosition(self._at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at, start = self._at(event.position()), self.cursorPosition()
        if self.hasSelectedText():
            start = self.selectionEnd() if self.cursorPosition() == self.selectionStart() else self.selectionStart()
        self.setSelection(start, at - start)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.selectAll()

    def _at(self, point: QPointF) -> int:
        for at in range(len(self.text())):
            if point.x() < self._cell(at).center().x():
                return at
        return len(self.text())

    def sizeHint(self) -> QSize:
        return QSize(GROUPS * 52 + (GROUPS - 1) * GAP, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(GROUPS * 46 + (GROUPS - 1) * 4, HEIGHT)


def _letters(text: str) -> str:
    """What counts of a text: hyphens and blanks were put there to be read."""
    return "".join(letter for letter in joining.plain_code(text) if letter.isalnum() and letter.isascii())

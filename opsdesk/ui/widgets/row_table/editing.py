"""Editing in the cell: an editor over the cell, its commit, and an error that stays at the cell with what was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLineEdit, QWidget

from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.row_table.view import RowTable

Done = Callable[[], None]
Failed = Callable[[str], None]


class Commit(Protocol):
    """Hands a new value to whoever keeps the record; `done` or `failed` is called when it is known."""

    def __call__(self, row: Any, column: str, value: Any, done: Done, failed: Failed) -> None: ...


class Choose(Protocol):
    """Opens a list to choose from below a cell; `take` is called with what was chosen, if anything was."""

    def __call__(self, row: Any, column: str, below: QPoint, take: Callable[[Any], None]) -> None: ...


class CellEditing(QObject):
    """Edits one cell of a table at a time. Signals: `finished` when the editor is gone.

    `texts` are the columns that are typed, with the text that an editor begins with; all others are chosen from a
    list by `choose`. The row as it was when the editor opened is handed to `commit`, so that it knows what was seen.
    """

    finished = Signal()

    def __init__(
        self,
        table: RowTable,
        *,
        texts: dict[str, Callable[[Any], str]],
        choose: Choose,
        commit: Commit,
        hints: dict[str, str] | None = None,
    ) -> None:
        super().__init__(table)
        self._table, self._texts, self._choose, self._commit = table, texts, choose, commit
        self._hints = hints or {}
        self._line: _CellLine | None = None
        self._error = _CellError(table.viewport())
        self._place: tuple[int, str] = (-1, "")
        table.edit_asked.connect(self.begin)
        table.verticalScrollBar().valueChanged.connect(self._follow)
        table.horizontalScrollBar().valueChanged.connect(self._follow)
        table.is_editing = lambda: self._line is not None

    @property
    def line(self) -> QLineEdit | None:
        """The editor that is open, if it is one to type in."""
        return self._line

    @property
    def error(self) -> str:
        """The error shown at a cell; empty when there is none."""
        return self._error.words.text() if self._error.isVisibleTo(self._table) else ""

    def begin(self, number: int, column: str) -> None:
        """Open the editor of a cell; nothing happens for a column that cannot be edited."""
        row = self._table.rows.row(number)
        if row is None or not self._table.rows.columns[self._table.rows.column_number(column)].editable:
            return
        self.cancel()
        self._place = (number, column)
        if column in self._texts:
            self._type(row, column)
            return

        def take(value: Any) -> None:
            self._commit(row, column, value, self._error.hide, self._tell)

        self._choose(row, column, self._table.point_below(number, column), take)

    def cancel(self) -> None:
        """Close the editor and forget what was typed."""
        self._error.hide()
        if self._line is not None:
            line, self._line = self._line, None
            line.hide()
            line.deleteLater()
            self.finished.emit()

    def _type(self, row: Any, column: str) -> None:
        line = _CellLine(self._texts[column](row), self._table.viewport())
        line.setPlaceholderText(self._hints.get(column, ""))
        line.setAccessibleName(self._table.rows.columns[self._table.rows.column_number(column)].label)
        self._line = line
        line.ended.connect(lambda keep, onward: self._end(line, row, column, keep, onward))
        self._follow()
        line.show()
        line.setFocus(Qt.FocusReason.OtherFocusReason)
        line.selectAll()

    def _end(self, line: _CellLine, row: Any, column: str, keep: bool, onward: int) -> None:
        if line is not self._line or line.isReadOnly():
            return
        if not keep or line.text() == line.before:
            self._close(onward)
            return
        line.setReadOnly(True)  # until it is known whether it was taken
        line.setProperty("invalid", "")

        def done() -> None:
            if self._line is line:
                self._close(onward)

        def failed(words: str) -> None:
            if self._line is not line:
                self._tell(words)
                return
            line.setReadOnly(False)
            line.setProperty("invalid", "true")
            line.style().unpolish(line)
            line.style().polish(line)
            self._tell(words)
            line.setFocus()

        self._commit(row, column, line.text(), done, failed)

    def _close(self, onward: int) -> None:
        had_focus = self._line is not None and self._line.hasFocus()
        number, column = self._place
        self.cancel()
        if had_focus or onward:
            self._table.setFocus()
        if onward:
            editable = [name for name in self._editable() if name in self._texts or name == column]
            place = editable.index(column) + onward
            if 0 <= place < len(editable):
                self.begin(number, editable[place])

    def _editable(self) -> list[str]:
        header, columns = self._table.header, self._table.rows.columns
        shown = [header.logicalIndex(n) for n in range(header.count())]
        return [columns[n].name for n in shown if columns[n].editable and not header.isSectionHidden(n)]

    def _tell(self, words: str) -> None:
        self._error.say(words)
        self._follow()

    def _follow(self) -> None:
        number, column = self._place
        if number < 0:
            return
        rect = self._table.cell_rect(number, column)
        if self._line is not None:
            height = min(rect.height() - 2, 30)
            box = QRect(rect.left(), rect.center().y() - height // 2, rect.width(), height)
            self._line.setGeometry(box)
        self._error.put_below(rect)


class _CellLine(QLineEdit):
    """A line over a cell. Signals: `ended` with whether to keep what was typed, and ±1 to go on to another cell."""

    ended = Signal(bool, int)

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, parent)
        self.before = text
        self.setProperty("kind", "cell")
        self.setFont(theme.font("body"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.ended.emit(True, 0)
        elif event.key() == Qt.Key.Key_Escape:
            self.ended.emit(False, 0)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_typing(event):
            event.accept()  # the keys of the table (Return, Escape, letters) are typed here, not acted upon
            return True
        pressed = event.key() if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) else None
        if pressed in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self.ended.emit(True, 1 if pressed == Qt.Key.Key_Tab else -1)
            return True
        if event.type() == QEvent.Type.FocusOut and not self.isReadOnly() and self.property("invalid") != "true":
            # A click elsewhere keeps what was typed, as in a spreadsheet; a wrong text stays open with its error.
            focus = QApplication.focusWidget()
            if focus is not None and focus is not self:
                self.ended.emit(True, 0)
        return super().event(event)


def _is_typing(event: QKeyEvent) -> bool:
    strong = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
    return not event.modifiers() & strong


class _CellError(QFrame):
    """What is wrong with a cell, below it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "error")
        self.words = Label("", "quiet", "danger")
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 4, 8, 4)
        row.addWidget(self.words)
        self.hide()

    def say(self, words: str) -> None:
        self.words.setText(words)
        self.setAccessibleName(words)
        self.adjustSize()
        self.show()
        self.raise_()

    def put_below(self, rect: QRect) -> None:
        parent = self.parentWidget()
        assert parent is not None
        x = min(max(4, rect.left()), max(4, parent.width() - self.width() - 4))
        below = rect.bottom() + 3
        y = below if below + self.height() < parent.height() else rect.top() - self.height() - 3
        self.move(x, y)

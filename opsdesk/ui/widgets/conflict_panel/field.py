"""One conflict: its versions side by side, below them both joined or another value, and the editor for it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.conflicts import Conflict, for_editor
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.conflict_panel.cells import ResultCell, VersionCell
from opsdesk.ui.widgets.conflict_panel.choice import JOINED, OTHER, Chosen, of_answer, of_joined, of_version
from opsdesk.ui.widgets.dynamic_form import FieldRow, Sources
from opsdesk.ui.widgets.dynamic_form.editors import Editor, editor_for
from opsdesk.ui.widgets.edit_box import EditBox
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.pill import Pill

LABEL_WIDTH = 108
COLUMNS = 3
"""Versions side by side; further ones stand in the next line."""

_HINTS = {
    "state": "moved in two ways",
    "voided": "voided and edited apart",
    "cycle": "each would stand below the other",
}


class FieldPanel(QFrame):
    """Signals: `chosen` with a Chosen (None when a choice is taken back), `typed` after each key in the editor,
    `opened` with the box of the editor, `closed` when it is."""

    chosen = Signal(object)
    opened = Signal(object)
    typed = Signal()
    closed = Signal()
    pressed = Signal()

    def __init__(
        self, conflict: Conflict, sources: Sources, *, title: str, headed: bool, in_place: bool, place: str = ""
    ) -> None:
        """`headed` boxes name their authors; `in_place` puts the name of the field above instead of at the left."""
        super().__init__()
        self.conflict, self._sources = conflict, sources
        self.choice: Chosen | None = None
        self._current = False
        self._in_place = in_place
        self._editor: Editor | None = None
        self._row: FieldRow | None = None
        self._box: QWidget | None = None
        self.setAccessibleName(title)
        self._title = Label(title, "strong", wrap=not in_place)
        self._pill = Pill("")
        self._hint = Label("", "quiet", "quiet", wrap=True)
        self.cells = [VersionCell(conflict, version, headed=headed) for version in conflict.versions]
        self.result = ResultCell(conflict, len(self.cells) + 1) if conflict.editor is not None else None
        self._wire()
        self._boxes = QVBoxLayout()
        self._boxes.setSpacing(8)
        for start in range(0, len(self.cells), COLUMNS):
            line = QHBoxLayout()
            line.setSpacing(8)
            for cell in self.cells[start : start + COLUMNS]:
                line.addWidget(cell, 1)
            for _ in range(start + COLUMNS - len(self.cells) if start else 0):
                line.addWidget(_gap(), 1)
            self._boxes.addLayout(line)
        if self.result is not None:
            self._boxes.addWidget(self.result)
        self._notice = Label("", "quiet-medium", "warn", wrap=True)
        self._notice.hide()
        column = QVBoxLayout(self)
        if in_place:
            column.setContentsMargins(16, 12, 16, 14)
            head = QHBoxLayout()
            head.setSpacing(12)
            for widget in (self._title, self._pill, self._hint):
                head.addWidget(widget)
            head.addStretch(1)
            head.addWidget(Label(place, "body", "quiet"))
            column.addLayout(head)
        else:
            column.setContentsMargins(12, 10, 12, 10)
            left = QVBoxLayout()
            left.setContentsMargins(0, 8, 0, 0)
            left.setSpacing(6)
            self._title.setFixedWidth(LABEL_WIDTH)
            self._hint.setFixedWidth(LABEL_WIDTH)
            for widget in (self._title, self._pill, self._hint):
                left.addWidget(widget)
            left.addStretch(1)
            beside = QHBoxLayout()
            beside.setSpacing(8)
            beside.addLayout(left)
            beside.addLayout(self._boxes, 1)
            column.addLayout(beside)
        column.setSpacing(10)
        if in_place:
            column.addLayout(self._boxes)
        column.addWidget(self._notice)
        self._say()

    def _wire(self) -> None:
        for cell in self.cells:
            cell.clicked.connect(
                lambda _checked=False, cell=cell: self._press(lambda: self.choose(cell.version.number))
            )
        if self.result is not None:
            number = len(self.cells) + 1
            self.result.clicked.connect(lambda _checked=False: self._press(lambda: self.choose(number)))
            self.result.edit_wanted.connect(lambda: self._press(self.edit))

    def _press(self, act: Any) -> None:
        self.pressed.emit()
        act()

    # -- choosing ------------------------------------------------------------------------------------------

    def choose(self, number: int) -> bool:
        """Choose what has a number; whether there is such a thing."""
        if 1 <= number <= len(self.cells):
            self._take(of_version(self.cells[number - 1].version))
        elif self.result is not None and number == len(self.cells) + 1:
            if self.conflict.joined is not None:
                self._take(of_joined(self.conflict))
            else:
                self.edit()
        else:
            return False
        return True

    def take_back(self) -> bool:
        """Take the choice back; whether there was one."""
        if self.editing:
            self._close()
            return True
        if self.choice is None:
            return False
        self.show_choice(None)
        self.chosen.emit(None)
        return True

    def show_choice(self, choice: Chosen | None) -> None:
        """Show a choice without a signal."""
        self.choice = choice
        for cell in self.cells:
            cell.setChecked(choice is not None and not choice.stale and choice.key == cell.version.number)
        if self.result is not None:
            other = choice is not None and choice.key in (JOINED, OTHER)
            self.result.setChecked(other and choice is not None and not choice.stale)
            self.result.show_typed(choice.text if choice is not None and choice.key == OTHER else None)
        self._say()

    def _take(self, choice: Chosen) -> None:
        if self.editing:
            self._close()
        self.show_choice(choice)
        self.chosen.emit(choice)

    # -- the editor ----------------------------------------------------------------------------------------

    @property
    def editing(self) -> bool:
        """Whether another value is being typed."""
        return self._editor is not None

    def edit(self, answer: Any = None) -> None:
        """Open the editor on the present choice, else on both joined, else on what is shown."""
        field = self.conflict.editor
        if field is None:
            return
        if self._editor is None:
            self._open()
        assert self._editor is not None
        assert self._row is not None
        self._editor.put(self._begin() if answer is None else answer)
        self._row.focus()
        widget = self._editor.widget
        if isinstance(widget, QPlainTextEdit):
            cursor = widget.textCursor()
            cursor.movePosition(cursor.MoveOperation.End)
            widget.setTextCursor(cursor)
        self.opened.emit(self._box)

    def _begin(self) -> Any:
        if self.choice is not None:
            return self.choice.answer if self.choice.key == OTHER else for_editor(self.conflict, self.choice.value)
        shown = self.conflict.shown or self.conflict.versions[-1]
        return for_editor(self.conflict, shown.value if self.conflict.joined is None else self.conflict.joined)

    def _open(self) -> None:
        field = self.conflict.editor
        assert field is not None
        self._editor = editor_for(field, self._sources, self.typed.emit)
        self._row = FieldRow(f"{field.label}, as it should be", self._editor.widget, required=field.required)
        self._box = EditBox(self._row, "Take this")
        self._box.column.setContentsMargins(0, 4, 0, 2)
        self._box.committed.connect(self.commit)
        self._box.cancelled.connect(self._close)
        self._boxes.addWidget(self._box)

    def commit(self) -> None:
        """Take what is typed as the choice, or show what is wrong with it."""
        if self._editor is None or self._row is None:
            return
        self._editor.settle()
        problem, answer = self._editor.problem(), self._editor.get()
        field = self.conflict.editor
        if field is not None and field.required and answer is None and not problem:
            problem = f"{field.label} is needed"
        self._row.show_problem(problem)
        if not problem:
            text = self._editor.typed() or (answer if isinstance(answer, str) else "")
            self._take(of_answer(self.conflict, answer, self._words(answer, str(text))))

    def _words(self, answer: Any, typed: str) -> str:
        field = self.conflict.editor
        if field is not None and field.options:
            labels = {option.value: option.label for option in field.options}
            if isinstance(answer, list):
                return ", ".join(labels.get(one, str(one)) for one in answer)
            return labels.get(answer, typed)
        if field is not None and field.type == "datetime" and isinstance(answer, int):
            return times.dtg(answer)
        if isinstance(answer, bool):
            return "yes" if answer else "no"
        return typed

    @property
    def unfinished(self) -> dict[str, Any] | None:
        """What stands in the open editor, for a draft."""
        if self._editor is None:
            return None
        answer = self._editor.get()
        return {"key": OTHER, "answer": answer, "text": self._words(answer, self._editor.typed() or str(answer or ""))}

    def _close(self) -> None:
        if self._box is None:
            return
        self._boxes.removeWidget(self._box)
        self._box.hide()
        self._box.deleteLater()
        self._editor = self._row = self._box = None
        self.closed.emit()

    # -- how it looks --------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._box is not None:
            self.opened.emit(self._box)  # it has its place now, or has grown with what is typed

    def set_current(self, current: bool) -> None:
        """Show whether the keys act on this field."""
        self._current = current
        self.update()

    def show_problem(self, text: str) -> None:
        """Say at the field why its choice was not taken."""
        self._notice.setText(text)
        self._notice.set_tone("danger")
        self._notice.setVisible(bool(text))

    def _say(self) -> None:
        settled = self.conflict.settlement
        self._hint.setText(_HINTS.get(self.conflict.kind, ""))
        self._hint.setVisible(bool(self._hint.text()))
        self._notice.set_tone("warn")
        if self.choice is not None and not self.choice.stale:
            self._pill.set(f"Chosen: {_word(self)}" if self._in_place else "Chosen", "good")
            self._notice.hide()
        elif settled is not None:
            self._pill.set(f"Settled, {settled.how}" if self._in_place else "Settled", "good")
            by = f" by {settled.by.name}" if settled.by else ""
            kept = (
                f" You had chosen “{_short(self.choice.text)}”: choose it again to change that." if self.choice else ""
            )
            why = f" “{_short(settled.note)}”." if settled.note else ""
            self._notice.setText(
                f"Settled {times.dtg(settled.at, short=True)}{by}: {_short(settled.text) or 'none'}.{why}{kept}"
            )
            self._notice.show()
        else:
            self._pill.set("Needs a choice" if self._in_place else "Choose", "danger")
            self._notice.setText(
                f"Another version has come in. You had chosen “{_short(self.choice.text)}”: look again."
                if self.choice
                else ""
            )
            self._notice.setVisible(self.choice is not None)
        self.setAccessibleDescription(f"{self._pill.text}. {self._hint.text()} {self._notice.text()}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self._in_place:
            pen = painter.pen()
            pen.setColor(theme.color("accent" if self._current else "line"))
            pen.setWidthF(2 if self._current else 1)
            painter.setPen(pen)
            painter.setBrush(theme.color("surface" if self._current else "zebra"))
            painter.drawRoundedRect(box, 8, 8)
        elif self._current:
            painter.setPen(theme.color("selection_line"))
            painter.setBrush(theme.color("hover"))
            painter.drawRoundedRect(box, 8, 8)


def _gap() -> QWidget:
    """The place of a version that is not there, as wide as one."""
    gap = QWidget()
    gap.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
    return gap


def _word(panel: FieldPanel) -> str:
    choice = panel.choice
    assert choice is not None
    if choice.key == JOINED:
        return "both"
    version = next((one for one in panel.conflict.versions if one.number == choice.key), None)
    return version.label.lower() if version is not None else "another value"


def _short(text: str) -> str:
    said = " ".join(text.split())
    return said if len(said) <= 80 else said[:79] + "…"

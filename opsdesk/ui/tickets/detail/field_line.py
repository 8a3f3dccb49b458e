"""One field of a ticket: read as a line, edited in place when pressed; what was typed stays until it is stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from opsdesk.services.errors import Invalid
from opsdesk.services.forms import FormField
from opsdesk.services.tickets import Base
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import paint_focus_ring
from opsdesk.ui.widgets.dynamic_form import FieldRow, Sources
from opsdesk.ui.widgets.dynamic_form.editors import Editor, editor_for
from opsdesk.ui.widgets.edit_box import EditBox
from opsdesk.ui.widgets.label import Label

MakeEditor = Callable[[FormField, Sources, Callable[[], None]], Editor]
LABEL_WIDTH = 124


class FieldLine(QWidget):
    """Signals: `committed` with the new value (as editors give it; None for empty), `opened` when it can be edited.

    `base` is what the person saw when the field was opened, whatever arrived since.
    """

    committed = Signal(object)
    opened = Signal()

    def __init__(
        self,
        field: FormField,
        sources: Sources,
        *,
        editable: bool = True,
        make: MakeEditor = editor_for,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._make = make
        self.field, self._sources = field, sources
        self._can_edit = self._editable = editable
        self._locked = ""
        self._raw: Any = None
        self._seen: Base | None = None
        self.base: Base | None = None
        self._editor: Editor | None = None
        self._row: FieldRow | None = None
        self._edit_box: QWidget | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self._name = Label(field.label, "body", "quiet", wrap=True)
        self._name.setFixedWidth(LABEL_WIDTH)
        self._value = Label("", "body", wrap=True)
        self._value.setMinimumWidth(40)
        self._shown = QWidget()
        shown = QHBoxLayout(self._shown)
        shown.setContentsMargins(8, 5, 8, 5)
        shown.setSpacing(12)
        shown.addWidget(self._name, 0, Qt.AlignmentFlag.AlignTop)
        shown.addWidget(self._value, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self._shown)
        self.setAccessibleName(field.label)
        self._offer_edit()

    def set_workable(self, workable: bool) -> None:
        """Let the field be opened, if it is one that can be, or only be read. An open one stays open."""
        if self._editable != (workable and self._can_edit):
            self._editable = workable and self._can_edit
            self._offer_edit()
            self.update()

    def set_field(self, field: FormField) -> None:
        """Ask the question as it is asked now; an open field stays as it was opened."""
        if field != self.field and not self.editing:
            self.field = field
            self._name.setText(field.label)
            self.setAccessibleName(field.label)

    def set_locked(self, why: str) -> None:
        """Let nobody answer, for a reason that the tooltip tells; empty lets them again."""
        if why != self._locked:
            self._locked = why
            self._can_edit = not why
            self._editable = self._editable and not why
            self._offer_edit()
            self.update()

    def _offer_edit(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if self._editable else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if self._editable else Qt.CursorShape.ArrowCursor)
        self.setToolTip("Edit in place  (Enter)" if self._editable else self._locked)

    @property
    def editing(self) -> bool:
        """Whether the field is open."""
        return self._editor is not None

    @property
    def text(self) -> str:
        """What is read."""
        return self._value.text()

    def show_value(self, text: str, raw: Any, base: Base, *, wanted: bool = False) -> None:
        """Show a value; an open field keeps what was typed and the base it was opened with. `wanted` says of an empty
        one that it should not be."""
        self._raw, self._seen = raw, base
        self._value.setText(text or ("Needed" if wanted else "–"))
        self._value.set_tone("text" if text else "warn" if wanted else "faint")
        self.setAccessibleDescription(text or ("needed" if wanted else ""))

    def edit(self) -> None:
        """Open the field."""
        if not self._editable:
            return
        if self._editor is None:
            self.base = self._seen
            self._open()
        assert self._row is not None
        self._row.focus()

    def accepted(self) -> None:
        """The new value is stored."""
        self._close()

    def refused(self, error: Exception) -> None:
        """Show why the value was not taken; it stays in the field."""
        if self._row is not None:
            problems = error.problems if isinstance(error, Invalid) else ()
            self._row.show_problem("; ".join(problem.text for problem in problems) or str(error))

    def commit(self) -> None:
        """Give the value to be stored, or show what is wrong with it."""
        if self._editor is None or self._row is None:
            return
        self._editor.settle()
        problem = self._editor.problem()
        value = self._editor.get()
        if self.field.required and value is None and not problem:
            problem = f"{self.field.label} is needed"
        self._row.show_problem(problem)
        if problem:
            return
        if value == self._raw:
            self._close()
        else:
            self.committed.emit(value)

    def _open(self) -> None:
        self._editor = self._make(self.field, self._sources, lambda: None)
        self._editor.put(self._raw)
        self._row = FieldRow(
            self.field.label, self._editor.widget, required=self.field.required, help_text=self.field.help
        )
        box = self._edit_box = EditBox(self._row, "Save")
        box.column.setContentsMargins(8, 6, 8, 10)
        box.committed.connect(self.commit)
        box.cancelled.connect(self._close)
        self._shown.hide()
        self._column.addWidget(self._edit_box)
        self.opened.emit()

    def _close(self) -> None:
        if self._edit_box is None:
            return
        had_focus = self._edit_box.isAncestorOf(self.focusWidget()) if self.focusWidget() else False
        self._column.removeWidget(self._edit_box)
        self._edit_box.hide()
        self._edit_box.deleteLater()
        self._editor = self._row = self._edit_box = None
        self._shown.show()
        if had_focus or self.focusWidget() is None:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- Qt ------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self.editing and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2):
            self.edit()
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self.editing and event.button() == Qt.MouseButton.LeftButton:
            self.edit()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._editable:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        box = QRectF(self.rect())
        if self.editing:
            painter.setBrush(theme.color("sunken"))
            painter.drawRoundedRect(box, 6, 6)
        elif self.underMouse():
            painter.setBrush(theme.color("hover"))
            painter.drawRoundedRect(box, 6, 6)
        if self.hasFocus():
            paint_focus_ring(painter, box.adjusted(0.5, 0.5, -0.5, -0.5))

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

"""One field of a form: its label, the editor, and below it the problem or the help."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.ui.resources import paint_icon
from opsdesk.ui.widgets.invalid import mark_invalid
from opsdesk.ui.widgets.label import Label


class FieldRow(QWidget):
    """Label, editor, problem. Signals: `left` when the keyboard leaves the editor."""

    left = Signal()

    def __init__(
        self,
        label: str,
        editor: QWidget,
        *,
        required: bool = False,
        help_text: str = "",
        beside: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`beside` stands at the right end of the label's line."""
        super().__init__(parent)
        self.label_text, self.editor, self.required = label, editor, required
        self._help = help_text
        self._shown = ""
        self._words = Label(label, "quiet-strong")
        self._words.setBuddy(editor)
        self._star = Label("*", "quiet-strong", "danger")
        self._star.setToolTip("Needed")
        if not required:
            self._star.hide()  # shown before it has a parent it would be a window for a moment
        self._problem = _Problem()
        self._note = Label("", "quiet", "quiet", wrap=True)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self._words)
        head.addWidget(self._star)
        head.addStretch(1)
        if beside is not None:
            head.addWidget(beside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addLayout(head)
        column.addWidget(editor)
        column.addWidget(self._problem)
        column.addWidget(self._note)
        column.addStretch(1)
        if not editor.accessibleName():
            editor.setAccessibleName(label)
        editor.setAccessibleDescription(help_text)
        for widget in (editor, *editor.findChildren(QWidget)):
            widget.installEventFilter(self)
        self.show_problem("")

    @property
    def problem(self) -> str:
        """The problem that is shown; empty for none."""
        return self._problem.text

    def show_problem(self, text: str) -> None:
        """Show what is wrong under the editor; empty takes it away. How to write it instead stands quieter below."""
        self._shown = text
        wrong, _, instead = text.partition(". Write ")
        self._problem.show_text(wrong)
        quiet = f"Write {instead}" if instead else "" if text else self._help
        self._note.setText(quiet)
        self._note.setVisible(bool(quiet))
        mark_invalid(self.editor, bool(text))
        self.editor.setAccessibleDescription(text or self._help)

    @property
    def help(self) -> str:
        """What is said below the editor while nothing is wrong."""
        return self._help

    def show_help(self, text: str) -> None:
        """Say something else below the editor while nothing is wrong."""
        self._help = text
        self.show_problem(self._shown)

    def show_label(self, label: str, *, required: bool) -> None:
        """Ask by another label, and say whether an answer is needed."""
        if (label, required) != (self.label_text, self.required):
            if self.editor.accessibleName() == self.label_text:
                self.editor.setAccessibleName(label)
            self.label_text, self.required = label, required
            self._words.setText(label)
            self._star.setVisible(required)

    def set_locked(self, locked: bool) -> None:
        """Let nobody answer, because a rule does; or let them again."""
        if self.editor.isEnabled() == locked:
            self.editor.setEnabled(not locked)

    def focus(self) -> None:
        """Put the keyboard into the editor."""
        target = self.editor
        while (proxy := target.focusProxy()) is not None:
            target = proxy
        target.setFocus(Qt.FocusReason.TabFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.left.emit()
        return super().eventFilter(watched, event)


class _Problem(QWidget):
    """A filled mark and the words, so that it is told by shape as well as by colour."""

    def __init__(self) -> None:
        super().__init__()
        self._label = Label("", "quiet-strong", "danger", wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 0, 0)
        row.addWidget(self._label)

    @property
    def text(self) -> str:
        return self._label.text()

    def show_text(self, text: str) -> None:
        self._label.setText(text)
        self.setVisible(bool(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        first_line = QRect(0, 0, 14, self._label.fontMetrics().height())
        paint_icon(QPainter(self), first_line, "warning-circle-fill", "danger.mark", 14)

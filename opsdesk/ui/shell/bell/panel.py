"""The list behind the bell, worked by keys: open, mark as read, put off, acknowledge all."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHBoxLayout, QListView, QStackedWidget, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.notifications import Notice
from opsdesk.ui.shell.bell.note_line import NoteLine
from opsdesk.ui.shell.bell.rows import NoticeDelegate, NoticeList
from opsdesk.ui.theme import follow
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.empty_state import EmptyState
from opsdesk.ui.widgets.label import Label, rule
from opsdesk.ui.widgets.overlay import Overlay

_HEIGHT, _EMPTY_HEIGHT = 560, 300
_AROUND = 104
"""Head and foot, in pixels."""


KEYS = (
    ("open", "Open what a notification is about", "Return"),
    ("read", "Read, or unread", "R"),
    ("note", "Acknowledge with a note", "N"),
    ("hour", "Again in an hour", "H"),
    ("tomorrow", "Again tomorrow", "Shift+H"),
    ("all", "All read", "A"),
)
"""What the list does itself while it has the keyboard: see `BellPanel.act`."""


class BellPanel(Overlay):
    """Signals: `opened` with a Notice, `read` with notices' keys and whether they are to be unread again, `snoozed`
    with keys and until when (UTC milliseconds), `noted` with the key of a notice and the note with which it is
    acknowledged, `all_read`, `choosing` to go to the settings."""

    opened = Signal(object)
    read = Signal(object, bool)
    snoozed = Signal(object, object)
    noted = Signal(int, str)
    all_read = Signal()
    choosing = Signal()

    def __init__(self, host: QWidget) -> None:
        super().__init__(host, width=440, top=52, height=_EMPTY_HEIGHT, right=16)
        self.setAccessibleName("Notifications")
        self._title, self._count = Label("Notifications", "section"), Label("", "quiet", "quiet")
        self._all = Button("All read", "checks", kind="quiet", key="A")
        self._all.clicked.connect(self.all_read)
        choose = IconButton("gear-six", "Choose what is notified")
        choose.clicked.connect(self.choosing)
        close = IconButton("x", "Close", key="Esc")
        close.clicked.connect(self.close_panel)
        head = QHBoxLayout()
        head.setContentsMargins(20, 14, 12, 12)
        head.setSpacing(8)
        head.addWidget(self._title)
        head.addWidget(self._count)
        head.addStretch(1)
        for widget in (self._all, choose, close):
            head.addWidget(widget)
        self.model = NoticeList()
        self.list = _List(self)
        self.list.setModel(self.model)
        self._empty = EmptyState(
            "Nothing needs you now.",
            icon="bell",
            detail="Mentions, assignments and what happens on tickets that you watch will be listed here.",
        )
        self._parts = QStackedWidget()
        self._parts.addWidget(self._empty)
        self._parts.addWidget(self.list)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(20, 9, 20, 10)
        foot.addWidget(Label("Enter opens · R read · N with a note · H in 1 h · Shift+H tomorrow", "quiet", "quiet"))
        self._note_of: tuple[int, ...] = ()
        """The notices of a line of many, from when a note is asked for until they stand on a line each."""
        self.note = NoteLine()
        self.note.said.connect(self.noted)
        self.note.left.connect(self.take_focus)
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(rule())
        column.addWidget(self._parts, 1)
        column.addWidget(rule())
        column.addWidget(self.note)
        column.addWidget(self._foot)
        self.panel.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        follow(self, self.list.viewport().update)
        self.show_lines(())

    def show_lines(self, lines: Sequence[Notice]) -> None:
        """Show these. The line that was marked stays marked while the panel is open; nobody marked one before."""
        before = None if self.isHidden() else self.current
        self.model.show_lines(lines, wall.now())
        new = sum(not line.read for line in lines)
        self._count.setText(f"{new} new" if new else "")
        self._all.setEnabled(new > 0)
        self._parts.setCurrentWidget(self.list if lines else self._empty)
        self._foot.setVisible(bool(lines))
        rows = sum(self.list.sizeHintForRow(row) for row in range(self.model.rowCount()))
        self.set_height(min(_HEIGHT, rows + _AROUND) if lines else _EMPTY_HEIGHT)
        if self.isVisible():
            self._place()
        at = self.model.first(before.keys if before is not None else ())
        if at >= 0:
            self.list.setCurrentIndex(self.model.index(at, 0))
        self._go_on_with_note()

    @property
    def current(self) -> Notice | None:
        """The line that is marked."""
        return self.model.line(self.list.currentIndex().row())

    def take_focus(self) -> None:
        (self.list if self.model.rows else self.panel).setFocus()

    def act(self, event: QKeyEvent) -> bool:
        """Do what a key stands for; whether it stood for anything."""
        line, key = self.current, Qt.Key(event.key())
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if key == Qt.Key.Key_A and self._all.isEnabled():
            self.all_read.emit()
        elif line is None:
            return False
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(line)
        elif key == Qt.Key.Key_R:
            self.read.emit(line.keys, line.read)
        elif key == Qt.Key.Key_N:
            self._ask_note(line)
        elif key == Qt.Key.Key_H:
            now = wall.now()
            self.snoozed.emit(line.keys, morning(now) if shift else now + times.HOUR)
        else:
            return False
        return True

    def _ask_note(self, line: Notice) -> None:
        """Ask for the note; many in one are first shown a line each, since a note belongs to one ticket."""
        if line.count > 1:
            self._note_of = line.keys
            self.opened.emit(line)
        else:
            self._begin_note(line)

    def _go_on_with_note(self) -> None:
        """What was one line stands on many now: ask for the note of the first of them."""
        line, of = self.current, self._note_of
        if line is not None and line.count == 1 and line.keys[0] in of:
            self._note_of = ()
            self._begin_note(line, among=len(of))

    def _begin_note(self, line: Notice, among: int = 1) -> None:
        self.note.ask(line, among)
        # The list is lower now, and what is acknowledged should be seen.
        QTimer.singleShot(0, self.list, lambda: self.list.scrollTo(self.list.currentIndex()))

    def note_kept(self) -> None:
        """The note is on its ticket."""
        self.note.forget()
        self.note.hide()
        self.take_focus()

    def close_panel(self) -> None:
        self._note_of = ()
        self.note.hide()
        super().close_panel()


def morning(now: int) -> int:
    """Eight o'clock of the next day by the clock on the wall here, UTC milliseconds."""
    return times.day_start(now, days_ago=-1) + 8 * times.HOUR


class _List(QListView):
    """The rows; what a key means is the panel's to say."""

    def __init__(self, panel: BellPanel) -> None:
        super().__init__()
        self._panel = panel
        self.setItemDelegate(NoticeDelegate(self))
        self.setAccessibleName("Notifications")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.clicked.connect(self._clicked)

    def _clicked(self, index: QModelIndex) -> None:
        line = self._panel.model.line(index.row())
        if line is not None:
            self._panel.opened.emit(line)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._panel.act(event):
            super().keyPressEvent(event)

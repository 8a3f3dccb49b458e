"""The head of a record whose fields conflict: its number and title, who should settle it and until when."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.conflicts import Record
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.avatar import Avatar
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.label import ElidedLabel, Label
from opsdesk.ui.widgets.mark import IconMark


class RecordHead(QFrame):
    """Signals: `give_wanted`, `due_wanted`, `open_wanted`."""

    give_wanted = Signal()
    due_wanted = Signal()
    open_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self._record: Record | None = None
        self._number = Label("", "strong")
        self._note = ElidedLabel("", "quiet", "quiet")
        self.give = Button("Give to", "user-plus", key="G")
        self.give.clicked.connect(lambda: self.give_wanted.emit())
        self.open = Button("Open ticket", "arrow-square-out", key="O")
        self.open.clicked.connect(lambda: self.open_wanted.emit())
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._number)
        top.addWidget(IconMark("git-fork", "danger.text", 15))
        top.addWidget(self._note, 1)
        top.addWidget(self.give)
        top.addWidget(self.open)
        self._title = ElidedLabel("", "heading")
        self._avatar = Avatar("", 22)
        self._unit = IconMark("users-three", "quiet", 18)
        self._owner, self._due, self._left = Label("", "strong"), Label("", "body", "quiet"), Label("", "strong")
        self._timer = IconButton("timer", "Set until when to settle it", key="D", size=26)
        self._timer.clicked.connect(lambda: self.due_wanted.emit())
        low = QHBoxLayout()
        low.setSpacing(8)
        low.addWidget(self._title, 1)
        low.addWidget(Label("Owner", "body", "quiet"))
        for widget in (self._avatar, self._unit, self._owner):
            low.addWidget(widget)
        low.addSpacing(12)
        low.addWidget(self._timer)
        low.addWidget(self._due)
        low.addWidget(self._left)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 12, 24, 12)
        column.setSpacing(8)
        column.addLayout(top)
        column.addLayout(low)

    def show_record(self, record: Record, place: int, count: int) -> None:
        """Show a record, the `place`-th of `count` in the list."""
        self._record = record
        self._number.setText(record.number or record.kind.capitalize())
        where = f"{place} of {count}, " if place else ""
        kind = "" if record.kind == "ticket" else f"{record.kind} on it, "
        self._note.setText(f"{where}{kind}found {times.dtg(record.found_at, short=True)}")
        self._title.setText(record.title)
        self._owner.setText(record.care.name)
        person = record.care.person
        self._avatar.setVisible(person is not None)
        self._unit.setVisible(person is None)
        if person is not None:
            self._avatar.set_name(person.name)
        self.open.setVisible(record.ticket is not None)
        self.tick()

    def tick(self) -> None:
        """Tell how long there is left now."""
        record = self._record
        if record is None:
            return
        waits = bool(record.open)
        left = record.care.due_at - wall.now()
        self.give.setEnabled(waits)
        self._timer.setEnabled(waits)
        self._due.setText(f"Settle by {times.dtg(record.care.due_at, short=True)}" if waits else "Settled")
        span = times.span(left).removesuffix(" 00").removesuffix(" 0 h")
        self._left.setText("" if not waits else f"over by {span}" if left < 0 else f"{span} left")
        self._left.set_tone("danger" if left < 0 else "warn")

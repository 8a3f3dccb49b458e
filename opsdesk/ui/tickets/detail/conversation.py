"""The conversation on a ticket: its description, comments with one level of replies, and what changed between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.files import FileRow
from opsdesk.services.tickets import HistoryRow, VersionRow
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.tickets.detail.older import OlderLine
from opsdesk.ui.tickets.detail.telling import Entry, told
from opsdesk.ui.tickets.detail.thread import Thread
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.attachment_strip import Tiles
from opsdesk.ui.widgets.button import Button, Segmented
from opsdesk.ui.widgets.empty_state import EmptyState
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.tip import tip

ALL, COMMENTS, CHANGES = "all", "comments", "changes"
_PAGE = 80
"""Entries shown at first; older ones come by a button."""
_ICONS = {"transition": "git-commit", "tag": "tag", "link": "link-simple", "watch": "eye", "void": "trash"}


class Conversation(QWidget):
    """The list with its filter. Signals: `reply_wanted` with a CommentRow, `edit_wanted` with a CommentRow of mine,
    `versions_wanted` with one whose edits are to be shown, `ticket_wanted` with a number in a text, `record_wanted`
    with kind and id of what is mentioned, `describe_wanted` when the description should be edited, `file_wanted` and
    `save_wanted` with the FileRow of a file below a comment."""

    reply_wanted = Signal(object)
    edit_wanted = Signal(object)
    ticket_wanted = Signal(str)
    record_wanted = Signal(str, object)
    versions_wanted = Signal(object)
    describe_wanted = Signal()
    file_wanted = Signal(object)
    save_wanted = Signal(object)

    def __init__(self, me: bytes, make_tiles: Callable[[], Tiles], parent: QWidget | None = None) -> None:
        """`make_tiles` makes the row of files below one comment."""
        super().__init__(parent)
        self._me, self._make_tiles = me, make_tiles
        self._files: dict[bytes, list[FileRow]] = {}
        self._entries: list[Entry] = []
        self._shown = _PAGE
        self._widgets: dict[tuple[str, object], tuple[Entry, QWidget]] = {}
        self._at_end = True
        self._read: tuple[tuple[str, object], int] | None = None
        """The first entry in sight and how far below the upper edge it begins, in pixels. New entries get their heights
        one after another, so it is brought back there each time the list is laid out."""
        self._holding = False
        self._wanted_comment: bytes | None = None
        self._workable, self._ticked = True, False
        self.filter = Segmented([(ALL, "All"), (COMMENTS, "Comments"), (CHANGES, "Changes")], ALL, "Show")
        self.filter.chosen.connect(lambda _value: self._rebuild())
        self._earlier = Button("Show earlier", "arrow-up", kind="quiet")
        self._earlier.clicked.connect(self._show_earlier)
        self._empty = EmptyState("Nothing was said or changed yet.", icon="chat-circle")
        self._body = body = _Body()
        body.laid.connect(self._hold)
        body.setProperty("surface", "panel")
        self._column = QVBoxLayout(body)
        self._column.setContentsMargins(16, 14, 16, 14)
        self._column.setSpacing(14)
        self.older = OlderLine()
        self._older_missing = False
        self._head = QWidget()
        head = QVBoxLayout(self._head)
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.older)
        head.addWidget(self._earlier, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addWidget(self._head)
        self._column.addStretch(1)
        self._column.addWidget(self._empty)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(body)
        bar = self.area.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(self._hold)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.area)
        ticker.minute.connect(self._tick)

    # -- content -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin with another ticket: at the newest entry, with as many as fit the first page."""
        self._shown = _PAGE
        self._at_end = True
        self._files = {}
        self._read = None
        self._clear()

    def show_entries(self, found: Sequence[Entry], *, ticked: bool = False) -> None:
        """Show these; entries that did not change keep their widgets, so selection and place stay.

        `ticked` says of each own comment how far it has come.
        """
        if ticked != self._ticked:
            self._clear()
            self._ticked = ticked
        self._entries = list(found)
        self._rebuild()
        self._look_for_wanted()

    def show_files(self, rows: Sequence[FileRow]) -> None:
        """Show the files of the ticket that were sent with comments, each below its own."""
        self._files = {}
        for row in rows:
            if row.comment is not None:
                self._files.setdefault(row.comment, []).append(row)
        self._show_files()

    def files_of(self, comment: bytes) -> tuple[FileRow, ...]:
        """The files that were sent with a comment."""
        return tuple(self._files.get(comment, ()))

    def _show_files(self) -> None:
        for _, widget in self._widgets.values():
            if isinstance(widget, Thread):
                widget.show_files(self._files, self._tiles)

    def _tiles(self) -> Tiles:
        tiles = self._make_tiles()
        tiles.opened.connect(self.file_wanted)
        tiles.saved.connect(self.save_wanted)
        return tiles

    def show_older(self, missing: bool) -> None:
        """Whether the line that tells where the older history is stands above the first change. Comments are here."""
        self._older_missing = missing
        self.older.setVisible(missing and self._earlier.isHidden() and self.filter.value != COMMENTS)
        self._head.setVisible(not (self.older.isHidden() and self._earlier.isHidden()))

    def set_workable(self, workable: bool) -> None:
        """Offer reply and edit, or not."""
        self._workable = workable
        for _, widget in self._widgets.values():
            if isinstance(widget, Thread):
                widget.set_workable(workable)

    def _wanted(self) -> list[Entry]:
        mode = self.filter.value
        if mode == ALL:
            return self._entries
        return [entry for entry in self._entries if (entry.comment is not None) == (mode == COMMENTS)]

    def _rebuild(self) -> None:
        wanted = self._wanted()
        shown = wanted[-self._shown :]
        self._earlier.setVisible(len(shown) < len(wanted))
        self.show_older(self._older_missing)
        self._earlier.setText(f"Show {min(_PAGE, len(wanted) - len(shown))} earlier")
        self._empty.setVisible(not wanted)
        keys = {entry.key for entry in shown}
        for key in [key for key in self._widgets if key not in keys]:
            self._drop(key)
        for number, entry in enumerate(shown):
            known = self._widgets.get(entry.key)
            if known is not None and known[0] != entry:
                self._drop(entry.key)
                known = None
            widget = known[1] if known is not None else self._make(entry)
            self._widgets[entry.key] = (entry, widget)
            if self._column.indexOf(widget) != number + 1:
                self._column.insertWidget(number + 1, widget)

    def _make(self, entry: Entry) -> QWidget:
        if entry.comment is None:
            return Divider(entry.changes)
        thread = Thread(entry.comment, mine=self._me, description=entry.description, ticked=self._ticked)
        thread.reply_wanted.connect(self.reply_wanted)
        thread.edit_wanted.connect(self.describe_wanted if entry.description else self.edit_wanted)
        thread.ticket_wanted.connect(self.ticket_wanted)
        thread.record_wanted.connect(self.record_wanted)
        thread.versions_wanted.connect(self.versions_wanted)
        thread.set_workable(self._workable)
        thread.show_files(self._files, self._tiles)
        return thread

    def _drop(self, key: tuple[str, object]) -> None:
        _, widget = self._widgets.pop(key)
        self._column.removeWidget(widget)
        widget.hide()
        widget.deleteLater()

    def _clear(self) -> None:
        self._entries = []
        for key in list(self._widgets):
            self._drop(key)

    # -- place ---------------------------------------------------------------------------------------------

    def to_end(self) -> None:
        """Go to the newest entry, also when it has not its height yet."""
        self._at_end = True
        bar = self.area.verticalScrollBar()
        QTimer.singleShot(0, bar, lambda: bar.setValue(bar.maximum()))

    def show_versions(self, comment: bytes, rows: Sequence[VersionRow]) -> None:
        """Show below a comment what it said before, or put that away."""
        for _, widget in self._widgets.values():
            note = widget.note(comment) if isinstance(widget, Thread) else None
            if note is not None:
                self._at_end = False
                note.show_versions(rows)

    def go_to(self, comment: bytes) -> None:
        """Bring a comment into view and mark it for a moment, as soon as it is here."""
        self._wanted_comment, self._at_end = comment, False
        self._look_for_wanted()

    def _look_for_wanted(self) -> None:
        wanted = self._wanted_comment
        if wanted is None:
            return
        place = next(
            (n for n, entry in enumerate(self._entries) if entry.comment is not None and _holds(entry, wanted)), None
        )
        if place is None:
            return
        self._wanted_comment = None
        if self.filter.value == CHANGES:
            self.filter.set_value(ALL)
        self._shown = max(self._shown, len(self._entries) - place + 5)
        self._rebuild()
        widget = self._widgets[self._entries[place].key][1]
        if isinstance(widget, Thread):
            # It has its height with the next event.
            QTimer.singleShot(0, widget, lambda: self._show_note(widget, wanted))

    def _show_note(self, thread: Thread, comment: bytes) -> None:
        note = thread.note(comment)
        if note is not None:
            self._at_end = False
            self._column.activate()
            self.area.ensureWidgetVisible(note, 0, 40)
            note.flash()

    def _scrolled(self, value: int) -> None:
        if self._holding:
            return
        self._at_end = value >= self.area.verticalScrollBar().maximum() - 4
        seen = [(self._top(widget), key, widget.height()) for key, (_, widget) in self._widgets.items()]
        first = min((one for one in seen if one[0] + one[2] > value), key=lambda one: one[0], default=None)
        self._read = None if first is None else (first[1], first[0] - value)

    def _show_earlier(self) -> None:
        self._shown += _PAGE
        self._at_end = False
        self._rebuild()

    def _hold(self) -> None:
        """What is read stays where it is, whatever comes above it or grows; at the end the end stays."""
        bar = self.area.verticalScrollBar()
        known = self._widgets.get(self._read[0]) if self._read is not None else None
        place = bar.value()
        if self._at_end:
            place = bar.maximum()
        elif known is not None and self._read is not None:
            place = self._top(known[1]) - self._read[1]
        self._holding = True  # also of what Qt does when the list gets shorter: nobody has scrolled
        bar.setValue(place)
        self._holding = False

    def _top(self, widget: QWidget) -> int:
        return widget.mapTo(self._body, QPoint()).y()

    def _tick(self) -> None:
        for _, widget in self._widgets.values():
            if isinstance(widget, Thread):
                widget.tell_ages()


def _holds(entry: Entry, comment: bytes) -> bool:
    said = entry.comment
    return said is not None and (said.id == comment or any(reply.id == comment for reply in said.replies))


class _Body(QFrame):
    """What is scrolled. Signals: `laid` when all in it has its place."""

    laid = Signal()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self.laid.emit()
        return done


class Divider(QWidget):
    """The changes of one act as a quiet line across."""

    def __init__(self, rows: tuple[HistoryRow, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        first = rows[0]
        at = first.happened_at
        recent = abs(wall.now() - at) < 20 * times.HOUR
        when = times.dtg(at, short=True)[3:] if recent else times.dtg(at)
        self._label = Label(f"{first.actor or 'Somebody'} {told(rows)}, {when}", "quiet", "quiet")
        kinds = {row.kind for row in rows}
        self._icon = _ICONS.get("transition" if "transition" in kinds else first.kind, "pencil-simple")
        self.setToolTip(tip("\n".join(f"{row.label}: {row.before or '–'} → {row.after or '–'}" for row in rows)))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addSpacing(24)
        row.addWidget(self._label)
        row.addStretch(1)
        self._label.setMinimumWidth(10)
        self.setFixedHeight(20)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(theme.color("line"))
        middle, label = self.height() // 2, self._label.geometry()
        painter.drawLine(8, middle, label.left() - 36, middle)
        painter.drawLine(label.right() + 14, middle, self.width() - 8, middle)
        paint_icon(painter, QRectF(label.left() - 24, 0, 16, self.height()), self._icon, "quiet", 15)

"""One comment of the conversation with its replies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.files import FileRow
from opsdesk.services.tickets import CommentRow, VersionRow
from opsdesk.ui.theme import mix, theme
from opsdesk.ui.tickets.detail.versions import Versions
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.attachment_strip import Tiles
from opsdesk.ui.widgets.avatar import Avatar
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.markdown_view import MarkdownView
from opsdesk.ui.widgets.pill import Pill
from opsdesk.ui.widgets.sync_mark import Tick

_TEXT_WIDTH = 760
_MARKED_MS = 2500


class Thread(QWidget):
    """A comment and its replies. Signals: as of `Conversation`."""

    reply_wanted = Signal(object)
    edit_wanted = Signal(object)
    ticket_wanted = Signal(str)
    record_wanted = Signal(str, object)
    versions_wanted = Signal(object)

    def __init__(
        self,
        comment: CommentRow,
        *,
        mine: bytes,
        description: bool = False,
        ticked: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._notes: list[Note] = []
        for row, level in ((comment, 0), *((reply, 1) for reply in comment.replies)):
            own = row.author is not None and row.author.id == mine
            note = Note(row, level=level, own=own, description=description, ticked=ticked)
            note.reply_wanted.connect(lambda row=row: self.reply_wanted.emit(row))
            note.edit_wanted.connect(lambda row=row: self.edit_wanted.emit(row))
            note.ticket_wanted.connect(self.ticket_wanted)
            note.record_wanted.connect(self.record_wanted)
            note.versions_wanted.connect(lambda row=row: self.versions_wanted.emit(row))
            column.addWidget(note)
            self._notes.append(note)

    def note(self, comment: bytes) -> Note | None:
        """The comment or reply with an id."""
        return next((note for note in self._notes if note.comment.id == comment), None)

    def show_files(self, files: Mapping[bytes, Sequence[FileRow]], make: Callable[[], Tiles]) -> None:
        """Show below each comment the files that were sent with it, in tiles that `make` makes."""
        for note in self._notes:
            note.show_files(files.get(note.comment.id, ()), make)

    def set_workable(self, workable: bool) -> None:
        """Offer reply and edit, or not."""
        for note in self._notes:
            note.set_workable(workable)

    def tell_ages(self) -> None:
        """Write the ages anew."""
        for note in self._notes:
            note.tell_age()

    def paintEvent(self, event: QPaintEvent) -> None:
        if len(self._notes) < 2:
            return
        painter = QPainter(self)
        painter.setPen(theme.color("line"))
        last = self._notes[-1].geometry().top() + 18
        painter.drawLine(24, 42, 24, last)
        for note in self._notes[1:]:
            top = note.geometry().top() + 18
            painter.drawLine(24, top, 48, top)


class Note(QFrame):
    """One comment. An internal one stands on amber with an edge. Signals: as of `Conversation`, without the row."""

    reply_wanted = Signal()
    edit_wanted = Signal()
    ticket_wanted = Signal(str)
    record_wanted = Signal(str, object)
    versions_wanted = Signal()

    def __init__(
        self,
        row: CommentRow,
        *,
        level: int,
        own: bool,
        description: bool,
        ticked: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._row, self._marked = row, False
        self._internal = row.visibility == "internal" and not description
        name = row.author.name if row.author else "Somebody"
        self.setAccessibleName(f"{'Description' if description else 'Comment'} by {name}")
        self._when = Label("", "quiet", "quiet")
        self.tell_age()
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Label(name, "strong"))
        if row.author is not None and row.author.detail:
            head.addWidget(Label(row.author.detail, "quiet", "quiet"))
        if description:
            head.addWidget(Pill("Requester" if row.author and row.author.id else "Report", "neutral"))
        elif self._internal:
            head.addWidget(Pill("Internal", "warn"))
        else:
            head.addWidget(Pill("To requester", "accent"))
        head.addWidget(self._when)
        if ticked and row.stage is not None:
            head.addWidget(Tick(row.stage))
        head.addStretch(1)
        text = MarkdownView(row.body, names=dict(row.names))
        text.setMaximumWidth(_TEXT_WIDTH)
        text.ticket_wanted.connect(self.ticket_wanted)
        text.record_wanted.connect(self.record_wanted)
        self._versions: Versions | None = None
        self._tiles: Tiles | None = None
        words = self._words = QVBoxLayout()
        words.setSpacing(3)
        words.addLayout(head)
        words.addWidget(text)
        self._files_at = words.count()
        self._tools = QHBoxLayout()
        self._tools.setSpacing(8)
        self._tools.setContentsMargins(0, 0, 0, 0)
        if not description:
            self._add_tool("Reply", "arrow-bend-up-left", self.reply_wanted)
        if own or description:
            self._add_tool("Edit", "pencil-simple", self.edit_wanted)
        if row.edited_at is not None:
            self._add_tool("Edits", "clock-counter-clockwise", self.versions_wanted)
        self._tools.addStretch(1)
        words.addLayout(self._tools)
        line = QHBoxLayout(self)
        line.setContentsMargins(43 if level else 8, 6 if self._internal else 0, 8, 4 if self._internal else 0)
        line.setSpacing(12)
        line.addWidget(Avatar(name, 24 if level else 32), 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(words, 1)

    def set_workable(self, workable: bool) -> None:
        """Offer reply and edit, or not."""
        for tool in self.findChildren(_Tool):
            tool.setEnabled(workable)

    @property
    def comment(self) -> CommentRow:
        """What is shown."""
        return self._row

    def show_files(self, rows: Sequence[FileRow], make: Callable[[], Tiles]) -> None:
        """Show these files below the text, in tiles that `make` makes when there are any."""
        if self._tiles is None:
            if not rows:
                return
            self._tiles = make()
            self._tiles.setMaximumWidth(_TEXT_WIDTH)
            self._words.insertWidget(self._files_at, self._tiles)
        self._tiles.show_rows(rows, workable=False)
        self._tiles.setVisible(bool(rows))

    def show_versions(self, rows: Sequence[VersionRow]) -> None:
        """Show what it said before, or put that away."""
        if self._versions is not None:
            self._versions.hide()
            self._versions.deleteLater()
            self._versions = None
            return
        self._versions = Versions(rows)
        self._words.addWidget(self._versions)

    def flash(self) -> None:
        """Mark it for a moment, so that the eye finds it."""
        self._marked = True
        self.update()
        QTimer.singleShot(_MARKED_MS, self, self._unmark)

    def _unmark(self) -> None:
        self._marked = False
        self.update()

    def tell_age(self) -> None:
        """Write the age anew."""
        at = self._row.written_at
        age = times.age(wall.now() - at)
        exact = times.dtg(at, short=abs(wall.now() - at) < 20 * times.DAY)
        edited = " · edited" if self._row.edited_at else ""
        self._when.setText(f"{age}{'' if age == 'now' else ' ago'} · {exact}{edited}")
        self._when.setToolTip(
            f"{times.dtg(at)}\n{times.local(at)} here"
            + (f"\nEdited {times.dtg(self._row.edited_at)}" if self._row.edited_at else "")
        )

    def _add_tool(self, text: str, name: str, signal: object) -> None:
        button = _Tool(text, name)
        button.clicked.connect(lambda _checked=False: signal.emit())  # type: ignore[attr-defined]
        self._tools.addWidget(button)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._marked:
            painter.setBrush(theme.color("selection"))
            painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
            return
        if not self._internal:
            return
        # Half as strong as the pill that stands on it.
        painter.setBrush(QColor(mix(theme.tokens.color("warn.soft"), theme.tokens.surface, 0.5)))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        painter.setBrush(theme.color("warn.mark"))
        painter.drawRect(QRectF(0, 0, 3, self.height()))


class _Tool(Button):
    """A quiet word below a comment, flush with its text."""

    HEIGHT = 22

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text, name, kind="quiet")
        self.setFont(theme.font("quiet-strong"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _padding(self) -> int:
        return 0

    def _colours(self) -> tuple[str | None, str | None, str]:
        return None, None, "faint" if not self.isEnabled() else "text" if self.underMouse() else "quiet"

    def sizeHint(self) -> QSize:
        return super().sizeHint() + QSize(10, 0)

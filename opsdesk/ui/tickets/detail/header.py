"""The head of a ticket: the way back, its number, its title to edit in place, where it stands, when it is due."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.tickets import Base, TicketCard
from opsdesk.ui.theme import theme
from opsdesk.ui.tickets.detail.chevrons import Chevrons
from opsdesk.ui.tickets.detail.due_block import DueBlock
from opsdesk.ui.tickets.list_page.place import ListPlace
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.flow_layout import FlowLayout
from opsdesk.ui.widgets.label import Label, rule
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.mark import IconMark
from opsdesk.ui.widgets.pill import Pill
from opsdesk.ui.widgets.sync_mark import SyncMark, mark_of


class Header(QWidget):
    """Signals: `back`, `step` (-1 or 1) to go along the list, `title_changed` with the new title, `event_wanted` with a
    transition, `due_wanted`, `more_wanted` for the menu, `copied` with what is on the clipboard now."""

    back = Signal()
    step = Signal(int)
    title_changed = Signal(str)
    event_wanted = Signal(str)
    due_wanted = Signal()
    more_wanted = Signal()
    copied = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.title = TitleLine()
        self.title.committed.connect(self.title_changed)
        self.chevrons = Chevrons()
        self.chevrons.wanted.connect(self.event_wanted)
        self.due = DueBlock()
        self.due.clicked.connect(lambda: self.due_wanted.emit())
        self._pills = QWidget()
        self._flow = FlowLayout(self._pills, gap=8)
        self._flow.addWidget(self.chevrons)
        policy = self._pills.sizePolicy()
        policy.setHeightForWidth(True)
        self._pills.setSizePolicy(policy)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.title)
        left.addWidget(self._pills)
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addLayout(left, 1)
        body.addWidget(self.due, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 8, 24, 14)
        column.setSpacing(6)
        column.addLayout(self._crumbs())
        column.addLayout(body)

    def _crumbs(self) -> QHBoxLayout:
        back = IconButton("arrow-left", "Back to the list", key="Esc", size=28)
        back.clicked.connect(lambda: self.back.emit())
        self._view = Button("", kind="quiet")
        self._view.setAccessibleDescription("Back to the list")
        self._view.clicked.connect(lambda: self.back.emit())
        arrow = IconMark("caret-right", size=12)
        self._number = Label("", "strong")
        self._number.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        copy = IconButton("copy", "Copy the number", key=".", size=28)
        copy.clicked.connect(self.copy_number)
        self.sync = SyncMark()
        self._note = Label("", "quiet", "quiet")
        self._fork, self._conflicts = IconMark("git-fork", "danger.text", 15), Label("", "quiet-strong", "danger")
        self.show_conflicts(0)
        self._place = Label("", "body", "quiet")
        self._up = IconButton("caret-up", "Previous in the view", key="[", size=28)
        self._down = IconButton("caret-down", "Next in the view", key="]", size=28)
        self._up.clicked.connect(lambda: self.step.emit(-1))
        self._down.clicked.connect(lambda: self.step.emit(1))
        self.more = IconButton("dots-three", "More", size=28)
        self.more.clicked.connect(lambda: self.more_wanted.emit())
        row = QHBoxLayout()
        row.setSpacing(4)
        left: tuple[QWidget, ...] = (
            back, self._view, arrow, self._number, copy, self.sync, self._fork, self._conflicts, self._note
        )  # fmt: skip
        right: tuple[QWidget, ...] = (self._place, self._up, self._down, rule(vertical=True), self.more)
        for widget in left:
            row.addWidget(widget)
        row.addStretch(1)
        for widget in right:
            row.addWidget(widget)
        return row

    def show_place(self, place: ListPlace) -> None:
        """Show where in which list the ticket stands."""
        self._view.setText(place.view)
        known = place.number > 0
        self._place.setText(f"{place.number:,} of {place.count:,}" if known else "")
        self._up.setEnabled(place.number > 1)
        self._down.setEnabled(known and place.number < place.count)

    def show_conflicts(self, count: int) -> None:
        """Say in how many fields versions wait for a choice, in place of the mark that says only that some do."""
        self._conflicts.setText(f"Conflict in {count} {'field' if count == 1 else 'fields'}" if count else "")
        for part in (self._fork, self._conflicts):
            part.setVisible(count > 0)
        if count:
            self.sync.hide()

    def show_card(self, card: TicketCard, *, joined: bool = False) -> None:
        """Show a ticket. A title that is being edited is left alone. `joined` tells of what waits for a link."""
        row = card.row
        self.sync.show_mark(mark_of(row, joined=joined))
        self._number.setText(row.number)
        self._note.setText(_note(card))
        self.title.show_text(row.title, row.base)
        self.chevrons.show_card(card)
        self.due.show_row(row)
        self._show_pills(card)

    def copy_number(self) -> None:
        """Put the number on the clipboard."""
        QGuiApplication.clipboard().setText(self._number.text())
        self.copied.emit(self._number.text())

    def _show_pills(self, card: TicketCard) -> None:
        row = card.row
        pills = [(row.priority.label, row.priority.name.lower())]
        if row.major:
            pills.insert(0, ("Major", "urgent"))
        pills += [(word, "neutral") for word in (row.type, row.unit.name if row.unit else "") if word]
        if row.exercise:
            pills.append(("Exercise", "violet"))
        if card.blockers and row.state.is_open:
            first, more = card.blockers[0].number, len(card.blockers) - 1
            pills.append((f"Blocked by {first}{f' and {more} more' if more else ''}", "warn"))
        clear_layout(self._flow, keep=1)
        for words, tone in pills:
            self._flow.addWidget(Pill(words, tone))
        self._pills.updateGeometry()


def _note(card: TicketCard) -> str:
    """What stands behind the number: how old the ticket is and where it came from."""
    age = times.age(wall.now() - card.row.occurred_at)
    old = "just now" if age == "now" else f"{age} old"
    return f"{old}, no. {card.row.external} at source" if card.row.external else old


class TitleLine(QWidget):
    """The title; pressing it, its pencil or F2 makes it a field. Signals: `committed` with the new text.

    The text in the field stays until `accepted` or Esc: an error loses nothing.
    """

    committed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._seen: Base | None = None
        self.base: Base | None = None
        """What the person saw when the field was opened."""
        self._field = QLineEdit()
        self._label = Label("", "title", wrap=True, most_lines=4)
        self._label.installEventFilter(self)
        self._label.setCursor(Qt.CursorShape.IBeamCursor)
        self._pencil = IconButton("pencil-simple", "Edit the title", key="F2", size=28)
        self._pencil.clicked.connect(self.edit)
        shown = QWidget()
        row = QHBoxLayout(shown)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._label)
        row.addWidget(self._pencil, 0, Qt.AlignmentFlag.AlignTop)
        row.addStretch(1)
        self._field.setAccessibleName("Title")
        self._field.setFont(theme.font("section"))
        self._field.setMaxLength(300)
        self._field.returnPressed.connect(self._commit)
        self._field.installEventFilter(self)
        self._problem = Label("", "quiet-strong", "danger", wrap=True)
        self._problem.hide()
        edited = QWidget()
        column = QVBoxLayout(edited)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._field)
        column.addWidget(self._problem)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(shown)
        self._pages.addWidget(edited)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    @property
    def editing(self) -> bool:
        """Whether the field is open."""
        return self._pages.currentIndex() == 1

    def show_text(self, text: str, base: Base) -> None:
        """Show a title; the field, if open, keeps what was typed and the base it was opened with."""
        self._text, self._seen = text, base
        self._label.setText(text)
        self._fit()

    def _fit(self) -> None:
        """As wide as the text, so that the pencil stands behind it; a long one wraps."""
        self._label.setFixedWidth(
            max(40, min(self._label.fontMetrics().horizontalAdvance(self._text) + 4, self.width() - 40))
        )

    def edit(self) -> None:
        """Open the field."""
        if not self.editing:
            self.base = self._seen
            self._field.setText(self._text)
            self._show_problem("")
            self._pages.setCurrentIndex(1)
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._field.selectAll()

    def accepted(self) -> None:
        """The new title is stored."""
        self._pages.setCurrentIndex(0)

    def refused(self, why: str) -> None:
        """Show why the title was not taken."""
        self._show_problem(why)

    def _commit(self) -> None:
        text = self._field.text().strip()
        if text == self._text:
            self.accepted()
        elif not text:
            self._show_problem("Give it a title")
        else:
            self.committed.emit(text)

    def _show_problem(self, why: str) -> None:
        self._problem.setText(why)
        self._problem.setVisible(bool(why))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            watched is self._label
            and isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonDblClick
        ):
            self.edit()
            return True
        if watched is self._field and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            escaped = event.key() == Qt.Key.Key_Escape
            if escaped:
                self._pages.setCurrentIndex(0)
            return escaped
        return super().eventFilter(watched, event)

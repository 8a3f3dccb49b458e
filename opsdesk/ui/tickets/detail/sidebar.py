"""The side of a ticket: what can be done, who is on it, where it is, its tags and what belongs together with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from opsdesk.services import positions, times
from opsdesk.services.tickets import RelatedRow, TicketCard
from opsdesk.ui.theme import theme
from opsdesk.ui.tickets.detail.person_line import Discs, PersonLine, Section
from opsdesk.ui.tickets.detail.related import TicketLine
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.dynamic_form import Sources
from opsdesk.ui.widgets.flow_layout import FlowLayout
from opsdesk.ui.widgets.label import ElidedLabel, Label
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.mark import IconMark
from opsdesk.ui.widgets.panel import Panel, Question
from opsdesk.ui.widgets.tip import tip

WIDTH = 288


@dataclass(frozen=True, slots=True)
class Doing:
    """One action button. `why_not` is the reason it cannot work now; empty when it can."""

    key: str
    text: str
    icon: str
    shortcut: str
    why_not: str = ""
    main: bool = False


class Sidebar(QScrollArea):
    """Signals: `wanted` with the key of an action, `ticket_wanted` with an id, `untag_wanted` with a word,
    `unwatch_wanted` with a person's `Named`, `copied` with a text that is on the clipboard now."""

    wanted = Signal(str)
    ticket_wanted = Signal(object)
    untag_wanted = Signal(str)
    unwatch_wanted = Signal(object)
    copied = Signal(str)

    def __init__(self, sources: Sources, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedWidth(WIDTH)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        body = QFrame()
        body.setProperty("surface", "window")
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.panel = Panel(sources)
        self._doings: tuple[Doing, ...] = ()
        self._buttons: dict[str, Button] = {}
        self._actions = Section("Actions", first=True)
        self._grid = QGridLayout()
        self._grid.setSpacing(8)
        self._actions.body.addLayout(self._grid)
        self._actions.body.addWidget(self.panel)
        column.addWidget(self._actions)
        column.addWidget(self._people())
        self._location = Position()
        self._location.copied.connect(self.copied)
        self._location.linked.connect(lambda: self.wanted.emit("locate"))
        column.addWidget(self._location)
        self._times = Times()
        column.addWidget(self._times)
        column.addWidget(self._tag_section())
        self._related = Section("Related", "Add")
        self._related.linked.connect(lambda: self.wanted.emit("link"))
        self._related_lines = QVBoxLayout()
        self._related_lines.setSpacing(4)
        self._related.body.addLayout(self._related_lines)
        column.addWidget(self._related)
        column.addStretch(1)
        self.setWidget(body)

    def _people(self) -> Section:
        section = Section("People")
        self._assignee, self._requester = PersonLine("Assignee"), PersonLine("Requester")
        self._discs = Discs()
        self._discs.pressed.connect(self.unwatch_wanted)
        add = self._add_watcher = IconButton("plus", "Add a watcher", size=26)
        add.clicked.connect(lambda: self.wanted.emit("watcher"))
        watchers = QHBoxLayout()
        watchers.setSpacing(6)
        self._watch_words = Label("Watchers", "body", "quiet")
        watchers.addWidget(self._watch_words)
        watchers.addStretch(1)
        watchers.addWidget(self._discs)
        watchers.addWidget(add)
        section.body.addWidget(self._assignee)
        section.body.addWidget(self._requester)
        section.body.addLayout(watchers)
        return section

    def _tag_section(self) -> Section:
        section = self._tag_links = Section("Tags", "Add")
        section.linked.connect(lambda: self.wanted.emit("tag"))
        holder = self._tag_box = QWidget()
        policy = holder.sizePolicy()
        policy.setHeightForWidth(True)
        holder.setSizePolicy(policy)
        self._tags = FlowLayout(holder, gap=6)
        self._no_tags = Label("No tags", "quiet", "quiet")
        section.body.addWidget(self._no_tags)
        section.body.addWidget(holder)
        return section

    # -- content -------------------------------------------------------------------------------------------

    def show_doings(self, doings: Sequence[Doing]) -> None:
        """Show these actions, two in a row, the main one over the whole width below."""
        if tuple(doings) == self._doings:
            return
        self._doings = tuple(doings)
        self._actions.title.setVisible(bool(doings))
        self._buttons = {}
        clear_layout(self._grid)
        small = [doing for doing in doings if not doing.main]
        for number, doing in enumerate(small):
            self._grid.addWidget(self._button(doing), number // 2, number % 2)
        for number, doing in enumerate(doing for doing in doings if doing.main):
            self._grid.addWidget(self._button(doing), len(small) // 2 + 1 + number, 0, 1, 2)

    def set_workable(self, workable: bool) -> None:
        """Let people, tags and links be changed, or only be read."""
        for widget in (
            self.panel, self._discs, self._add_watcher, self._tag_links.link, self._tag_box, self._related.link,
            self._location.link,
        ):  # fmt: skip
            widget.setEnabled(workable)

    def button(self, key: str) -> Button | None:
        """The button of an action, if it is shown."""
        return self._buttons.get(key)

    def show_panel(self, question: Question) -> None:
        """Ask something right below the actions."""
        self.panel.ask(question)
        self.ensureWidgetVisible(self.panel)

    def _button(self, doing: Doing) -> Button:
        button = Button(doing.text, doing.icon, key=doing.shortcut)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setMinimumWidth(0)
        button.setEnabled(not doing.why_not)
        button.setToolTip(doing.why_not or f"{doing.text}  ({doing.shortcut})")
        button.setAccessibleDescription(doing.why_not)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False: self.wanted.emit(doing.key))
        self._buttons[doing.key] = button
        return button

    def show_card(self, card: TicketCard) -> None:
        """Show people, place, times and tags of a ticket."""
        row = card.row
        unit = row.unit.name if row.unit else ""
        self._assignee.show_person(
            row.assignee.name if row.assignee else "", unit, nobody=f"Queue of {unit or 'nobody'}"
        )
        requester = row.requester.name if row.requester else card.contact or ""
        self._requester.show_person(
            requester, card.requester_unit.name if card.requester_unit else "", nobody="Unknown"
        )
        self._discs.show_people(card.watchers)
        self._watch_words.setText("Watchers" if card.watchers else "Nobody watches")
        self._location.show_card(card)
        self._times.show_card(card)
        self._show_tags(row.tags)

    def _show_tags(self, words: Sequence[str]) -> None:
        clear_layout(self._tags)
        self._no_tags.setVisible(not words)
        for word in words:
            chip = TagChip(word)
            chip.clicked.connect(lambda _checked=False, word=word: self.untag_wanted.emit(word))
            self._tags.addWidget(chip)

    def show_related(self, card: TicketCard, related: Sequence[RelatedRow]) -> None:
        """Show the linked tickets and those that may belong together with this one."""
        clear_layout(self._related_lines)
        lines = [
            (link.ticket, link.title, link.number, link.words.capitalize(), link.priority)
            for link in card.links
            if link.priority is not None
        ]
        lines += [(row.ticket, row.title, row.number, row.reason, row.priority) for row in related]
        for ticket, title, number, reason, priority in lines[:8]:
            line = TicketLine(title, number, reason, priority)
            line.clicked.connect(lambda _checked=False, ticket=ticket: self.ticket_wanted.emit(ticket))
            self._related_lines.addWidget(line)
        if not lines:
            self._related_lines.addWidget(Label("Nothing like it is open", "quiet", "quiet"))


class TagChip(Button):
    """A tag; pressing it takes the tag off."""

    HEIGHT = 24

    def __init__(self, word: str) -> None:
        super().__init__(word, "x")
        self.setFont(theme.font("quiet"))
        self.setToolTip(tip(f"Take the tag “{word}” off"))
        self.setAccessibleName(f"Tag {word}, take it off")

    def _padding(self) -> int:
        return 7


class Position(Section):
    """Where it is: grid and degrees to copy, the place, how exact it is and what speaks against it.

    Signals: `copied` with the text that is on the clipboard now.
    """

    copied = Signal(str)

    def __init__(self) -> None:
        super().__init__("Location", "Change")
        self.link.setToolTip("Say where it is, by name, in writing or on the map  (F4)")
        pin = IconMark("map-pin", size=18)
        self._grid = ElidedLabel("", "strong")
        self._copy = IconButton("copy", "Copy the position", size=26)
        self._copy.clicked.connect(self._copy_position)
        self._degrees = ElidedLabel("", "quiet", "quiet")
        self._place = Label("", "quiet", "quiet", wrap=True)
        self._doubt = Label("", "quiet-strong", "warn", wrap=True)
        words = QVBoxLayout()
        words.setSpacing(3)
        for label in (self._grid, self._degrees, self._place, self._doubt):
            words.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(pin, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(row)

    def show_card(self, card: TicketCard) -> None:
        """Show the position of a ticket, as far as it is known."""
        row = card.row
        at = row.position
        known = at is not None
        words = card.location or ""
        place = words if row.place in words else ", ".join(part for part in (row.place, words) if part)
        grid = (card.grid or positions.mgrs(at.lat, at.lon, 4)) if at else ""
        degrees = positions.latlon(at.lat, at.lon) if at else ""
        exact = f"±{card.accuracy_m:,.0f} m" if card.accuracy_m else ""
        source = positions.source_words(card.position_source)
        self._grid.setText(grid or degrees or place or "No position")
        self._grid.set_tone("text" if known or place else "quiet")
        self._degrees.setText(degrees if grid else "")
        self._degrees.setVisible(bool(self._degrees.text()))
        self._place.setText(
            ", ".join(part for part in (place if place != grid else "", exact, source) if part) if known else ""
        )
        self._place.setVisible(bool(self._place.text()))
        self._doubt.setText(f"In doubt: {card.position_doubt}" if card.position_doubt else "")
        self._doubt.setVisible(bool(card.position_doubt))
        self._copy.setVisible(known)

    def _copy_position(self) -> None:
        QGuiApplication.clipboard().setText(self._grid.text())
        self.copied.emit(self._grid.text())


class Times(Section):
    """When it happened, was written down and last changed."""

    def __init__(self) -> None:
        super().__init__("Times")
        self._lines: dict[str, Label] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        for number, (key, word) in enumerate(
            (("happened", "Happened"), ("created", "Recorded"), ("updated", "Changed"), ("waits", "Waits until"))
        ):
            name, line = Label(word, "quiet", "quiet"), Label("", "body")
            grid.addWidget(name, number, 0)
            grid.addWidget(line, number, 1, Qt.AlignmentFlag.AlignRight)
            self._lines[key] = line
            line.setBuddy(name)
        self._grid = grid
        self.body.addLayout(grid)

    def show_card(self, card: TicketCard) -> None:
        """Show the times of a ticket; a time that says nothing new is left out."""
        row = card.row
        moments: dict[str, int | None] = {
            "happened": row.occurred_at,
            "created": row.created_at if abs(row.created_at - row.occurred_at) > times.MINUTE else None,
            "updated": row.updated_at if abs(row.updated_at - row.created_at) > times.MINUTE else None,
            "waits": card.waiting_until,
        }
        for number, (key, at) in enumerate(moments.items()):
            label = self._lines[key]
            known = isinstance(at, int)
            label.setText(times.dtg(at) if isinstance(at, int) else "")
            label.setToolTip(f"{times.local(at)} here" if isinstance(at, int) else "")
            for column in (0, 1):
                item = self._grid.itemAtPosition(number, column)
                if item is not None and (widget := item.widget()) is not None:
                    widget.setVisible(known)

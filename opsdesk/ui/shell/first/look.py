"""Setting up this station: how it works, what its numbers carry, how it looks, and one key to begin.

It covers the window at the first start, and comes back when somebody who works alone wants to join a post.
"""

from __future__ import annotations

import asyncio
from typing import Any

import shiboken6
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QProgressBar, QScrollArea, QVBoxLayout, QWidget

from opsdesk.services import joining
from opsdesk.services.errors import OpsDeskError
from opsdesk.ui.shell.first.join_form import JoinForm
from opsdesk.ui.shell.first.map_side import MapSide
from opsdesk.ui.shell.first.parts import MarkedField, Note, WayCard
from opsdesk.ui.shell.theme_choice import ThemeChoice
from opsdesk.ui.theme.current import STATUSBAR_HEIGHT
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import Label, surface
from opsdesk.ui.widgets.overlay import turn_focus

SEEN_SETTING = "shell.first_look_seen"
WIDTH = 560


class FirstLook(QWidget):
    """Covers the window until the person begins. Signals: `joined` when a post was joined, then `begun`."""

    begun = Signal()
    joined = Signal()

    def __init__(self, host: QWidget, desk: Any, shell: Any, *, later: bool = False) -> None:
        """`later`: somebody who has worked with this station wants to join a post; Esc goes back."""
        super().__init__(host)
        self._desk, self._shell, self._later = desk, shell, later
        self._task: asyncio.Task[None] | None = None
        self.setAccessibleName("Join a post" if later else "Set up this station")
        self.map = MapSide(desk.tag)
        self.form = JoinForm(desk, desk.tag)
        self.tag = MarkedField("Station tag")
        self.tag_note = Note()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.map, 36)
        row.addWidget(self._side(), 64)
        host.installEventFilter(self)
        self._place()
        self._connect()
        self._choose()

    # Building

    def _side(self) -> QWidget:
        inner = QWidget()
        inner.setMaximumWidth(WIDTH)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addStretch(2)
        column.addWidget(Label("Join a post" if self._later else "Set up this station", "title"))
        said = "Takes about a minute. You can change all of it later in Settings."
        column.addWidget(Label("You go on working with all that is here." if self._later else said, "body", "quiet"))
        column.addSpacing(12)
        self._ways = self._add_ways(column)
        column.addWidget(self.form)
        column.addSpacing(10)
        self._add_tag(column)
        column.addSpacing(10)
        self._add_theme(column)
        self._add_foot(column)
        column.addStretch(3)
        side = surface("panel")
        sides = QHBoxLayout(side)
        sides.setContentsMargins(32, 12, 32, 12)
        sides.addStretch(1)
        sides.addWidget(inner, 1000)
        sides.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(side)
        return scroll

    def _add_ways(self, column: QVBoxLayout) -> QButtonGroup:
        group = QButtonGroup(self)
        self.alone = WayCard("laptop", "Work alone", ("Start with an empty desk.", "Join a post any time later."))
        self.join = WayCard(
            "users-three", "Join a post", ("Get its tickets, units and people", "from a post you belong to.")
        )
        row = QHBoxLayout()
        row.setSpacing(16)
        for card in (self.alone, self.join):
            group.addButton(card)
            if not self._later:
                row.addWidget(card)
        if not self._later:
            column.addLayout(row)
            column.addSpacing(10)
        (self.join if self._later else self.alone).setChecked(True)
        return group

    def _add_tag(self, column: QVBoxLayout) -> None:
        column.addWidget(Label("Station tag", "medium"))
        self.tag.setText(self._desk.tag)
        self.tag.setFixedWidth(160)
        self.tag.setMaxLength(6)
        self._free = Label("", "quiet", "quiet")
        self._number = Label("", "strong")
        self.use_other = Button("", kind="link")
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self._free)
        words.addWidget(self._number)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(self.tag)
        row.addLayout(words)
        row.addWidget(self.use_other)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self.tag_note)

    def _add_theme(self, column: QVBoxLayout) -> None:
        self.themes = ThemeChoice(str(self._shell.preferences.get("look.theme")))
        self.themes.chosen.connect(lambda name: self._shell.preferences.set("look.theme", name))
        if self._later:
            self.themes.setParent(self)
            self.themes.hide()
            return
        column.addWidget(Label("Theme", "medium"))
        column.addWidget(self.themes)
        column.addSpacing(8)

    def _add_foot(self, column: QVBoxLayout) -> None:
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(150)
        self.progress.hide()
        self.said = Label("", "quiet", "quiet", wrap=True)
        self.said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.cancel = Button("Cancel", key="Esc")
        self.start = Button("Join" if self._later else "Start", kind="primary", key="Enter")
        foot = QHBoxLayout()
        foot.setSpacing(16)
        foot.addWidget(self.progress)
        foot.addWidget(self.said, 1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.start)
        column.addLayout(foot)

    def _connect(self) -> None:
        self.join.toggled.connect(self._choose)
        self.join.clicked.connect(lambda: (self.form.first_missing() or self.form.code).setFocus())
        self.form.found.connect(self._found)
        self.form.refused.connect(self._show_tag_error)
        self.tag.textEdited.connect(self._tag_typed)
        self.use_other.clicked.connect(self._use_other)
        self.start.clicked.connect(self.begin)
        self.cancel.clicked.connect(self.back)
        for field in (self.form.address, self.form.code, self.tag):
            field.returnPressed.connect(self.begin)

    # Showing

    def open(self) -> None:
        """Come to the front and take the keyboard."""
        self.show()
        self.raise_()
        (self.form.first_missing() or self.form.code if self._later else self.alone).setFocus()

    def _choose(self) -> None:
        joins = self.join.isChecked()
        self.form.setVisible(joins)
        if joins:
            self.form.look_up()
        else:
            self.form.stop()
        self._show_tag()
        self._show_foot()

    def _found(self, found: joining.Found | None) -> None:
        self.map.show_post("" if found is None else found.post)
        self._show_tag()

    def _tag_typed(self, text: str) -> None:
        if text != text.upper():
            at = self.tag.cursorPosition()
            self.tag.setText(text.upper())
            self.tag.setCursorPosition(at)
        if self.join.isChecked():
            self.form.set_tag(self.tag.text())
        self._show_tag()

    def _use_other(self) -> None:
        self.tag.setText(self.use_other.property("tag"))
        self._tag_typed(self.tag.text())
        self.form.look_up()
        self.start.setFocus()

    def _show_tag(self) -> None:
        found = self.form.what if self.join.isChecked() else None
        tag = self.tag.text().strip()
        taken = found is not None and found.tag_taken
        if taken and found is not None:
            self._offer(found.tag)
            self.tag_note.say("danger", "", f"Another station at {found.post} has the tag {tag}.")
        else:
            self.use_other.hide()
            self.tag_note.say("", "")
        self.tag.set_mark("danger" if taken else "good" if found is not None else "")
        self._free.setText(
            "Free. Your numbers will look like" if found and not taken else "Your numbers will look like"
        )
        self._number.setText(f"T-{tag or '…'}-00001")
        self.map.show_tag(tag or self._desk.tag)

    def _show_tag_error(self, error: joining.NotJoined) -> None:
        if error.offered:
            self._offer(error.offered)
        self.tag_note.say("danger", "", str(error))
        self.tag.set_mark("danger")
        self.tag.setFocus()

    def _offer(self, tag: str) -> None:
        self.use_other.setText(f"Use {tag}")
        self.use_other.setProperty("tag", tag)
        self.use_other.show()

    def _show_foot(self, words: str = "", done: int = 0, of: int = 0) -> None:
        busy = self._task is not None
        joins = self.join.isChecked()
        self.progress.setVisible(busy)
        self.progress.setRange(0, of)
        self.progress.setValue(done)
        sent = f"Nothing that you wrote is sent before you press {self.start.text()}"
        self.said.setText(words or (sent if joins else "Nothing is sent. Everything is kept on this machine."))
        on_cancel = self.cancel.hasFocus()
        self.cancel.setVisible(busy or self._later)
        # The keyboard stays where Esc and Enter do what they say.
        if busy and not on_cancel:
            self.cancel.setFocus()
        self.start.setEnabled(not busy)
        for part in (self.alone, self.join, self.form, self.tag, self.use_other):
            part.setEnabled(not busy)
        if not busy and on_cancel:
            self.start.setFocus()

    def _show_progress(self, words: str, done: int, of: int) -> None:
        if shiboken6.isValid(self) and self._task is not None:
            self._show_foot(words, done, of)

    # Doing

    def begin(self) -> None:
        """Begin to work, alone or with the post that was found."""
        if self._task is not None or not self.isVisible():
            return
        try:
            tag = joining.read_tag(self.tag.text())
        except joining.NotJoined as error:
            self._show_tag_error(error)
            return
        if not self.join.isChecked() and tag == self._desk.tag:
            self._end()
            return
        if not self.join.isChecked():
            self._shell.bridge.then(
                self._desk.background(lambda database, now: joining.choose_tag(database, now, tag)),
                lambda _done: self._end(),
                owner=self,
            )
            return
        missing = self.form.first_missing()
        if missing is not None:
            self.form.say_missing()
            missing.setFocus()
            return
        self.form.stop()
        self._task = asyncio.get_running_loop().create_task(self._join(tag))
        self._show_foot("Asking the post")

    async def _join(self, tag: str) -> None:
        loop = asyncio.get_running_loop()

        def progress(words: str, done: int, of: int) -> None:
            # It comes from the writing thread too.
            loop.call_soon_threadsafe(self._show_progress, words, done, of)

        try:
            found = self.form.what or await joining.find(
                self._desk, self.form.address.text(), self.form.code.text(), tag=tag
            )
            joined = await joining.join(self._desk, found, tag, progress=progress)
            if self._task is None or self._task.cancelling():
                return  # the window is closing; the next start goes on as the one who joined
            # The one before, if any, speaks with the old token.
            await self._desk.link.stop()
            self._desk.link.start()
        except OpsDeskError as error:
            self._task = None
            self._show_foot()
            self.form.show_error(error)
            return
        except asyncio.CancelledError:
            self._task = None
            self._show_foot()
            raise
        self._task = None
        self.joined.emit()
        waiting = "" if not joined.waiting else " What was made here goes out now."
        self._shell.toasts.show_toast(f"Joined {joined.post} as {joined.person}, {joined.unit}.{waiting}", tone="good")
        self._end()

    def _end(self) -> None:
        self._desk.settings.set(SEEN_SETTING, True)
        self._leave()

    def _leave(self) -> None:
        self.form.stop()
        self.hide()
        self.begun.emit()

    def back(self) -> None:
        """Stop what is under way; where nothing is, go back to working alone."""
        if self._task is not None:
            self._task.cancel()
        elif self._later:
            self._leave()
        elif self.join.isChecked():
            self.alone.setChecked(True)
            self.alone.setFocus()
        else:
            self.begin()

    # Qt

    def event(self, event: QEvent) -> bool:
        # No shortcut acts on what cannot be seen yet.
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        way = self._ways.checkedButton() if not self._later else None
        stops = [way, self.form.address, self.form.code, self.tag, self.use_other, self.themes, self.cancel, self.start]
        return turn_focus([stop for stop in stops if stop is not None], forward)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.begin()
        elif event.key() == Qt.Key.Key_Escape:
            self.back()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # nothing behind it may be pressed

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parentWidget() and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        host = self.parentWidget()
        assert host is not None
        # The bar at the bottom goes on saying how the link stands.
        self.setGeometry(host.rect().adjusted(0, 0, 0, -STATUSBAR_HEIGHT))

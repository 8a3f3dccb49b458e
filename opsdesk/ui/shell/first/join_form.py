"""Joining a post as a form: its address, the code, and what was found by them, looked up as soon as both are whole."""

from __future__ import annotations

import asyncio
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.services import joining
from opsdesk.services.errors import OpsDeskError
from opsdesk.ui.shell.first.code_field import CodeField
from opsdesk.ui.shell.first.parts import MarkedField, Note
from opsdesk.ui.widgets.label import Label

SETTLE_MS = 350
ADDRESS_SETTING = "station.post_address"


class JoinForm(QWidget):
    """Signals: `found` with what the code stands for, or None; `refused` with a NotJoined that is about the tag."""

    found = Signal(object)
    refused = Signal(object)

    def __init__(self, desk: Any, tag: str) -> None:
        super().__init__()
        self._desk, self._tag = desk, tag
        self._found: joining.Found | None = None
        self._task: asyncio.Task[None] | None = None
        self.address = MarkedField("Address of the post")
        self.address.setPlaceholderText("post.example:8471")
        self.address.setText(desk.settings.get(ADDRESS_SETTING, ""))
        self.code = CodeField()
        self.address_note, self.note, self.brings, self.warning = Note(), Note(retain=True), Note(), Note()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addLayout(_heading("Address of the post", "Both from whoever runs the post"))
        column.addWidget(self.address)
        column.addWidget(self.address_note)
        column.addSpacing(9)
        column.addLayout(_heading("Code from the post", "Good once, within a week"))
        column.addWidget(self.code)
        for note in (self.note, self.brings, self.warning):
            column.addWidget(note)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self.look_up)
        self.address.textEdited.connect(self._typed)
        self.code.changed.connect(self._typed)

    @property
    def what(self) -> joining.Found | None:
        """What the code stands for; None while that is not known."""
        return self._found

    @property
    def looking(self) -> bool:
        """Whether the post is being asked."""
        return self._task is not None

    def set_tag(self, tag: str) -> None:
        """Ask for another tag."""
        self._tag = tag
        self._typed()

    def first_missing(self) -> QWidget | None:
        """The first field that is not filled in yet."""
        if not self.address.text().strip():
            return self.address
        return None if self.code.complete else self.code

    def say_missing(self) -> None:
        """Say what is not filled in yet, at its place."""
        if not self.address.text().strip():
            self._show_error(joining.NotJoined("address", "Type the address of the post first", joining.ADDRESS))
        elif not self.code.complete:
            count = len(self.code.text())
            text = f"{count} of {joining.CODE_LETTERS} letters are here" if count else "Type or paste the code first"
            self._show_error(joining.NotJoined("code", text, joining.CODE))

    def look_up(self) -> None:
        """Ask the post what the code stands for, as soon as there is something to ask with."""
        self._settle.stop()
        if self.first_missing() is None:
            self.stop()
            self._task = asyncio.get_running_loop().create_task(self._look_up())

    def stop(self) -> None:
        """Ask no more."""
        self._settle.stop()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    def show_error(self, error: Exception) -> None:
        """Show why it did not go on, at its place."""
        self._set(None)
        self._show_error(error)

    def _typed(self, _text: str = "") -> None:
        self.stop()
        self._set(None)
        self._clear()
        self._settle.start()

    def _clear(self) -> None:
        for note in (self.address_note, self.note, self.brings, self.warning):
            note.say("", "")
        self.address.set_mark("")
        self.code.set_wrong(False)

    def _set(self, found: joining.Found | None) -> None:
        if found is not self._found:
            self._found = found
            self.found.emit(found)

    async def _look_up(self) -> None:
        self._clear()
        self.note.say("quiet", "Looking for the post", "…")
        mine = asyncio.current_task()
        try:
            found = await joining.find(self._desk, self.address.text(), self.code.text(), tag=self._tag)
        except OpsDeskError as error:
            self._show_error(error)
        else:
            self._desk.settings.set(ADDRESS_SETTING, self.address.text().strip())
            self._show(found)
            self._set(found)
        finally:
            if self._task is mine:
                self._task = None

    def _show(self, found: joining.Found) -> None:
        self._clear()
        self.address.set_mark("good")
        copied = "1 ticket to copy" if found.tickets == 1 else f"{found.tickets:,} tickets to copy"
        self.note.say("good", f"Found {found.post}", f"as {found.person}, {found.unit} · {copied}")
        self.brings.say(*_brings(found))
        self.warning.say(*_warning(found))

    def _show_error(self, error: Exception) -> None:
        self._clear()
        field = getattr(error, "field", None)
        if field == joining.TAG:
            self.refused.emit(error)
            return
        note = self.address_note if field == joining.ADDRESS else self.note
        note.say("danger", "", str(error))
        if field == joining.ADDRESS:
            self.address.set_mark("danger")
        elif field == joining.CODE:
            self.code.set_wrong(True)


def _heading(text: str, hint: str) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(Label(text, "medium"))
    row.addStretch(1)
    row.addWidget(Label(hint, "quiet", "quiet"))
    return row


def _brings(found: joining.Found) -> tuple[str, str, str]:
    if found.again:
        return "good", "", "This station was here before. What waits to be sent stays and goes out."
    if not found.brings.records:
        return "", "", ""
    count = found.brings.tickets
    tickets = {0: "What was made here comes along", 1: "The ticket made here comes along"}
    return "good", "", f"{tickets.get(count, f'The {count:,} tickets made here come along')}. Nothing is lost."


def _warning(found: joining.Found) -> tuple[str, str, str]:
    said = []
    if found.clock_off_ms:
        minutes = abs(found.clock_off_ms) // 60_000
        by = f"{minutes // 60:,} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
        way = "ahead of" if found.clock_off_ms > 0 else "behind"
        said.append(f"This machine's clock is {by} {way} the post's. Records carry its time: set it right.")
    if found.withheld:
        tickets = "One ticket is" if found.withheld == 1 else f"{found.withheld:,} tickets are"
        arrive = "it arrives" if found.withheld == 1 else "they arrive"
        said.append(f"{tickets} marked as major, which {found.person} may not do there: {arrive} without the mark.")
    return ("warn", "", " ".join(said)) if said else ("", "", "")

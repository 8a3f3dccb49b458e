"""Where a comment is written: Markdown, internal or for the requester, kept as a draft, never lost on an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QKeyEvent, QPainter, QPaintEvent, QTextCursor
from PySide6.QtWidgets import QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from opsdesk.services import forms
from opsdesk.services.canned import About
from opsdesk.services.files import FileRow, Prepared
from opsdesk.services.mentions import Blind
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.attachment_strip import KeptFiles, is_file
from opsdesk.ui.widgets.composer.audience import INTERNAL, Audience
from opsdesk.ui.widgets.composer.blind_line import BlindLine
from opsdesk.ui.widgets.composer.completion import Completion
from opsdesk.ui.widgets.composer.flight import Flight
from opsdesk.ui.widgets.composer.foot import Foot
from opsdesk.ui.widgets.composer.mention_text import MentionText
from opsdesk.ui.widgets.composer.reply_line import ReplyLine
from opsdesk.ui.widgets.composer.sources import WritingSources
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.draft_keeper import DraftKeeper
from opsdesk.ui.widgets.markdown_view import MarkdownView
from opsdesk.ui.widgets.shortcuts import SUBMIT, on_keys

_HINT = "Write a note. Markdown works, @ names somebody, # a ticket, :: puts in a text."
_SENDING = "Sending …"


class Composer(QWidget):
    """The box. Signals: `submitted` with body, visibility, the id of the comment replied to (or None) and the place,
    `draft_kept` when what is typed is on the disk, `mentions_changed` with the text when others are mentioned in it,
    `access_wanted` with the person who is to be given it, `given_up` when an edit of a comment is left as it is.

    The text stays until `sent` is called with that place; `refused` shows why it was not taken. Either may come when
    the box stands at another place; what was typed since the submit stays in any case.
    """

    submitted = Signal(str, str, object, str)
    draft_kept = Signal()
    mentions_changed = Signal(str)
    access_wanted = Signal(object)
    given_up = Signal()

    def __init__(
        self, desk: Any, bridge: Bridge, directory: Directory | None = None, parent: QWidget | None = None
    ) -> None:
        """With a `directory`, people and units are offered behind `@`, tickets behind `#` and texts behind `::`."""
        super().__init__(parent)
        self.subject: bytes | None = None
        """The ticket that is written about."""
        self._reply_to: bytes | None = None
        self._reply_name = ""
        self._flights: dict[str, Flight] = {}
        self._keeper = DraftKeeper(desk, bridge, self._content, self)
        self._keeper.saved.connect(self._draft_kept)
        self._keeper.failed.connect(lambda why: self._say(f"Draft not kept: {why}", "danger"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.setAcceptDrops(True)
        self._build(desk, bridge)
        if directory is not None:
            sources = WritingSources(directory, desk.settings)
            sources.about = lambda: About(self.subject)
            self.completion.set_sources(sources.by_sign)
            self.completion.taken.connect(sources.remember)
        self._enable()

    def _build(self, desk: Any, bridge: Bridge) -> None:
        self._who = Audience()
        self._who.chosen.connect(self._visibility_chosen)

        self._reply = ReplyLine()
        self._reply.cancelled.connect(self._leave)
        self._blind = BlindLine()
        self._blind.wanted.connect(self.access_wanted)
        self._blind.asked.connect(self.mentions_changed)

        self._text = MentionText(_HINT, lines=(1, 10))
        self._text.setProperty("kind", "bare")
        self._text.setAccessibleName("Comment")
        self._text.textChanged.connect(self._edited)
        self._text.installEventFilter(self)
        self._text.pasted_too_much.connect(lambda why: self._say(why, "warn"))
        self.files = KeptFiles(desk, bridge, foot=False)
        self.files.changed.connect(self._edited)
        self.files.settled.connect(self._files_settled)
        self.files.left.connect(self.focus)
        self._text.take_files = self.files.take_pasted
        self.completion = Completion(self._text)
        self._preview = MarkdownView()
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(self._text)
        self._pages.addWidget(self._preview)
        self._text.grown.connect(lambda: pages.setFixedHeight(self._text.height()))
        pages.setFixedHeight(self._text.height())

        self._foot = Foot()
        self._foot.mark_wanted.connect(self._wrap)
        self._foot.files_wanted.connect(self.files.choose)
        self._foot.look_turned.connect(self._show_preview)
        self._foot.send_wanted.connect(self.submit)
        self._eye, self._send = self._foot.eye, self._foot.send

        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(6)
        column.addWidget(self._who)
        column.addWidget(self._reply)
        column.addWidget(pages)
        column.addWidget(self.files)
        column.addWidget(self._blind)
        column.addWidget(self._foot)
        on_keys(self, SUBMIT, self.submit)
        on_keys(self, ("Ctrl+Shift+I",), self.switch_visibility)

    # -- content -------------------------------------------------------------------------------------------

    @property
    def text(self) -> str:
        """What is written, without blanks around it."""
        return self._text.markdown.strip()

    @property
    def visibility(self) -> str:
        """`internal` or `requester`."""
        return self._who.value

    @property
    def reply_to(self) -> bytes | None:
        """The comment that is replied to."""
        return self._reply_to

    def open(self, place: str, *, requester: str = "") -> None:
        """Write for another record from now on; what was typed for the old one stays in its draft.

        `requester` is named where it matters; without one there is nobody outside to write to.
        """
        if place == self._keeper.place:
            return
        left = self._flights.get(self._keeper.place)
        if left is not None:
            left.content = self._content() or {}
        flight = self._flights.get(place)
        self._keeper.move(place, stored=flight is not None)
        self._show_editing(None)
        self._put(flight.content if flight is not None else {})
        self._who.set_requester(requester)
        if flight is not None:
            # Its draft is on its way out; what stood here when the box left is newer than any of them.
            self._say(_SENDING)
        else:
            self._keeper.read(place, lambda drafts: self._restore(place, drafts))

    def edit(self, place: str, body: str, visibility: str, files: Sequence[FileRow] = ()) -> None:
        """Write a comment anew, with the files that it has; what was done to it before and not saved comes back."""
        self.open(place)
        self._show_editing(visibility)
        self.files.show_stored(files)
        if not self.text and place not in self._flights:
            self._put({"body": body, "visibility": visibility})
        self.focus()

    def show_blind(self, found: Sequence[Blind]) -> None:
        """Say who is mentioned and cannot read this."""
        self._blind.show_blind(found)

    def look_again(self) -> None:
        """Ask once more who can read this: somebody was given access."""
        self._blind.look(self._text.markdown, again=True)

    def set_reply(self, comment: bytes | None, author: str = "", words: str = "") -> None:
        """Reply to a comment; None replies to none."""
        self._reply_to, self._reply_name = comment, author
        self._reply.show_target(author if comment else "", words)
        if comment is not None:
            self.focus()
        self._keeper.touch()

    def switch_visibility(self) -> None:
        """From internal to the requester and back."""
        self._who.turn()

    def focus(self) -> None:
        """Put the keyboard into the text."""
        self._eye.setChecked(False)
        self._text.setFocus(Qt.FocusReason.OtherFocusReason)

    def insert(self, text: str) -> None:
        """Put a text where the cursor is; mentions in it stand as names."""
        self._text.insert_markdown(text)

    def submit(self) -> None:
        """Send what is written, if anything is."""
        place = self._keeper.place
        if not self._has_something or place in self._flights or not self.isEnabled():
            return
        if self.files.busy:
            self._send_when_read = place
            self._say("Sent as soon as the files are read …")
            return
        self._send_when_read = ""
        self._keeper.flush()
        self._flights[place] = Flight(self.text, self._reply_to, self.files.kept, self.files.off)
        self._enable()
        self._say(_SENDING)
        self.submitted.emit(self.text, self.visibility, self._reply_to, place)

    _send_when_read = ""
    """The place whose comment waits for its files."""

    def _files_settled(self) -> None:
        wanted, self._send_when_read = self._send_when_read, ""
        if wanted and wanted == self._keeper.place:
            if self.files.words:
                self._say("Not sent: a file was not taken", "warn")
            else:
                self.submit()

    @property
    def _has_something(self) -> bool:
        """Whether there is anything to send."""
        return bool(self.text or self.files.any_left or self.files.busy)

    def sent(self, place: str) -> None:
        """What was submitted at `place` is stored: only what was typed since stays."""
        flight = self._flights.pop(place, None)
        if flight is None:
            return
        if place != self._keeper.place:
            self._keeper.put(place, flight.rest(flight.content))
            return
        rest = flight.rest(self._content() or {})
        self._put({"visibility": self.visibility, **(rest or {})})
        self._keeper.touch()
        self._keeper.flush()

    def refused(self, place: str, why: str) -> bool:
        """What was submitted at `place` was not taken; the text stays, or is the draft of that place.

        Returns whether the reason could be shown here.
        """
        self._flights.pop(place, None)
        if place != self._keeper.place:
            return False
        self._enable()
        self._say(f"{why}. Your text is kept.", "danger")
        return True

    def sent_with(self, place: str) -> tuple[Prepared, ...]:
        """The files of what was submitted at `place` and is not answered yet."""
        flight = self._flights.get(place)
        return flight.files if flight is not None else ()

    def sent_without(self, place: str) -> tuple[bytes, ...]:
        """The files that the comment submitted at `place` had and is to lose."""
        flight = self._flights.get(place)
        return flight.off if flight is not None else ()

    def keep(self) -> None:
        """Save the draft now, for instance before the window closes."""
        self._keeper.flush()

    def _content(self) -> dict[str, Any] | None:
        if not self.text and self._reply_to is None and not (self.files.kept or self.files.off):
            return None
        return {
            "body": self._text.markdown,
            "visibility": self.visibility,
            "reply_to": self._reply_to.hex() if self._reply_to else None,
            "reply_name": self._reply_name,
            "files": self.files.content,
            "without": [one.hex() for one in self.files.off],
        }

    def _restore(self, place: str, drafts: tuple[forms.DraftRow, ...]) -> None:
        found = next((draft for draft in drafts if draft.place == place), None)
        if place != self._keeper.place or found is None or (self._has_something and not self._editing):
            return
        self._keeper.move(place, stored=True)
        self._put(found.content)
        self._say("Draft restored")

    def _put(self, content: Mapping[str, Any]) -> None:
        self._text.blockSignals(True)
        self._text.set_markdown(str(content.get("body", "")))
        self._text.moveCursor(QTextCursor.MoveOperation.End)
        self._text.blockSignals(False)
        self._text.grow()
        self._eye.setChecked(False)
        self._who.set_value(content.get("visibility", INTERNAL))
        self.files.set_content(content.get("files"), content.get("without"))
        reply = content.get("reply_to")
        self._reply_to = bytes.fromhex(reply) if reply else None
        self._reply_name = str(content.get("reply_name", ""))
        self._reply.show_target(self._reply_name if self._reply_to else "", "")
        if self._editing:
            self._reply.show_editing()
        self.update()
        self._say("")
        self._enable()
        self._blind.show_blind(())
        self.look_again()

    _editing = False

    def _leave(self) -> None:
        """Reply to nobody, or leave the comment that is edited as it is."""
        if self._editing:
            self._keeper.flush()
            self.given_up.emit()
        else:
            self.set_reply(None)

    # -- look ----------------------------------------------------------------------------------------------

    def _draft_kept(self) -> None:
        if self._keeper.place not in self._flights:
            self._say("Draft kept on this station")
        self.draft_kept.emit()

    def _edited(self) -> None:
        self._enable()
        self._keeper.touch()
        self._blind.look(self._text.markdown)

    def _enable(self) -> None:
        self._send.setEnabled(self._has_something and self._keeper.place not in self._flights)
        self._eye.setEnabled(bool(self.text))

    def _say(self, words: str, tone: str = "quiet") -> None:
        self._foot.say(words, tone)

    def _show_editing(self, visibility: str | None) -> None:
        """Whether a comment is written anew: who reads it is settled, and it is saved instead of sent."""
        self._editing = visibility is not None
        self._who.set_settled(self._editing)
        self._foot.set_editing(self._editing)
        if self._editing:
            self._reply.show_editing()
        else:
            self.files.show_stored(())

    def _visibility_chosen(self) -> None:
        self.update()
        if self._content() is not None:
            self._keeper.touch()

    def _show_preview(self, on: bool) -> None:
        if on:
            self._preview.set_text(self.text)
        self._pages.setCurrentIndex(1 if on else 0)
        if not on:
            self._text.setFocus(Qt.FocusReason.OtherFocusReason)

    def _wrap(self, before: str, after: str) -> None:
        self._text.wrap(before, after)
        self.focus()

    # -- Qt ------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if is_file(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.files.take_pasted(event.mimeData()):
            event.acceptProposedAction()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = painter.pen()
        focused = self._text.hasFocus()
        internal = self._who.internal
        pen.setColor(theme.color(("warn.mark" if internal else "accent") if focused else "line_strong"))
        pen.setWidthF(1.5 if focused else 1)
        painter.setPen(pen)
        painter.setBrush(theme.color("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and (self._reply_to is not None or self._editing):
            self._leave()
            return
        super().keyPressEvent(event)

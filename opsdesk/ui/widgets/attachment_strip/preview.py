"""A file looked at without leaving the program: a picture, the pages of a PDF, or a text as plain letters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QImage, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QStackedWidget, QVBoxLayout, QWidget

from opsdesk.services.errors import OpsDeskError
from opsdesk.services.files import Damaged, FileRow, NotHere, Shown
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.widgets.attachment_strip import decoding, pages, texts
from opsdesk.ui.widgets.attachment_strip.canvas import Canvas
from opsdesk.ui.widgets.attachment_strip.pages import Page
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule
from opsdesk.ui.widgets.shortcuts import on_keys


class Preview(QFrame):
    """The preview. Signals: `closed`, `step` (-1 or 1) to another file, `saved` with the FileRow, `wanted` with the
    FileRow that is to come here, `damaged` with the FileRow and the error when it is not what came."""

    closed = Signal()
    step = Signal(int)
    saved = Signal(object)
    wanted = Signal(object)
    damaged = Signal(object, object)

    def __init__(self, desk: Any, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        decoding.prepare()
        self._desk, self._bridge = desk, bridge
        self.row: FileRow | None = None
        self._page: Page | None = None
        self._open_outside: Callable[[Path], object] = _open_with_system
        self.setProperty("surface", "panel")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Preview")
        self._build()
        on_keys(self, ("Ctrl+S",), lambda: self.saved.emit(self.row) if self.row and self.row.here else None)

    def _build(self) -> None:
        self.canvas = Canvas()
        self._title = ElidedLabel("", "strong")
        self._about = ElidedLabel("", "quiet", "quiet")
        self._pages = Label("", "quiet", "quiet")
        head = QHBoxLayout()
        head.setContentsMargins(24, 6, 16, 6)
        head.setSpacing(8)
        head.addWidget(self._title, 2)
        head.addWidget(self._about, 1)
        head.addWidget(self._pages)
        self._turning = []
        for name, words, by in (("caret-up", "Page before", -1), ("caret-down", "Next page", 1)):
            turn = IconButton(name, words, size=28, key="PgUp" if by < 0 else "PgDown")
            turn.clicked.connect(lambda _checked=False, by=by: self.turn(by))
            self._turning.append(turn)
            head.addWidget(turn)
        self._zooms = []
        for name, words, key, factor in (
            ("magnifying-glass-minus", "Smaller", "-", 0.8), ("magnifying-glass-plus", "Larger", "+", 1.25),
            ("corners-out", "Fit", "0", 0.0),
        ):  # fmt: skip
            zoom = IconButton(name, words, size=28, key=key)
            zoom.clicked.connect(lambda _checked=False, factor=factor: self.canvas.zoom(factor))
            self._zooms.append(zoom)
            head.addWidget(zoom)
        self._save = IconButton("floppy-disk", "Save as…", size=28, key="Ctrl+S")
        self._save.clicked.connect(lambda: self.saved.emit(self.row))
        self._outside = IconButton("arrow-square-out", "Open with another program…", size=28)
        self._outside.clicked.connect(lambda: self._ask.setVisible(True))
        close = IconButton("x", "Close", size=28, key="Esc")
        close.clicked.connect(self.closed)
        for widget in (self._save, self._outside, close):
            head.addWidget(widget)

        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setFrameShape(QFrame.Shape.NoFrame)
        self._text.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._text.setAccessibleName("Text of the file")
        said = QWidget()
        lines = QVBoxLayout(said)
        lines.setContentsMargins(24, 24, 24, 24)
        self._said = Label("", "body", "quiet", wrap=True)
        self._fetch = Button("Fetch it", "arrow-down", key="Enter")
        self._fetch.clicked.connect(lambda: self.wanted.emit(self.row))
        lines.addWidget(self._said)
        lines.addWidget(self._fetch, 0, Qt.AlignmentFlag.AlignLeft)
        lines.addStretch(1)
        self._stack = QStackedWidget()
        for part in (said, self.canvas, self._text):
            self._stack.addWidget(part)
        self._words_page = said

        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(rule())
        column.addLayout(head)
        column.addWidget(self._question())
        column.addWidget(self._stack, 1)

    def _question(self) -> QWidget:
        self._ask = QWidget()
        row = QHBoxLayout(self._ask)
        row.setContentsMargins(24, 4, 16, 8)
        row.setSpacing(8)
        warning = "Another program will open a copy. Open it only if you know whom it is from."
        row.addWidget(Label(warning, wrap=True), 1)
        yes = Button("Open the copy")
        yes.clicked.connect(self._open)
        no = Button("Leave it", kind="quiet")
        no.clicked.connect(lambda: self._ask.setVisible(False))
        row.addWidget(yes)
        row.addWidget(no)
        self._ask.hide()
        return self._ask

    # -- what is shown -------------------------------------------------------------------------------------

    def show_row(self, row: FileRow) -> None:
        """Show a file, or what hinders it. The same file is read again only when it has come meanwhile."""
        before, self.row = self.row, row
        self._title.setText(row.name)
        self._about.setText(f"{row.size_text}, {row.state_text.lower()}")
        self.setAccessibleName(f"Preview of {row.name}")
        self._save.setEnabled(row.here)
        self._outside.setVisible(row.here and row.kind.harmless)
        if before is not None and (before.id, before.here) == (row.id, row.here):
            self._fetch.setEnabled(row.state_text != "")
            if not row.here:
                self._say(_waits(row), fetch=True)
            return
        self._page = None
        self._ask.hide()
        self._tools()
        if not row.here:
            self._say(_waits(row), fetch=True)
        elif row.kind.shown is Shown.PICTURE:
            self._read(row, decoding.PICTURE_BYTES, decoding.picture, self._picture)
        elif row.kind.shown is Shown.PDF:
            self._read_page(row, 0)
        elif row.kind.shown is Shown.TEXT:
            self._read(row, texts.TEXT_BYTES, texts.text, self._letters)
        else:
            self._say(f"A {row.kind.word} of {row.size_text} cannot be shown here. Save it to open it.")

    def forget(self) -> None:
        """Show nothing any more, and let the memory go."""
        self.row, self._page = None, None
        self.canvas.show_images(())
        self._text.clear()

    @property
    def words(self) -> str:
        """What is said in place of the file; empty while it is shown."""
        return self._said.text() if self._stack.currentWidget() is self._words_page else ""

    @property
    def page(self) -> tuple[int, int] | None:
        """The page that is shown, from 0, and how many there are."""
        return None if self._page is None else (self._page.number, self._page.count)

    def turn(self, by: int) -> None:
        """Go to another page of a PDF."""
        if self.row is not None and self._page is not None and 0 <= self._page.number + by < self._page.count:
            self._read_page(self.row, self._page.number + by)

    def _read(self, row: FileRow, most: int, make: Callable[[bytes], Any], show: Callable[[Any], None]) -> None:
        if self._stack.currentWidget() is self._words_page:
            self._say("Being opened …")

        def here(call: Callable[[Any], None]) -> Callable[[Any], None]:
            # Another file may be looked at by now.
            return lambda made: call(made) if self.row is not None and self.row.id == row.id else None

        self._bridge.then(self._desk.files.read(row.sha256, most, make), here(show), here(self._failed), owner=self)

    def _read_page(self, row: FileRow, number: int) -> None:
        self._read(row, pages.PDF_BYTES, lambda data: pages.page(data, number), self._page_drawn)

    def _picture(self, halves: tuple[QImage, ...]) -> None:
        image = halves[0]
        self.canvas.show_images(halves)
        self._stack.setCurrentWidget(self.canvas)
        self._about.setText(f"{self._about.text()}, {image.width():,} × {image.height():,}")
        self._tools()

    def _page_drawn(self, page: Page) -> None:
        self.canvas.show_images(page.images, page=True, keep=self._page is not None)
        self._page = page
        self._stack.setCurrentWidget(self.canvas)
        self._tools()

    def _letters(self, text: str) -> None:
        self._text.setPlainText(text)
        self._stack.setCurrentWidget(self._text)
        self._tools()

    def _failed(self, error: Exception) -> None:
        if not isinstance(error, OpsDeskError):
            raise error
        self._say(str(error))
        if isinstance(error, Damaged | NotHere):
            self.damaged.emit(self.row, error)

    def _say(self, words: str, *, fetch: bool = False) -> None:
        self._said.setText(words)
        self._fetch.setVisible(fetch)
        self._stack.setCurrentWidget(self._words_page)
        self._tools()

    def _tools(self) -> None:
        """Show only what has a meaning for what is shown."""
        seen = self._stack.currentWidget() is self.canvas
        for zoom in self._zooms:
            zoom.setVisible(seen)
        several = seen and self._page is not None and self._page.count > 1
        for turn in self._turning:
            turn.setVisible(several)
        self._pages.setText(f"Page {self._page.number + 1} of {self._page.count}" if several and self._page else "")

    def _open(self) -> None:
        self._ask.hide()
        row = self.row
        if row is not None and row.here and row.kind.harmless:
            future = self._desk.files.for_opening(row.sha256, row.name)
            self._bridge.then(future, self._open_outside, self._failed, owner=self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape and self._ask.isVisible():
            self._ask.hide()
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Space):
            self.closed.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.row is not None and not self.row.here:
            self.wanted.emit(self.row)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) and self._page is not None:
            self.turn(-1 if key == Qt.Key.Key_PageUp else 1)
        elif self._stack.currentWidget() is self.canvas and self.canvas.handle_key(event):
            pass
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.step.emit(-1 if key == Qt.Key.Key_Left else 1)
        elif self._stack.currentWidget() is self._text and key in (
            Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
        ):  # fmt: skip
            bar = self._text.verticalScrollBar()
            by = bar.pageStep() if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) else bar.singleStep()
            bar.setValue(bar.value() + (-by if key in (Qt.Key.Key_Up, Qt.Key.Key_PageUp) else by))
        else:
            super().keyPressEvent(event)


def _waits(row: FileRow) -> str:
    return f"{row.state_text}. It can be looked at when it has come to this desk."


def _open_with_system(path: Path) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))

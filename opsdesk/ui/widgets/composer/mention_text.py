"""A box for Markdown in which a mention stands as a name, and is written as a link with the record's id.

A mention is a run of letters that know their target. Once one of them is changed it is no mention any more, and is not
coloured as one; taking the change back makes it one again.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData, QRect, Signal
from PySide6.QtGui import QSyntaxHighlighter, QTextBlock, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QWidget

from opsdesk.services import mentions, pasting
from opsdesk.services.mentions import Mention
from opsdesk.ui.theme import follow, theme
from opsdesk.ui.widgets.long_text import LongText

_TARGET = QTextFormat.Property.UserProperty.value + 1
_LABEL = _TARGET + 1


class MentionText(LongText):
    """Signals: `pasted_too_much` with the reason why something was not pasted as it was."""

    pasted_too_much = Signal(str)

    def __init__(
        self, placeholder: str = "", *, lines: tuple[int, int] = (2, 8), parent: QWidget | None = None
    ) -> None:
        super().__init__(placeholder, lines=lines, parent=parent)
        self.take_files: Callable[[QMimeData], bool] = lambda _data: False
        """Asked first of all that is pasted or dropped; says whether it took it as files."""
        colours = _Colours(self.document())
        follow(self, colours.rehighlight)

    # -- content -------------------------------------------------------------------------------------------

    @property
    def markdown(self) -> str:
        """What is written, mentions as links."""
        lines = []
        block = self.document().begin()
        while block.isValid():
            lines.append("".join(_written(text, target, label) for text, target, label in _runs(block)))
            block = block.next()
        return "\n".join(lines)

    def set_markdown(self, text: str) -> None:
        """Show a text; its mentions stand as names."""
        self.clear()
        self.insert_markdown(text)
        self.document().clearUndoRedoStacks()

    def insert_markdown(self, text: str) -> None:
        """Put a text where the cursor is, over what is selected."""
        cursor = self.textCursor()
        cursor.beginEditBlock()
        cursor.removeSelectedText()
        for piece in mentions.pieces(text):
            if isinstance(piece, Mention):
                cursor.insertText(piece.label, _format(piece.target, piece.label))
            else:
                cursor.insertText(piece, QTextCharFormat())
        cursor.endEditBlock()
        self.setTextCursor(cursor)
        self.setCurrentCharFormat(QTextCharFormat())

    def replace(self, start: int, end: int, text: str) -> None:
        """Put Markdown in the place of the letters from `start` to `end`."""
        cursor = self.textCursor()
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        self.insert_markdown(text)

    def wrap(self, before: str, after: str) -> None:
        """Put marks around what is selected, or around the cursor."""
        cursor = self.textCursor()
        start, end = cursor.selectionStart(), cursor.selectionEnd()
        cursor.beginEditBlock()
        cursor.setPosition(end)
        cursor.insertText(after, QTextCharFormat())
        cursor.setPosition(start)
        if before.startswith("\n") and cursor.atBlockStart():
            before = before[1:]
        cursor.insertText(before, QTextCharFormat())
        cursor.endEditBlock()
        cursor.setPosition(end + len(before) + (len(after) if end > start else 0))
        self.setTextCursor(cursor)

    def before_cursor(self) -> str:
        """The line up to the cursor; what belongs to a mention is blanked out, so that it is not completed again."""
        cursor = self.textCursor()
        said = "".join(
            "\0" * units(text) if target and text == label else text for text, target, label in _runs(cursor.block())
        )
        return said.encode("utf-16-le")[: 2 * cursor.positionInBlock()].decode("utf-16-le", "ignore")

    def place_of(self, position: int) -> QRect:
        """Where a letter stands, in pixels of the box."""
        cursor = self.textCursor()
        cursor.setPosition(position)
        at = self.cursorRect(cursor)
        return at.translated(self.viewport().pos())

    # -- Qt ------------------------------------------------------------------------------------------------

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText() or source.hasHtml() or source.hasImage() or source.hasUrls()

    def insertFromMimeData(self, source: QMimeData) -> None:
        if self.take_files(source):
            return
        if source.hasText():
            found = pasting.from_text(source.text())
        else:
            found = pasting.from_html(source.html())
        if found.text:
            self.insert_markdown(found.text)
        if found.note:
            self.pasted_too_much.emit(found.note)


def units(text: str) -> int:
    """How many places a text takes in Qt's documents: those beyond the basic plane take two."""
    return len(text.encode("utf-16-le")) // 2


def _runs(block: QTextBlock) -> list[tuple[str, str, str]]:
    """The runs of one format in a line: text, target and label of a mention; both empty for plain text."""
    found: list[tuple[str, str, str]] = []
    steps = block.begin()
    while not steps.atEnd():
        run = steps.fragment()
        shape = run.charFormat()
        text, target, label = run.text(), shape.property(_TARGET) or "", shape.property(_LABEL) or ""
        if found and found[-1][1:] == (target, label) and target:
            text = found.pop()[0] + text
        # Two mentions of one record side by side have one format, and are one run.
        while target and text != label and text.startswith(label * 2):
            found.append((label, target, label))
            text = text[len(label) :]
        found.append((text, target, label))
        steps += 1
    return found


def _written(text: str, target: str, label: str) -> str:
    if target and text.startswith(label):
        return f"[{label}]({target}){text[len(label) :]}"
    return text


def _format(target: str, label: str) -> QTextCharFormat:
    shape = QTextCharFormat()
    shape.setProperty(_TARGET, target)
    shape.setProperty(_LABEL, label)
    return shape


class _Colours(QSyntaxHighlighter):
    """Colours what is a mention now; the text itself, and what can be undone of it, knows nothing of colours."""

    def highlightBlock(self, text: str) -> None:
        at = 0
        shape = QTextCharFormat()
        shape.setForeground(theme.color("link"))
        shape.setBackground(theme.color("accent.soft"))
        for run, target, label in _runs(self.currentBlock()):
            if target and run.startswith(label):
                self.setFormat(at, units(label), shape)
            at += units(run)

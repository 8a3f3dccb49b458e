"""Shows Markdown that other people wrote: no HTML, no pictures, and nothing is ever loaded from anywhere.

Numbers of tickets in the text become links of their own (`ticket:T-CP1-00042`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from PySide6.QtCore import QMimeData, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFocusEvent, QResizeEvent, QShowEvent, QTextDocument
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from opsdesk.ui.theme import follow, mix, theme

NUMBER = re.compile(r"\b[A-Z]{1,3}-[A-Z0-9]{2,5}-\d{4,}\b")
_JOINER = "\u2060"
"""Keeps a number on one line; taken out of what is copied."""
_OPENED = ("http", "https", "mailto")


def to_html(text: str) -> str:
    """Markdown as HTML. HTML in the text is shown as text; only links that cannot run anything stay links."""
    # The newline that ends a code block would be shown as an empty line.
    return str(_markdown().render(text)).replace("\n</code></pre>", "</code></pre>")


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("js-default", {"html": False, "linkify": False, "breaks": True})
    markdown.disable("image")
    markdown.core.ruler.push("ticket_numbers", _link_numbers)
    return markdown


def _link_numbers(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = _with_numbers(token.children)


def _with_numbers(tokens: Sequence[Token]) -> list[Token]:
    result: list[Token] = []
    in_link = 0
    for token in tokens:
        in_link += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if token.type != "text" or in_link or not NUMBER.search(token.content):
            result.append(token)
            continue
        at = 0
        for match in NUMBER.finditer(token.content):
            before, number = token.content[at : match.start()], match[0]
            result += [
                Token("text", "", 0, content=before),
                Token("link_open", "a", 1, attrs={"href": f"ticket:{number}"}),
                Token("text", "", 0, content=number.replace("-", f"-{_JOINER}")),
                Token("link_close", "a", -1),
            ]
            at = match.end()
        result.append(Token("text", "", 0, content=token.content[at:]))
    return result


class SafeDocument(QTextDocument):
    """A document that has no way to load anything, whatever its text asks for."""

    def loadResource(self, type: int, name: QUrl | str) -> Any:
        return None


class MarkdownView(QTextBrowser):
    """A read-only text as high as it needs to be. Signals: `ticket_wanted` with the number that was clicked."""

    ticket_wanted = Signal(str)

    def __init__(
        self, text: str = "", *, role: str = "body", tone: str = "text", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._text = text
        self._tone = tone
        self.setProperty("kind", "bare")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setOpenLinks(False)
        self.setFont(theme.font(role))
        document = SafeDocument(self)
        document.setDocumentMargin(0)
        document.setDefaultFont(theme.font(role))
        self.setDocument(document)
        self.anchorClicked.connect(self._clicked)
        follow(self, self._write)

    @property
    def text(self) -> str:
        """The Markdown that is shown."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show another text."""
        if text != self._text:
            self._text = text
            self._write()

    def _write(self) -> None:
        tokens = theme.tokens
        ground = mix(tokens.text, tokens.surface, 0.08)
        self.document().setDefaultStyleSheet(
            f"body {{ color: {tokens.color(self._tone)}; }}"
            f"a {{ color: {tokens.link}; text-decoration: none; font-weight: 500; }}"
            f"code, pre {{ background-color: {ground}; font-family: monospace; }}"
            f"blockquote {{ color: {tokens.quiet}; margin-left: 12px; }}"
            "p { margin-top: 0; margin-bottom: 6px; line-height: 140%; }"
            "li { line-height: 140%; } ul, ol { margin-top: 0; margin-bottom: 6px; margin-left: -18px; }"
            "h1, h2, h3, h4 { font-size: 14px; font-weight: 600; margin-top: 4px; margin-bottom: 4px; }"
            f"th, td {{ padding: 3px 8px; border: 1px solid {tokens.line}; }}"
        )
        self.document().setHtml(f"<body>{to_html(self._text)}</body>")
        # Only what has links to go to is worth a stop of the Tab key.
        links = "<a " in self.document().toHtml()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if links else Qt.FocusPolicy.ClickFocus)
        self._fit()

    def _fit(self) -> None:
        self.document().setTextWidth(self.viewport().width())
        height = math.ceil(self.document().size().height())
        if height != self.height():
            self.setFixedHeight(max(1, height))

    def _clicked(self, url: QUrl) -> None:
        if url.scheme() == "ticket":
            self.ticket_wanted.emit(url.path())
        elif url.scheme() in _OPENED:
            QDesktopServices.openUrl(url)

    # -- Qt ------------------------------------------------------------------------------------------------

    def loadResource(self, type: int, name: QUrl | str) -> Any:
        return None

    def createMimeDataFromSelection(self) -> QMimeData:
        copied = QMimeData()
        copied.setText(self.textCursor().selection().toPlainText().replace(_JOINER, ""))
        return copied

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        cursor = self.textCursor()
        if cursor.hasSelection() and event.reason() == Qt.FocusReason.MouseFocusReason:
            cursor.clearSelection()
            self.setTextCursor(cursor)
        super().focusOutEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(320, math.ceil(self.document().size().height()))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 16)

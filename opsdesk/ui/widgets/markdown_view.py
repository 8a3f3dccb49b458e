"""Shows Markdown that other people wrote: no HTML, no pictures, and nothing is ever loaded from anywhere.

Numbers of tickets in the text become links of their own (`ticket:T-CP1-00042`), mentions lead to their record and show
the name that it has now. A text is shown up to a length and a depth, so that none can keep the window busy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from PySide6.QtCore import QMimeData, QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFocusEvent, QResizeEvent, QShowEvent, QTextDocument
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from opsdesk.services.pasting import clean
from opsdesk.ui.theme import follow, mix, theme

NUMBER = re.compile(r"\b[A-Z]{1,3}-[A-Z0-9]{2,5}-\d{4,}\b")
_JOINER = "\u2060"
"""Keeps a number on one line; taken out of what is copied."""
_OPENED = ("http", "https", "mailto")
_RECORD = re.compile(r"(person|unit|ticket):([0-9a-f]{32})")
LENGTH_LIMIT = 40_000
"""Letters of a text that are shown at first; the rest comes by a link."""
DEPTH_LIMIT = 20
"""Levels of quotes and lists within each other; a text with deeper ones is shown as it was typed."""
_WHOLE = "whole:"


def to_html(text: str, names: Mapping[str, str] | None = None) -> str:
    """Markdown as HTML. HTML in the text is shown as text; only links that cannot run anything stay links.

    `names` holds the present label of what is mentioned, by target (`person:` and the id).
    """
    said, env = clean(text), {"names": names or {}}
    tokens = _markdown().parse(said, env)
    if any(token.level > 2 * DEPTH_LIMIT for token in tokens):
        return f"<p>{escapeHtml(said)}</p>"
    # The newline that ends a code block would be shown as an empty line.
    return str(_markdown().renderer.render(tokens, _markdown().options, env)).replace(
        "\n</code></pre>", "</code></pre>"
    )


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("js-default", {"html": False, "linkify": False, "breaks": True})
    markdown.disable("image")
    markdown.core.ruler.push("ticket_numbers", _link_numbers)
    return markdown


def _link_numbers(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children:
            token.children = _with_numbers(_with_names(token.children, state.env.get("names", {})))


def _with_names(tokens: Sequence[Token], names: Mapping[str, str]) -> list[Token]:
    """Links to records as mentions, under the name that the record has now: whatever a text calls somebody, it is
    the one whom the link names."""
    result: list[Token] = []
    label: str | None = None
    for token in tokens:
        if token.type == "link_open" and _RECORD.fullmatch(str(token.attrGet("href"))):
            token.attrSet("class", "mention")
            token.attrs.pop("title", None)
            label = names.get(str(token.attrGet("href")), "")
            result.append(token)
            if label:
                result.append(Token("text", "", 0, content=label.replace("-", f"-{_JOINER}")))
            continue
        if token.type == "link_close":
            label = None
        if not label:
            result.append(token)
    return result


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
    """A read-only text as high as it needs to be. Signals: `ticket_wanted` with the number that was clicked,
    `record_wanted` with kind (`person`, `unit`, `ticket`) and id of what is mentioned."""

    ticket_wanted = Signal(str)
    record_wanted = Signal(str, object)

    def __init__(
        self,
        text: str = "",
        *,
        names: Mapping[str, str] | None = None,
        role: str = "body",
        tone: str = "text",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._text, self._names, self._whole = text, names or {}, False
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
        # Where a link leads is told before it is followed, whatever its words say.
        self.highlighted.connect(self._tell_target)
        follow(self, self._write)

    @property
    def text(self) -> str:
        """The Markdown that is shown."""
        return self._text

    def set_text(self, text: str) -> None:
        """Show another text."""
        if text != self._text:
            self._text, self._whole = text, False
            self._write()

    def _write(self) -> None:
        tokens = theme.tokens
        ground = mix(tokens.text, tokens.surface, 0.08)
        self.document().setDefaultStyleSheet(
            f"body {{ color: {tokens.color(self._tone)}; }}"
            f"a {{ color: {tokens.link}; text-decoration: none; font-weight: 500; }}"
            f"code, pre {{ background-color: {ground}; font-family: monospace; }}"
            f"blockquote {{ color: {tokens.quiet}; margin-left: 12px; }}"
            f"a.mention {{ background-color: {mix(tokens.link, tokens.surface, 0.12)}; }}"
            "p { margin-top: 0; margin-bottom: 6px; line-height: 140%; }"
            "li { line-height: 140%; } ul, ol { margin-top: 0; margin-bottom: 6px; margin-left: -18px; }"
            "h1, h2, h3, h4 { font-size: 14px; font-weight: 600; margin-top: 4px; margin-bottom: 4px; }"
            f"th, td {{ padding: 3px 8px; border: 1px solid {tokens.line}; }}"
        )
        self.document().setHtml(f"<body>{self._body()}</body>")
        # Only what has links to go to is worth a stop of the Tab key.
        links = "<a " in self.document().toHtml()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if links else Qt.FocusPolicy.ClickFocus)
        self._fit()

    def _body(self) -> str:
        shown, rest = self._text, 0
        if not self._whole and len(shown) > LENGTH_LIMIT:
            shown, rest = shown[:LENGTH_LIMIT], len(shown) - LENGTH_LIMIT
        more = f'<p><a href="{_WHOLE}">Show {rest:,} more characters</a></p>' if rest else ""
        return to_html(shown, self._names) + more

    def _fit(self) -> None:
        self.document().setTextWidth(self.viewport().width())
        height = math.ceil(self.document().size().height())
        if height != self.height():
            self.setFixedHeight(max(1, height))

    def _clicked(self, url: QUrl) -> None:
        record = _RECORD.fullmatch(url.toString())
        if record is not None:
            self.record_wanted.emit(record[1], bytes.fromhex(record[2]))
        elif url.toString() == _WHOLE:
            self._whole = True
            self._write()
        elif url.scheme() == "ticket":
            self.ticket_wanted.emit(url.path())
        elif url.scheme() in _OPENED:
            QDesktopServices.openUrl(url)

    def _tell_target(self, url: QUrl) -> None:
        self.setToolTip(url.toDisplayString() if url.scheme() in _OPENED else "")

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


class PlainView(MarkdownView):
    """Shows words with marks of the program's own on them, such as what was added; nothing in them is Markdown."""

    def show_html(self, html: str) -> None:
        """Show HTML that the program made, with everything from a text escaped in it."""
        self._html = html
        self._write()

    _html = ""

    def _body(self) -> str:
        return f"<p>{self._html}</p>"

"""What is pasted into a text: from strangers, so bounded and cleaned; HTML becomes the words that it shows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

LIMIT: Final = 100_000
"""Letters that are pasted at once; a longer text is cut and says so."""
_SOURCE_LIMIT: Final = 4_000_000
"""Letters of HTML that are looked at."""

_HIDDEN: Final = frozenset({"script", "style", "head", "title", "template", "noscript", "object", "iframe", "svg"})
_LINES: Final = frozenset(
    {"p", "div", "br", "li", "tr", "table", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "hr"}
)
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufdd0-\ufdef\ufffc\ufffe\uffff\ud800-\udfff]")
# Signs that turn the direction of what follows make a text say something else than it holds.
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Pasted:
    """What may go into the text, and what should be said about it; empty where it went in as it was."""

    text: str
    note: str = ""


def clean(text: str) -> str:
    """A text without control signs and without signs that turn its direction; lines end in one way."""
    said = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2029", "\n").replace("\u2028", "\n")
    return _TURNING.sub("", _CONTROL.sub("", said))


def from_text(text: str) -> Pasted:
    """Plain text as it may be pasted."""
    said = clean(text[: 2 * LIMIT])
    if len(text) <= LIMIT:
        return Pasted(said)
    return Pasted(said[:LIMIT], f"Pasted the first {LIMIT:,} of {len(text):,} characters. Attach it as a file instead")


def from_html(html: str) -> Pasted:
    """The words that a piece of HTML shows, line by line; nothing of it is run, loaded or kept as HTML."""
    reader = _Words()
    reader.feed(html[:_SOURCE_LIMIT])
    reader.close()
    found = from_text(reader.text)
    if not found.text:
        return Pasted("", "There is no text in what was to be pasted")
    return found


class _Words(HTMLParser):
    """Collects what is shown. Its stack is a number, so that no depth of nesting costs anything."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._hidden = ""
        self._depth = 0

    @property
    def text(self) -> str:
        """The words, with at most one empty line between them."""
        lines = [" ".join(line.split()) for line in "".join(self._parts).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden:
            self._depth += tag == self._hidden
        elif tag in _HIDDEN:
            self._hidden, self._depth = tag, 1
        elif tag in _LINES:
            self._parts.append("\n- " if tag == "li" else "\n")
        elif tag in ("td", "th"):
            self._parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            self._depth -= tag == self._hidden
            if self._depth <= 0:
                self._hidden = ""
        elif tag in _LINES and tag not in ("br", "li", "hr"):
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._parts.append(re.sub(r"\s+", " ", data))

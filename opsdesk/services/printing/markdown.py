"""Markdown as paragraphs of a printed page: what stands on a screen in bold or in a list stands so on paper.

Nothing that a text says reaches the layout but words: HTML is text, pictures are not read, a link is printed with its
address, and whatever is too long or too deep to be laid out stands as it was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

LENGTH_LIMIT: Final = 40_000
"""Letters of a text that is laid out; a longer one stands as it was typed."""
DEPTH_LIMIT: Final = 8
"""Lists and quotes within each other that are laid out."""
_PARAGRAPH: Final = 3_000
_LINES: Final = 40

TEXT, HEADING, CODE, QUOTE, RULE = "text", "heading", "code", "quote", "rule"


@dataclass(frozen=True, slots=True)
class Block:
    """One paragraph. `markup` is in the little language of paragraphs, `depth` how far it is indented, `bullet` what
    stands before its first line (a dot or a number). A code block is plain text with its line breaks.
    """

    kind: str
    markup: str
    depth: int = 0
    bullet: str = ""


@dataclass(frozen=True, slots=True)
class Faces:
    """The fonts for stressed words, and what makes a text printable."""

    bold: str
    italic: str
    plain: Callable[[str], str]


def blocks(text: str, faces: Faces) -> tuple[Block, ...] | None:
    """The paragraphs of a text; None for one that is to stand as it was typed."""
    if len(text) > LENGTH_LIMIT:
        return None
    tokens = _markdown().parse(text)
    if any(token.level > 2 * DEPTH_LIMIT for token in tokens):
        return None
    longest = (token.content for token in tokens if token.type in ("inline", "fence", "code_block"))
    if any(len(content) > _PARAGRAPH or content.count("\n") > _LINES for content in longest):
        return None
    return tuple(_blocks(tokens, faces))


@cache
def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("js-default", {"html": False, "linkify": False, "breaks": True})
    # On paper nobody sees what was typed: "&amp;" stays, and a picture is its words.
    return markdown.disable(["image", "entity"])


def _blocks(tokens: list[Token], faces: Faces) -> Iterator[Block]:
    numbers: list[int | None] = []
    """For each list that is open, the number of its next entry; None for dots."""
    quotes, bullet, heading, cell = 0, "", False, False
    cells: list[str] = []
    for token in tokens:
        match token.type:
            case "bullet_list_open":
                numbers.append(None)
            case "ordered_list_open":
                numbers.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                numbers.pop()
            case "list_item_open":
                number = numbers[-1]
                bullet = "•" if number is None else f"{number}."
                numbers[-1] = None if number is None else number + 1
            case "blockquote_open":
                quotes += 1
            case "blockquote_close":
                quotes -= 1
            case "heading_open":
                heading = True
            case "heading_close":
                heading = False
            case "tr_open":
                cells = []
            case "tr_close":
                yield Block(TEXT, "  |  ".join(cells), len(numbers) + quotes)
            case "td_open" | "th_open":
                cell = True
            case "td_close" | "th_close":
                cell = False
            case "inline" if cell:
                cells.append(_inline(token.children or [], faces))
            case "inline":
                kind = HEADING if heading else QUOTE if quotes else TEXT
                yield Block(kind, _inline(token.children or [], faces), len(numbers) + quotes, bullet)
                bullet = ""
            case "fence" | "code_block":
                yield Block(CODE, faces.plain(token.content.rstrip("\n")), len(numbers) + quotes)
            case "hr":
                yield Block(RULE, "")


def _inline(tokens: list[Token], faces: Faces) -> str:
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    for token in tokens:
        match token.type:
            case "text":
                parts.append(_words(token.content, faces))
            case "code_inline":
                parts.append(f'<font backColor="#eef1f5">{_words(token.content, faces)}</font>')
            case "softbreak" | "hardbreak":
                parts.append("<br/>")
            case "strong_open":
                parts.append(f'<font name="{faces.bold}">')
            case "em_open":
                parts.append(f'<font name="{faces.italic}">')
            case "strong_close" | "em_close":
                parts.append("</font>")
            case "s_open":
                parts.append("<strike>")
            case "s_close":
                parts.append("</strike>")
            case "link_open":
                links.append((str(token.attrGet("href") or ""), len(parts)))
            case "link_close":
                href, since = links.pop()
                if _words(href, faces) != "".join(parts[since:]):
                    parts.append(f" ({_words(href, faces)})")
            case _:
                parts.append(_words(token.content, faces))
    return "".join(parts)


def _words(text: str, faces: Faces) -> str:
    return escape(faces.plain(text), quote=False).replace("\n", "<br/>")

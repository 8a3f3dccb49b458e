"""Texts beside each other: what a version took away and added, and both joined where they do not overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from opsdesk.sync.core.text import PARAGRAPHS, WORDS, three_way

_WORDS_LIMIT: Final = 1_500
"""Words of a stretch that are compared one by one; a longer one is told paragraph by paragraph."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text: `same` as the base, `added` or `removed` (then it stands in the base alone)."""

    kind: str
    text: str


def differences(base: str, text: str) -> tuple[Span, ...]:
    """What makes `text` of `base`, in the order of reading: paragraphs first, words within those that changed."""
    spans: list[Span] = []
    old, new = PARAGRAPHS.findall(base), PARAGRAPHS.findall(text)
    for tag, low, high, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            spans.append(Span("same", "".join(old[low:high])))
        else:
            spans += _by_words("".join(old[low:high]), "".join(new[first:last]))
    return _joined(spans)


def _by_words(base: str, text: str) -> list[Span]:
    old, new = WORDS.findall(base), WORDS.findall(text)
    if max(len(old), len(new)) > _WORDS_LIMIT:
        return [Span("removed", base), Span("added", text)]
    spans: list[Span] = []
    for tag, low, high, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            spans.append(Span("same", "".join(old[low:high])))
        else:
            spans += [Span("removed", "".join(old[low:high])), Span("added", "".join(new[first:last]))]
    return spans


def _joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Without empty spans and with neighbours of one kind in one."""
    found: list[Span] = []
    for span in spans:
        if found and found[-1].kind == span.kind:
            found[-1] = Span(span.kind, found[-1].text + span.text)
        elif span.text:
            found.append(span)
    return tuple(found)


def joined(base: str, versions: Sequence[str]) -> str | None:
    """All versions in one text, when no two of them changed the same words; None when a person must write it."""
    text = versions[0]
    for other in versions[1:]:
        merged = three_way(base, text, other, WORDS)
        if not merged.clean:
            return None
        text = merged.text
    return None if text in versions else text

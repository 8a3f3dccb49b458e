"""Three-way merging of long text, paragraph by paragraph.

A line with the empty ones behind it is a piece. Where both sides changed the same stretch of the base, or touch at one
place, they overlap: ours (what the server shows) stays there, and theirs is told, so that a person decides on those
lines only. What comes of joining word by word may be offered to that person.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Merged:
    """`text` has both sides, ours where they overlap; `wanted` has theirs there. Equal when nothing overlaps."""

    text: str
    wanted: str

    @property
    def clean(self) -> bool:
        """Whether both sides found room."""
        return self.text == self.wanted


PARAGRAPHS = re.compile(r"[^\n]*\n+|[^\n]+")
WORDS = re.compile(r"\S+\s*|\s+")
"""What a text is parted into: every piece follows the last without a gap."""
_PAIRS = 50_000
"""Beyond this many pairs of equal pieces a text is one piece: comparing costs time by them, and texts come from
strangers. A thousand different paragraphs are a thousand pairs."""


def three_way(base: str, ours: str, theirs: str, part: re.Pattern[str] = PARAGRAPHS) -> Merged:
    """Bring two edits of `base` together, piece by piece: what the server joins by itself it joins by paragraphs."""
    if theirs in (base, ours):
        return Merged(ours, ours)
    if ours == base:
        return Merged(theirs, theirs)
    pieces = [part.findall(text) for text in (base, ours, theirs)]
    counts = [Counter(lines) for lines in pieces]
    if sum(count * max(counts[1][line], counts[2][line]) for line, count in counts[0].items()) > _PAIRS:
        return Merged(ours, theirs)
    old, left, right = pieces
    shown: list[str] = []
    wanted: list[str] = []
    start = 0
    for low, high, mine, other in _hunks(old, left, right):
        shown += old[start:low] + (other or [] if mine is None else mine)
        wanted += old[start:low] + (mine or [] if other is None else other)
        start = high
    shown += old[start:]
    wanted += old[start:]
    return Merged("".join(shown), "".join(wanted))


_Change = tuple[int, int, list[str]]


def _changes(old: Sequence[str], new: Sequence[str]) -> list[_Change]:
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(low, high, list(new[first:last])) for tag, low, high, first, last in codes if tag != "equal"]


def _hunks(
    old: list[str], left: list[str], right: list[str]
) -> list[tuple[int, int, list[str] | None, list[str] | None]]:
    """Stretches of `old` that a side replaced, with each side's lines; None where that side left it as it was."""
    sides = [(change, 0) for change in _changes(old, left)] + [(change, 1) for change in _changes(old, right)]
    sides.sort(key=lambda item: (item[0][0], item[0][1], item[1]))
    groups: list[tuple[int, int, list[tuple[_Change, int]]]] = []
    for change, side in sides:
        low, high, _ = change
        # Two that touch at one place overlap as well: which comes first is for a person to say.
        if groups and low <= groups[-1][1]:
            first, last, members = groups[-1]
            groups[-1] = (first, max(last, high), [*members, (change, side)])
        else:
            groups.append((low, high, [(change, side)]))
    found = []
    for low, high, members in groups:
        both = [_side(old, low, high, [change for change, at in members if at == side]) for side in (0, 1)]
        found.append((low, high, both[0], both[1]))
    return found


def _side(old: list[str], low: int, high: int, changes: list[_Change]) -> list[str] | None:
    if not changes:
        return None
    lines: list[str] = []
    for first, last, new in changes:
        lines += old[low:first] + new
        low = last
    return lines + old[low:high]

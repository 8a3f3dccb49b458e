"""Matching as people type in a hurry: `gnr` finds Generator, and it is told which letters were taken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """How well a text was matched (higher is better) and the places of the letters that were."""

    score: float
    letters: tuple[int, ...]


def match(typed: str, text: str) -> Match | None:
    """Match every word of `typed` in `text`, in any order; None when one is not found. No word matches everything."""
    score = 0.0
    letters: set[int] = set()
    lower = text.lower()
    if len(lower) != len(text):  # a letter whose small form has two, as İ: the places would not agree
        lower = text
    for word in typed.lower().split():
        found = _word(word, lower)
        if found is None:
            return None
        score += found.score
        letters.update(found.letters)
    return Match(score - len(text) / 1000, tuple(sorted(letters)))


def _word(word: str, text: str) -> Match | None:
    at = _best_start(word, text)
    if at >= 0:
        base = 100 if at == 0 else 80 if not text[at - 1].isalnum() else 60
        return Match(base + len(word), tuple(range(at, at + len(word))))
    letters = _scattered(word, text)
    if letters is None or letters[-1] - letters[0] >= 3 * len(word):  # so far apart means nothing
        return None
    starts = sum(at == 0 or not text[at - 1].isalnum() for at in letters)
    gaps = letters[-1] - letters[0] + 1 - len(word)
    return Match(40 + 4 * starts - gaps, letters)


def _best_start(word: str, text: str) -> int:
    """Return where `word` stands in `text`, at the start of a word if it does anywhere; -1 if it does not."""
    first = at = text.find(word)
    while at > 0 and text[at - 1].isalnum():
        at = text.find(word, at + 1)
    return at if at >= 0 else first


def _scattered(word: str, text: str) -> tuple[int, ...] | None:
    """Return the places of the letters of `word` one after the other in `text`, as close together as they stand.

    The first one must begin a word of the text: letters from the midst of words match too much to mean anything.
    """
    best: tuple[int, ...] | None = None
    start = text.find(word[0])
    while start >= 0:
        if start == 0 or not text[start - 1].isalnum():
            places = [start]
            for letter in word[1:]:
                places.append(text.find(letter, places[-1] + 1))
                if places[-1] < 0:
                    return best
            if best is None or places[-1] - start < best[-1] - best[0]:
                best = tuple(places)
        start = text.find(word[0], start + 1)
    return best

"""Search words: how they become expressions of the full-text index, and which words are alike."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from opsdesk.store.work import Reader

MAX_ALIKE: Final = 40
"""Most words of the index that one fuzzy word stands for."""

_SHORTEST_BEGINNING: Final = 2
"""A beginning of one letter is searched as a word: most tickets hold a word that begins with any one letter."""
_SHORTEST_PART: Final = 3


def phrase(text: str, *, beginning: bool = False, column: str = "") -> str:
    """The expression that finds the text as it stands; `beginning` finds longer last words too."""
    last = tokens(text)[-1:]
    star = beginning and last and len(last[0]) >= _SHORTEST_BEGINNING
    said = '"' + text.replace('"', '""') + '"' + (" *" if star else "")
    return f"{column} : {said}" if column else said


def part(text: str, column: str = "") -> str | None:
    """The expression that finds a part of a number or callsign; None for text too short to have trigrams."""
    return phrase(text, column=column) if len(text) >= _SHORTEST_PART else None


def tokens(text: str) -> list[str]:
    """The text as the index splits it: runs of letters and digits, without case and accents."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in folded if not unicodedata.combining(sign))
    return [token for token in re.split(r"[\W_]+", bare) if token]


def allowed_slips(token: str) -> int:
    """How many letters may differ: none in short words and numbers, one from four letters on, two from eight."""
    return 0 if len(token) < 4 or token.isdigit() else 1 if len(token) < 8 else 2


def fuzzy(reader: Reader, text: str, column: str = "") -> str:
    """The expression that finds all words of the text or words alike."""
    groups = []
    for token in tokens(text):
        choices = [phrase(word, column=column) for word in alike(reader, token)]
        groups.append("(" + " OR ".join(choices) + ")")
    return " AND ".join(groups) if groups else phrase(text, column=column)


def alike(reader: Reader, token: str) -> list[str]:
    """`token` and the words of the index that are a slip or two away from it, the closest first.

    The first letter must be right: the index is sorted, and reading all of its words takes seconds at a million
    tickets.
    """
    from rapidfuzz.distance import OSA
    from rapidfuzz.process import extract

    slips = allowed_slips(token)
    if slips == 0:
        return [token]
    known = reader.rows(
        "SELECT term FROM ticket_fts_words WHERE term >= ? AND term < ? AND length(term) BETWEEN ? AND ?",
        (token[0], chr(ord(token[0]) + 1), len(token) - slips, len(token) + slips),
    )
    found = extract(token, [term for (term,) in known], scorer=OSA.distance, score_cutoff=slips, limit=MAX_ALIKE)
    return [token, *(word for word, _, _ in found if word != token)]

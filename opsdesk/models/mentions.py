"""Mentions in a text: a person, a unit or a ticket, as a Markdown link whose target is the record's id.

`[@Kim Lee](person:0192…)` – so a mention survives that the record is renamed, a program that knows nothing of mentions
shows the name, and nothing besides the text has to travel or be merged. The name in the text is that of the moment of
writing; whoever shows it puts the present one in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from opsdesk.models.base import Id

PERSON: Final = "person"
UNIT: Final = "unit"
TICKET: Final = "ticket"
SIGNS: Final = {PERSON: "@", UNIT: "@", TICKET: "#"}
"""What a mention of each kind begins with."""
LABEL_LIMIT: Final = 120

_TOKEN: Final = re.compile(
    r"\[([@#][^\[\]\n\\]{1,%d})\]\((person|unit|ticket):([0-9a-f]{32})\)" % LABEL_LIMIT  # noqa: UP031 - braces
)
_MARKS: Final = re.compile(r"[\[\]\\\s]+")


@dataclass(frozen=True, slots=True)
class Mention:
    """A mention: the kind of record, its id, and what stands in the text with the sign before it (`@Kim Lee`)."""

    kind: str
    record: Id
    label: str

    @property
    def token(self) -> str:
        """How it stands in the Markdown."""
        return f"[{self.label}]({self.target})"

    @property
    def target(self) -> str:
        """What the link leads to: `person:` and the id in hexadecimal."""
        return f"{self.kind}:{self.record.hex()}"


def mention(kind: str, record: Id, name: str) -> Mention:
    """The mention of a record under the name that it has now. Raises KeyError for a kind that cannot be mentioned."""
    said = _MARKS.sub(" ", name).strip()[: LABEL_LIMIT - 1].strip()
    return Mention(kind, record, SIGNS[kind] + (said or "?"))


def pieces(text: str) -> Iterator[str | Mention]:
    """A text cut into what stands between mentions and the mentions, in order. Their tokens make up the text again."""
    at = 0
    for found in _TOKEN.finditer(text):
        if found.start() > at:
            yield text[at : found.start()]
        yield Mention(found[2], bytes.fromhex(found[3]), found[1])
        at = found.end()
    if at < len(text):
        yield text[at:]


def mentions(text: str) -> tuple[Mention, ...]:
    """The mentions in a text, each record once."""
    found: dict[tuple[str, Id], Mention] = {}
    for piece in pieces(text):
        if isinstance(piece, Mention):
            found.setdefault((piece.kind, piece.record), piece)
    return tuple(found.values())


def plain(text: str, names: Mapping[str, str] | None = None) -> str:
    """A text with mentions as plain words, for exports, lists and whatever knows no links.

    `names` holds the present label by target; where it is silent the name of the moment of writing stays.
    """
    known = names or {}
    return "".join(piece if isinstance(piece, str) else known.get(piece.target, piece.label) for piece in pieces(text))

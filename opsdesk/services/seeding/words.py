"""The words that made-up tickets are put together from, read from `words.json`.

A text may hold slots in braces: a slot with a list of its own in `SLOTS` takes one of its words, `{n}` a small number,
`{km}` a larger one, `{place}` the name of the ticket's place, `{callsign}` and `{person}` somebody of its unit.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Final

_WORDS: Final[dict[str, Any]] = json.loads(files(__package__).joinpath("words.json").read_text(encoding="utf-8"))

FIRST_NAMES: Final[list[str]] = _WORDS["first_names"]
LAST_NAMES: Final[list[str]] = _WORDS["last_names"]
RANKS: Final[list[str]] = _WORDS["ranks"]
"""Ranks, the most usual first."""
UNITS: Final[list[list[str]]] = _WORDS["units"]
"""Code, name and the code of the unit above, if there is one; those above come first."""
DESKS: Final[list[str]] = _WORDS["desks"]
"""Tags of the desks that made-up numbers come from."""
PLACE_STEMS: Final[list[str]] = _WORDS["place_stems"]
PLACE_ENDS: Final[list[str]] = _WORDS["place_ends"]
PLACE_SORTS: Final[list[list[str]]] = _WORDS["place_sorts"]
"""Kinds of places and how their names are made."""
LETTERS: Final[list[str]] = _WORDS["letters"]
SLOTS: Final[dict[str, list[str]]] = _WORDS["slots"]
TITLES: Final[dict[str, list[str]]] = _WORDS["titles"]
"""Code of a ticket type → titles."""
SENTENCES: Final[list[str]] = _WORDS["sentences"]
COMMENTS: Final[list[str]] = _WORDS["comments"]
TAGS: Final[list[str]] = _WORDS["tags"]

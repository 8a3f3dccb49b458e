"""What makes two records that were made apart the same: the key of a type, a category, a place.

A desk that joins a server asks with it which of its own records the server has already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "role": ("code",),
    "ticket_type": ("code",),
    "category": ("code",),
    "field_definition": ("code",),
    "form_version": ("form", "version"),
    "unit": ("name",),
    "place": ("name", "lat", "lon"),
}
"""Table → its columns that make the key. People have none: two may bear one name."""

_DEGREES: Final = 3
"""Decimals of a position in a key: about a hundred metres."""


def key_of(table: str, values: Mapping[str, Any]) -> str | None:
    """The key of a record from its values by column; None when nothing can be the same as it."""
    parts = [values.get(name) for name in KEYS.get(table, ())]
    if not parts or parts[0] is None:
        return None
    return "|".join(_plain(part) for part in parts)


def _plain(part: Any) -> str:
    if part is None:
        return ""
    if isinstance(part, float):
        return f"{part:.{_DEGREES}f}"
    return " ".join(str(part).casefold().split())

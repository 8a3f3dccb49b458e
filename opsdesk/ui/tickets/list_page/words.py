"""Words of the ticket list: how the rows are sorted."""

from __future__ import annotations

from collections.abc import Sequence

_ORDERS = {
    "updated": "last change",
    "occurred": "time it happened",
    "age": "time it happened",
    "created": "time it was recorded",
    "received": "latest received first",
    "due": "due time",
    "place": "location",
    "external": "number at source",
    "requester": "who reported it",
}


def order_words(order: Sequence[str]) -> str:
    """Return how rows in `order` are sorted: `sorted by priority, then last change`. The last column is left out
    when it only decides among equals.
    """
    names = [name.lstrip("-") for name in order]
    if names[:1] == ["received"]:
        return _ORDERS["received"]
    words = [_ORDERS.get(name, name) for name in names if name != "received"]
    return f"sorted by {', then '.join(words[:3])}" if words else ""

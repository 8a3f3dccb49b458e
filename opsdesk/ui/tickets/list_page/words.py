"""Words of the ticket list: the fields that a filter can begin with, and how the rows are sorted."""

from __future__ import annotations

from collections.abc import Sequence

from opsdesk.services.query.fields import FIELDS as LANGUAGE
from opsdesk.ui.widgets.pick_list import Pick

_ICONS = {
    "state": "path",
    "priority": "flag",
    "assignee": "user",
    "unit": "users-three",
    "group": "tray",
    "type": "stack",
    "category": "folders",
    "place": "map-pin",
    "near": "crosshair",
    "updated": "clock-clockwise",
    "created": "calendar-plus",
    "occurred": "calendar",
    "due": "timer",
    "requester": "user-circle",
    "watcher": "eye",
    "tag": "tag",
    "number": "hash",
}

FIELDS = tuple(
    Pick(f"{field.name}:", field.label, field.help, _ICONS.get(field.name, "funnel-simple"), " ".join(field.aliases))
    for field in LANGUAGE
)

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

"""The Returned box: own changes that the server sent back, as things that a person settles one by one."""

from opsdesk.services.returned.items import Difference, Item, heads, items, settled
from opsdesk.services.returned.settling import (
    DISCARDED,
    HANDED,
    SENT,
    as_text,
    discard,
    export,
    hand_over,
    reopen,
    send_again,
)

__all__ = [
    "DISCARDED",
    "HANDED",
    "SENT",
    "Difference",
    "Item",
    "as_text",
    "discard",
    "export",
    "hand_over",
    "heads",
    "items",
    "reopen",
    "send_again",
    "settled",
]

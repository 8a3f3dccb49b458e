"""Why joining did not go on, in words for the person who tries, each at the field that it is about."""

from __future__ import annotations

from typing import Final

from opsdesk.services.errors import Refused
from opsdesk.sync.transports import LinkDown, ServerRefused

CODE, ADDRESS, TAG = "code", "address", "tag"


class NotJoined(Refused):
    """Joining did not go on; nothing has changed here. `code` is for programs, `field` one of code, address, tag."""

    def __init__(self, code: str, text: str, field: str | None = None, *, tag: str = "") -> None:
        super().__init__(text, field=field)
        self.code = code
        self.offered = tag
        """Another tag that is free, where the one that was asked for is taken."""


_REFUSALS: Final = {
    "code refused": (
        "The post does not know this code. It is good once and for a week; ask for another one if it was used.",
        CODE,
    ),
    "no rights": ("The account of this code is locked or has no rights yet. Ask whoever runs the post.", CODE),
    "device taken": (
        "The post knows this desk under another key: this data folder is a copy, or was brought back. "
        "Ask whoever runs the post to remove the device, or begin in a new data folder.",
        None,
    ),
    "proof refused": ("The post refused this desk's signature; its program may be of another version.", None),
    "unauthorised": ("The post has locked this account meanwhile. Ask whoever runs it.", CODE),
    "not found": (
        "This post's program is too old for this desk; whoever runs the post must renew it.",
        ADDRESS,
    ),
    "malformed": ("This post's program is of another version than this desk and does not understand it.", ADDRESS),
}


def refused(error: ServerRefused) -> NotJoined:
    """A refusal of the server in words."""
    if error.code == "wait":
        seconds = error.wait_s or 60
        return NotJoined("wait", f"Too many wrong codes came from here. Try again in {_time(seconds)}.", CODE)
    text, field = _REFUSALS.get(error.code, (f"The post refused: {error}", None))
    return NotJoined(error.code, text, field)


def down(error: LinkDown) -> NotJoined:
    """A link that does not hold, in words."""
    return NotJoined("no link", f"{error}. Nothing has changed here; try again when there is a link.", ADDRESS)


def _time(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return f"{seconds} s" if seconds < 90 else f"{minutes} minutes"

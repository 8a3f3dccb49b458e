"""What a person may do about the link from anywhere: try it at once, pause the exchange, go on with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsdesk.services.link import LinkKind
from opsdesk.ui.actions import Action, Actions

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk


def pause_or_resume(desk: Desk) -> None:
    """Send and fetch nothing, or go on."""
    if desk.link.state.kind is LinkKind.PAUSED:
        desk.link.resume()
    else:
        desk.link.pause()


def add_link_actions(actions: Actions, desk: Desk) -> None:
    """Put them into the palette; they are at hand once a server was joined."""

    def joined() -> bool:
        return desk.link.joined

    actions.add(
        Action("link.try", "Try the link now", desk.link.retry_now, "arrows-clockwise", enabled=joined, group="Link",
               words="sync connect network"),
        Action("link.pause", "Pause or resume the exchange", lambda: pause_or_resume(desk), "pause", enabled=joined,
               group="Link", words="sync stop start offline"),
    )  # fmt: skip

"""The keys and buttons of the detail of a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opsdesk.ui.actions import Action

if TYPE_CHECKING:
    from opsdesk.ui.tickets.detail.acts import Acts
    from opsdesk.ui.tickets.detail.detail import TicketDetail

GROUP = "Ticket"


def detail_actions(acts: Acts, detail: TicketDetail) -> tuple[Action, ...]:
    """Return what can be done while a ticket is open."""

    def action(key: str, text: str, icon: str, shortcut: str, run: Any, **more: Any) -> Action:
        more.setdefault("enabled", lambda: acts.workable)
        return Action(
            id=f"ticket.{key}", text=text, run=run, icon=icon, shortcut=shortcut, group=GROUP, **more
        )  # fmt: skip

    def loaded() -> bool:
        return detail.loaded is not None

    return (
        action("assign", "Assign…", "user-plus", "A", acts.assign, words="give hand over"),
        action("take", "Assign to me", "user-circle", "I", acts.take, words="take"),
        action("state", "Change state…", "flow-arrow", "S", acts.state, words="move"),
        action("next", "Next step", "check-circle", "Ctrl+R", acts.next, words="resolve accept start close"),
        action("snooze", "Snooze until…", "moon", "H", acts.snooze, words="wait later remind scheduled"),
        action("wait", "Wait for something…", "hourglass", "", lambda: acts.event("wait"), words="pause parts"),
        action("priority", "Set priority…", "flag", "P", acts.priority),
        action("due", "Set due time…", "clock", "D", acts.due),
        action("tag", "Tag…", "tag", "L", acts.tag, words="label"),
        action("link", "Relate to another ticket…", "link-simple", "R", lambda: acts.link_to(None), words="link"),
        action("watch", "Watch or stop watching", "eye", "W", acts.watch, words="follow"),
        action("locate", "Say where on the map…", "map-trifold", "F4", acts.locate, words="place grid position"),
        action("write", "Write a note", "chat-circle", "N", detail.write, words="comment reply"),
        action("title", "Edit the title", "pencil-simple", "F2", detail.header.title.edit, words="rename"),
        action("copy", "Copy the number", "copy", ".", detail.header.copy_number, enabled=loaded),
        action(
            "print", "Print, or save as PDF…", "printer", "Ctrl+P", acts.print, words="paper", enabled=loaded
        ),
        action("void", "Void this ticket…", "trash", "", acts.void, words="delete remove"),
        action(
            "restore", "Bring this ticket back", "arrow-counter-clockwise", "", acts.restore,
            words="unvoid undelete", enabled=lambda: loaded() and not acts.workable,
        ),
        action(
            "previous", "Previous in the view", "caret-up", "[", lambda: detail.step.emit(-1),
            listed=False, enabled=loaded,
        ),
        action(
            "following", "Next in the view", "caret-down", "]", lambda: detail.step.emit(1),
            listed=False, enabled=loaded,
        ),
    )  # fmt: skip

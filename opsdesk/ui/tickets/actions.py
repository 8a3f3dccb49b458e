"""The actions of the ticket list, with the keys of the trade: letters act only while the table has the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsdesk.ui.actions import Action
from opsdesk.ui.shell.page import Target
from opsdesk.ui.tickets.printing import open_print_panel

if TYPE_CHECKING:
    from opsdesk.ui.tickets.list_page import ListPage

MOVE, ACT, VIEW = "Move in the list", "Act on tickets", "List"


MENU = (
    "list.open", "list.peek", None,
    "list.assign", "list.take", "list.state", "list.priority", "list.tag", "list.due",
    "list.snooze", "list.unit", "list.category",
    None,
    "list.edit.cell", "list.relate", "list.watch", "list.mark", None,
    "list.map", "list.copy_number", "list.copy", "list.print", "list.export",
)  # fmt: skip
"""What a right click on a row offers; None is a line."""


def list_actions(page: ListPage) -> tuple[Action, ...]:
    """Return what can be done while the keyboard is in the table of `page`."""
    table, acts = page.table, page.acts

    def chosen() -> bool:
        return table.current_row is not None or table.marked_count > 0

    def one() -> bool:
        return table.current_row is not None

    def here() -> bool:
        return table.current_number >= 0

    def grouped() -> bool:
        return bool(table.rows.sections)

    def edit() -> None:
        page.showing.export() if table.marked_count else acts.edit()

    def show_on_map() -> None:
        row = table.current_row
        if row is not None and row.position is not None:
            page.shell.open(Target("map", row.id))
        elif row is not None:
            page.shell.toasts.show_toast(f"{row.number} has no position", tone="neutral")

    def print_current() -> None:
        row = table.current_row
        if row is not None:
            open_print_panel(page, page.desk, page.shell, row.id, row.number)

    def move(name: str, text: str, keys: str, by: int) -> Action:
        return Action(name, text, lambda: table.step(by), "arrow-down", keys, group=MOVE, listed=False)

    def act(name: str, text: str, icon: str, key: str, words: str = "") -> Action:
        return Action(
            f"list.{name}",
            text,
            lambda: acts.choose(name),
            icon,
            key,
            chosen,
            ACT,
            words,
            "the marked tickets, or this one",
        )

    return (
        move("list.next", "Next ticket", "J", 1),
        move("list.previous", "Previous ticket", "K", -1),
        move("list.after.next", "Next in the view", "]", 1),
        move("list.before.previous", "Previous in the view", "[", -1),
        Action("list.open", "Open the ticket", lambda: page.open_current(), "arrow-square-out", "Return", one, MOVE),
        Action("list.peek", "Preview", page.sides.toggle_preview, "layout", "Space", group=MOVE, words="peek pane"),
        Action("list.mark", "Mark the ticket", table.mark, "check-square", "X", here, ACT, "select"),
        Action("list.mark_range", "Mark up to here", table.mark_range, "check-square", "Shift+X", here, ACT, "select"),
        Action(
            "list.mark_page", "Mark the page, again: all", table.mark_page, "checks", "Ctrl+A", one, ACT, "select all"
        ),
        act("assign", "Assign…", "user-plus", "A", "give hand over"),
        Action("list.take", "Assign to me", acts.take, "hand-palm", "I", chosen, ACT, "take mine"),
        act("state", "Change the state…", "path", "S", "transition resolve close wait start accept"),
        act("priority", "Change the priority…", "flag", "P", "urgent high low"),
        Action("list.tag", "Tags…", lambda: acts.choose("tag"), "tag", "L", chosen, ACT, "label", ""),
        Action("list.tag.too", "Tags…", lambda: acts.choose("tag"), "tag", "T", chosen, ACT, listed=False),
        act("due", "Set the due time…", "timer", "D", "deadline"),
        act("snooze", "Snooze until…", "moon", "H", "wait later remind scheduled"),
        act("unit", "Hand over to a unit…", "users-three", "U", "owner group"),
        act("category", "Change the category…", "folder", "", "classify"),
        Action(
            "list.bulk",
            "Edit the marked tickets, with a preview…",
            page.editor.open,
            "pencil-simple",
            "B",
            lambda: table.marked_count > 0,
            ACT,
            "bulk many mass before after",
        ),
        Action(
            "list.relate",
            "Relate to another ticket…",
            acts.relate,
            "link-simple",
            "R",
            one,
            ACT,
            "link blocks duplicate parent",
        ),
        Action("list.map", "Show on the map", show_on_map, "map-trifold", "V", one, MOVE, "position where threat"),
        Action("list.watch", "Watch, or stop watching", acts.watch, "eye", "W", one, ACT, "follow"),
        Action("list.edit", "Edit the cell (marked: export)", edit, "pencil-simple", "E", chosen, ACT, "inline"),
        Action("list.edit.cell", "Edit the cell", acts.edit, "pencil-simple", "F2", one, ACT, "inline rename title"),
        Action("list.copy_number", "Copy the number, twice: with title", acts.copy_number, "copy", ".", one, ACT),
        Action(
            "list.print", "Print the ticket, or save it as PDF…", print_current, "printer", "Ctrl+P", one, ACT, "paper"
        ),
        Action("list.copy", "Copy as a table", acts.copy_rows, "table", "Ctrl+C", chosen, ACT, "clipboard spreadsheet"),
        Action(
            "list.new", "New ticket", page.new_ticket.emit, "plus", "C", group=ACT, words="create report", listed=False
        ),
        Action(
            "list.fold",
            "Fold or open the group (at its head: Left, Right)",
            table.toggle_group,
            "caret-down",
            "Z",
            grouped,
            VIEW,
            "collapse expand",
        ),
        Action(
            "list.fold_all",
            "Fold all groups",
            lambda: page.showing.fold_all(True),
            "arrows-in-line-vertical",
            "Shift+Left",
            grouped,
            VIEW,
            "collapse",
        ),
        Action(
            "list.open_all",
            "Open all groups",
            lambda: page.showing.fold_all(False),
            "arrows-out-line-vertical",
            "Shift+Right",
            grouped,
            VIEW,
            "expand",
        ),
        Action("list.filter", "Filter the list", page.focus_query, "funnel", "/", group=VIEW, words="query search"),
        Action("list.escape", "Leave, twice: clear the filters", page.escape, "x", "Escape", group=VIEW, listed=False),
    )


def page_actions(page: ListPage) -> tuple[Action, ...]:
    """Return what can be done wherever the keyboard is on `page`."""
    return (
        Action("list.refresh", "Refresh the list", page.refresh, "arrow-clockwise", "F5", group=VIEW, words="reload"),
        Action(
            "list.sides",
            "Hide or show the sides",
            page.sides.toggle,
            "arrows-out-simple",
            "F11",
            group=VIEW,
            words="panes",
        ),
        Action(
            "list.group",
            "Group the list by…",
            page.showing.choose_group,
            "stack-simple",
            "Ctrl+Shift+G",
            group=VIEW,
            words="groups sections state priority unit assignee",
        ),
        Action(
            "list.columns", "Choose columns…", page.showing.choose_columns, "columns", group=VIEW, words="table layout"
        ),
        Action("list.save_view", "Save the query as a view…", page.views.save, "bookmark-simple", group=VIEW),
        Action("list.share_view", "Share the view, or no longer", page.views.share, "users-three", group=VIEW),
        Action("list.mode", "Query as chips or as text", page.toggle_mode, "text-aa", group=VIEW, words="syntax"),
        Action(
            "list.narrow",
            "Narrow by values with their numbers",
            page.narrowing.focus,
            "funnel-simple",
            "Ctrl+Shift+F",
            group=VIEW,
            words="facets counts filter values",
        ),
        Action("list.views", "Go to the views", page.focus_views, "list", "Ctrl+Shift+V", group=VIEW),
        Action("list.jump", "Jump to a row or number…", page.focus_jump, "hash", "Ctrl+J", group=VIEW, words="page"),
        Action(
            "list.export",
            "Export the list…",
            page.showing.export,
            "export",
            "Ctrl+Shift+E",
            group=VIEW,
            words="csv xlsx json",
        ),
    )

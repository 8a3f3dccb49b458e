"""What can be done from anywhere in the window: new records, pages, the palette, undo, the look."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from opsdesk.ui.actions import Action, told
from opsdesk.ui.shell.bell import KEYS as BELL_KEYS
from opsdesk.ui.shell.link_actions import add_link_actions

if TYPE_CHECKING:
    from opsdesk.ui.shell.window import MainWindow


def add_window_actions(window: MainWindow) -> None:
    """Put the window's own actions into its registry."""
    add = window.actions.add
    for new in (new for page in window.pages.values() for new in page.new):
        add(
            Action(
                f"new.{new.kind}",
                new.text,
                partial(window.begin_new, new.kind),
                "plus",
                new.shortcut,
                group="New",
                words="create add report",
            )
        )
    for page in window.pages.values():
        add(
            Action(
                f"go.{page.key}",
                f"Go to {page.title}",
                partial(window.go, page.key),
                page.icon,
                f"G, {page.letter}",
                group="Go to",
            )
        )
    add(
        Action("shell.palette", "Search or command", window.open_palette, "magnifying-glass", "Ctrl+K", listed=False),
        Action("shell.search", "Search everything", lambda: window.open_palette("#"), "magnifying-glass", "Ctrl+F"),
        Action("shell.keys", "Show all keys", window.open_keys, "keyboard", "? F1", words="help shortcuts"),
        Action("shell.undo", "Undo", window.operations.undo, "arrow-counter-clockwise", "Ctrl+Z"),
        Action("shell.redo", "Do again", window.operations.redo, "arrow-clockwise", "Ctrl+Shift+Z Ctrl+Y"),
        Action("shell.bell", "Show notifications", window.open_bell, "bell", "Ctrl+Shift+B"),
        Action(
            "station.join",
            "Join a post…",
            partial(window.show_first_look, later=True),
            "users-three",
            words="server enrol code sync connect again",
        ),
        Action("shell.quit", "Quit OpsDesk", window.close, "sign-out", "Ctrl+Q", words="exit close"),
    )
    add(*told("bell", "Notifications", BELL_KEYS), owner=window.bell_panel)
    add_link_actions(window.actions, window.desk)
    for name, text, icon in (
        ("light", "Use the light theme", "sun"),
        ("dark", "Use the dark theme", "moon"),
        ("red", "Use the red theme for the night", "moon-stars"),
        ("system", "Use the theme of the system", "monitor"),
    ):
        add(
            Action(
                f"theme.{name}",
                text,
                partial(window.preferences.set, "look.theme", name),
                icon,
                enabled=partial(window.is_other_theme, name),
                group="Look",
                words="colours appearance switch",
            )
        )
    add(
        Action("look.density", "Switch between normal and dense rows", window.turn_density, "rows", group="Look"),
        Action("shell.full", "Full screen", window.turn_full_screen, "corners-out", "Ctrl+F11", group="Look"),
    )

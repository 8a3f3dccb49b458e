"""Actions as values: what the palette, the `?` sheet, menus and shortcuts all read from one registry.

An action with an owner belongs to that widget: its shortcut works while the owner (or a child) has the focus,
and it leaves the registry when the owner is gone. A shortcut of one letter works only while the owner itself has
the focus, so that typing in a field or an inline editor never triggers it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from opsdesk.ui.menus import passing_menu
from opsdesk.ui.resources import icon


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Action:
    """One thing a person can do.

    `shortcut` is Qt's portable text (`Ctrl+K`, `G, H`, `A`), several parted by a space. `words` are further words
    that find it in the palette; `group` is its heading in the `?` sheet; `listed` False keeps it out of the palette
    (moving in a table is a key, not a command); `bound` False tells of a key that a widget handles itself.
    """

    id: str
    text: str
    run: Callable[[], object]
    icon: str = "lightning"
    shortcut: str = ""
    enabled: Callable[[], bool] = _always
    group: str = "General"
    words: str = ""
    detail: str = ""
    listed: bool = True
    bound: bool = True

    @property
    def keys(self) -> tuple[str, ...]:
        """The shortcuts one by one; `G, H` counts as one."""
        return tuple(key.replace(",", ", ") for key in self.shortcut.replace(", ", ",").split())


def is_letter(key: str) -> bool:
    """Say whether a shortcut is made of plain letters, digits or signs, without Ctrl, Alt or an F-key (`G, H` too)."""
    return all(len(part.strip()) == 1 for part in key.split(","))


def told(prefix: str, group: str, keys: Iterable[tuple[str, str, str]]) -> tuple[Action, ...]:
    """Actions that only tell of keys which a widget handles itself, as (name, what is done, keys)."""
    return tuple(
        Action(f"{prefix}.{name}", text, lambda: None, shortcut=said, group=group, listed=False, bound=False)
        for name, text, said in keys
    )


class Actions(QObject):
    """All actions at hand. Signals: `changed` when one came or went."""

    changed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._letters = True
        self._entries: dict[str, tuple[Action, QWidget, tuple[QAction, ...]]] = {}

    def add(self, *actions: Action, owner: QWidget | None = None) -> None:
        """Put actions in; without `owner` they belong to the window. The same id replaces the earlier action."""
        widget = owner or self._window
        first = not any(known is widget for _, known, _ in self._entries.values())
        for action in actions:
            self._drop(action.id)
            self._entries[action.id] = (action, widget, self._commands(action, widget))
        if first and owner is not None:
            owner.destroyed.connect(lambda: self.remove(owner))
        self.changed.emit()

    def remove(self, owner: QWidget) -> None:
        """Take out all actions of `owner`."""
        for name in [name for name, (_, widget, _) in self._entries.items() if widget is owner]:
            self._drop(name)
        if shiboken6.isValid(self):
            self.changed.emit()

    def get(self, name: str) -> Action | None:
        """Return the action called `name`, if there is one."""
        entry = self._entries.get(name)
        return entry[0] if entry else None

    def all(self) -> tuple[Action, ...]:
        """Return every action, in the order they were put in."""
        return tuple(action for action, _, _ in self._entries.values())

    def at_hand(self) -> tuple[Action, ...]:
        """Return the actions that make sense now: the window's and those of widgets on view, if enabled."""
        return tuple(
            action
            for action, widget, _ in self._entries.values()
            if shiboken6.isValid(widget) and (widget is self._window or widget.isVisible()) and action.enabled()
        )

    def run(self, name: str) -> bool:
        """Run the action called `name` if it is there and enabled; say whether it ran."""
        action = self.get(name)
        if action is None or not action.enabled():
            return False
        action.run()
        return True

    def set_letters(self, on: bool) -> None:
        """Switch the shortcuts of one plain letter on or off."""
        self._letters = on
        for _, _, commands in self._entries.values():
            for command in commands:
                if command.property("letter"):
                    command.setEnabled(on)

    def menu(self, ids: list[str | None], parent: QWidget) -> QMenu:
        """Return a menu of the actions `ids` (None is a line), enabled as they are at this moment."""
        menu = passing_menu(parent)
        for name in ids:
            if name is None:
                menu.addSeparator()
            elif action := self.get(name):
                text = f"{action.text}\t{key_text(action.keys[0])}" if action.keys else action.text
                entry = menu.addAction(icon(action.icon), text)
                entry.setEnabled(action.enabled())
                entry.triggered.connect(lambda _checked=False, name=name: self.run(name))
        return menu

    def _commands(self, action: Action, widget: QWidget) -> tuple[QAction, ...]:
        """Bind the keys of an action to `widget`: its plain letters apart, for they act more narrowly."""
        commands: list[QAction] = []
        if not action.bound:
            return ()
        for letter in (True, False):
            keys = [key for key in action.keys if is_letter(key) is letter]
            if not keys:
                continue
            command = QAction(action.text, widget)
            command.setProperty("letter", letter)
            command.setEnabled(self._letters or not letter)
            command.setShortcuts([QKeySequence(key) for key in keys])
            if widget is self._window:
                command.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            elif letter:
                command.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            else:
                command.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            command.triggered.connect(lambda _checked=False, name=action.id: self.run(name))
            widget.addAction(command)
            commands.append(command)
        return tuple(commands)

    def _drop(self, name: str) -> None:
        entry = self._entries.pop(name, None)
        for command in entry[2] if entry else ():
            if shiboken6.isValid(command):
                command.setShortcuts([])  # at once: the action itself goes only with the next event
                command.deleteLater()


def key_text(key: str) -> str:
    """Return a shortcut as people read it: `Ctrl+K`, `G then H`."""
    return key.replace(", ", " then ")

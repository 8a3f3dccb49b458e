"""Keys that work inside one widget and its children, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

SUBMIT = ("Ctrl+Return", "Ctrl+Enter")
"""Sends what is written; the second is the key of the number pad."""


def on_keys(owner: QWidget, keys: tuple[str, ...], run: Callable[[], object]) -> None:
    """Call `run` for each of `keys` while the keyboard is in `owner`."""
    for key in keys:
        shortcut = QShortcut(QKeySequence(key), owner)
        # The binding takes `context` as an argument of the constructor and forgets it.
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(lambda: run())

"""Keys that work inside one widget and its children, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QWidget

SUBMIT = ("Ctrl+Return", "Ctrl+Enter")
"""Sends what is written; the second is the key of the number pad."""


def on_keys(owner: QWidget, keys: tuple[str, ...], run: Callable[[], object]) -> None:
    """Call `run` for each of `keys` while the keyboard is in `owner`. Of two owners that have a key, one inside the
    other, the inner one takes it."""
    for key in keys:
        shortcut = QShortcut(QKeySequence(key), owner)
        # The binding takes `context` as an argument of the constructor and forgets it.
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(lambda: run())
        shortcut.activatedAmbiguously.connect(partial(_run_innermost, shortcut.key()))


def _run_innermost(key: QKeySequence) -> None:
    """Qt gives a key that two widgets want to none of them."""
    widget = QApplication.focusWidget()
    while widget is not None:
        for shortcut in widget.findChildren(QShortcut, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if shortcut.key() == key and shortcut.isEnabled():
                shortcut.activated.emit()
                return
        widget = widget.parentWidget()

"""Menus that are made anew each time they are opened, as they are then."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget


def passing_menu(parent: QWidget) -> QMenu:
    """A menu that goes for good once it closes. One that only hid would stay with its parent as long as that lives,
    and each opening would add another."""
    menu = QMenu(parent)
    menu.aboutToHide.connect(menu.deleteLater)  # later: what was chosen is told after it
    return menu

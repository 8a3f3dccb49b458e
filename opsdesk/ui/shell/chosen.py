"""The ticket that a person works on, shared by the pages that show tickets."""

from __future__ import annotations

from PySide6.QtCore import QObject


class Chosen(QObject):
    """`ticket` is the ticket that was last chosen on any page, by its id, or None. A page tells it when a person
    chooses one, and looks here when it comes to the front."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ticket: bytes | None = None

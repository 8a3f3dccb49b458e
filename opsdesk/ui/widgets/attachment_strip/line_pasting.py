"""A screenshot that is pasted while a field has the keyboard: the field takes no picture, its form does."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QWidget


class LinePasting(QObject):
    """Hands what is pasted into any field below `form`, also one that is made later, to `take` first.

    `take` says whether it took it as files. Whatever it leaves, such as text, is pasted by the field as ever.
    """

    def __init__(self, form: QWidget, take: Callable[[QMimeData], bool]) -> None:
        super().__init__(form)
        self._form, self._take = form, take
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focused)

    def _focused(self, _old: QWidget | None, now: QWidget | None) -> None:
        # A field asks for the key of pasting before any shortcut may have it, so it has to be met there.
        if isinstance(now, QLineEdit | QPlainTextEdit) and self._form.isAncestorOf(now):
            now.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        if not event.matches(QKeySequence.StandardKey.Paste):
            return False
        return self._take(QGuiApplication.clipboard().mimeData())

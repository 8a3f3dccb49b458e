"""A field that picks a record by typing part of its name: people, units, places, types, categories, long choices.

The words typed are looked for in label, detail and further words; the best match is marked, Enter or Tab takes it.
Records come either as a list (`set_items`) or from a search that answers later (`search`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import shiboken6
from PySide6.QtCore import (
    QModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QLineEdit,
    QWidget,
)

from opsdesk.ui.resources import icon
from opsdesk.ui.widgets.pick_list import SHOWN, Pick, PickList, Picks, matching

_LIMIT = 60


class Picker(QLineEdit):
    """The field. Signals: `picked` with the value after a person chose one, or None after they emptied it."""

    picked = Signal(object)

    def __init__(self, name: str, *, placeholder: str = "", icon_name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)
        self.search: Callable[[str, Callable[[Sequence[Pick]], None]], None] | None = None
        """Looks for records matching a text and hands them back, now or later."""
        self._items: tuple[Pick, ...] = ()
        self._recent: tuple[object, ...] = ()
        self._pick: Pick | None = None
        self._default_icon = icon_name
        self._pending = False
        self._offered_for = ""
        self._take_best = False
        self._model = Picks(self)
        self._list = PickList(self, self._model)
        self._list.view.clicked.connect(self._activated)
        self._pause = QTimer(self, singleShot=True, interval=120)
        self._pause.timeout.connect(self._ask)
        self.textEdited.connect(self._edited)
        self._lead = self.addAction(icon(icon_name or "magnifying-glass"), QLineEdit.ActionPosition.LeadingPosition)
        self._lead.setVisible(bool(icon_name))
        caret = self.addAction(icon("caret-down"), QLineEdit.ActionPosition.TrailingPosition)
        caret.triggered.connect(self.open)

    # -- content -------------------------------------------------------------------------------------------

    @property
    def value(self) -> object:
        """The value that is picked; None for none or while the text names nothing."""
        return self._pick.value if self._pick is not None and not self._pending else None

    @property
    def problem(self) -> str:
        """What is wrong with the text as it stands; empty when nothing is."""
        return "Choose one from the list" if self._pending and self.text().strip() else ""

    def set_items(self, items: Iterable[Pick], recent: Iterable[object] = ()) -> None:
        """Offer these records; values in `recent` come first while nothing is typed."""
        self._items, self._recent = tuple(items), tuple(recent)
        if self._pick is not None and not self._pending:
            self.set_value(self._pick.value, self._pick.label)

    def set_value(self, value: object, label: str = "") -> None:
        """Pick `value` without a signal. `label` names it where the list does not hold it (yet)."""
        self._pending = False
        self._pick = None
        if value is not None:
            known = next((item for item in self._items if item.value == value), None)
            self._pick = known or Pick(value, label or str(value))
        self.setText(self._pick.label if self._pick else "")
        self.setCursorPosition(0)
        self._show_icon()

    def type_in(self, text: str) -> None:
        """Put in a text as if typed, without a signal or a list (a draft is restored as it was)."""
        self.setText(text)
        self._pending = True

    def open(self) -> None:
        """Show the list of all records."""
        self.setFocus(Qt.FocusReason.PopupFocusReason)
        self.selectAll()
        self._show("")

    # -- how it works --------------------------------------------------------------------------------------

    def _edited(self) -> None:
        self._pending = True
        self._take_best = False
        if self.search is not None:
            self._pause.start()
        else:
            self._show(self.text())

    def _ask(self) -> None:
        self._show(self.text())

    def _show(self, text: str) -> None:
        text = text.strip()
        if self.search is not None:
            self.search(text, lambda items: self._offer(items, text))
            return
        found = matching(self._items, text)
        if not text:
            first = [item for value in self._recent for item in found if item.value == value]
            found = [*first, *(item for item in found if item not in first)]
        self._offer(found, text)

    def _offer(self, items: Sequence[Pick], text: str) -> None:
        if not shiboken6.isValid(self):
            return
        if self._take_best and text == self.text().strip():
            self._take_best = False
            self._take_from(items, text)
            return
        if not self.hasFocus():
            return
        self._offered_for = text
        self._model.show(tuple(items[:_LIMIT]))
        if not items:
            self._list.hide()
            return
        current = next((n for n, item in enumerate(items[:_LIMIT]) if item == self._pick), 0)
        self._list.open(0 if self._pending else current)

    def _activated(self, index: QModelIndex) -> None:
        self._list.hide()
        self._take(index.data(Qt.ItemDataRole.UserRole))

    def _take(self, pick: Pick | None) -> None:
        before = self.value
        self._pending = False
        self._pick = pick
        self.setText(pick.label if pick else "")
        self._show_icon()
        if self.value != before:
            self.picked.emit(self.value)

    def _show_icon(self) -> None:
        name = (self._pick.icon if self._pick else "") or self._default_icon
        self._lead.setVisible(bool(name))
        if name:
            self._lead.setIcon(icon(name))

    def settle(self) -> None:
        """Make what is typed a pick, as leaving the field does: empty is none, else the best match."""
        self._pause.stop()
        if not self._pending:
            return
        text = self.text().strip()
        if not text:
            emptied, self._pick, self._pending = self._pick, None, False
            self._show_icon()
            if emptied is not None:
                self.picked.emit(None)
            return
        if self.search is None:
            self._take_from(matching(self._items, text), text)
        elif self._offered_for == text:
            self._take_from(self._model.items, text)
        else:
            # Typed faster than the answer came: what is asked for now is taken when it arrives.
            self._take_best = True
            self._show(text)

    def _take_from(self, pool: Sequence[Pick], text: str) -> None:
        exact = [item for item in pool if item.label.casefold() == text.casefold()]
        if exact or pool:
            self._take((exact or pool)[0])

    # -- Qt ------------------------------------------------------------------------------------------------

    def focusOutEvent(self, event: QFocusEvent) -> None:
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self._list.hide()
            self.settle()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: SHOWN, Qt.Key.Key_PageUp: -SHOWN}.get(
            Qt.Key(event.key())
        )
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if step is not None:
            if self._list.isVisible():
                self._list.step(step)
            else:
                self._show(self.text() if self._pending else "")
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain and self._list.isVisible():
            self._activated(self._list.view.currentIndex())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain and self._pending:
            self.settle()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        elif event.key() == Qt.Key.Key_Escape and (self._list.isVisible() or self._pending):
            self._list.hide()
            self._pending = False
            self.setText(self._pick.label if self._pick else "")
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and not self._list.isVisible() and not self._pending:
            self.open()

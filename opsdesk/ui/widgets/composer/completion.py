"""Offers what a sign in the text can stand for while somebody types: people behind `@`, tickets behind `#`, …"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import shiboken6
from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent

from opsdesk.ui.widgets.composer.mention_text import MentionText, units
from opsdesk.ui.widgets.pick_list import SHOWN, Pick, PickList, Picks

Deliver = Callable[[Sequence[Pick]], None]
Source = Callable[[str, Deliver], None]
"""Hands over what fits the letters typed behind the sign, best first, now or later. The value of a pick is the
Markdown that it puts in."""

_MOST = 40
_STEPS = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: SHOWN, Qt.Key.Key_PageUp: -SHOWN}
_TAKES = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)
# A sign counts where a word may begin; names have blanks in them, so a few words may follow.
_TYPED = r"(?:^|(?<=[\s(\[/,;]))({signs})((?:[^\s@#]+(?: [^\s@#]+){{0,2}} ?)?)$"


class Completion(QObject):
    """The list at the cursor. Signals: `taken` with the Pick that a person chose."""

    taken = Signal(object)

    def __init__(self, box: MentionText) -> None:
        super().__init__(box)
        self._box = box
        self._sources: Mapping[str, Source] = {}
        self._pattern = re.compile("(?!)")
        self._start, self._asked = 0, ("", "")
        self._refused: tuple[int, str] | None = None
        """Where and for which sign somebody said that nothing was meant."""
        self._model = Picks(box)
        self._list = PickList(box, self._model)
        self._list.view.clicked.connect(lambda index: self._take(index.row()))
        self._pause = QTimer(self, singleShot=True, interval=60)
        self._pause.timeout.connect(self._look)
        box.textChanged.connect(self._pause.start)
        box.cursorPositionChanged.connect(self._moved)
        box.installEventFilter(self)

    def set_sources(self, sources: Mapping[str, Source]) -> None:
        """What each sign offers."""
        self._sources = dict(sources)
        self._pattern = re.compile(_TYPED.format(signs="|".join(re.escape(sign) for sign in sources)))

    @property
    def visible(self) -> bool:
        """Whether something is offered now."""
        return self._list.isVisible()

    @property
    def labels(self) -> tuple[str, ...]:
        """What is offered."""
        return tuple(item.label for item in self._model.items) if self.visible else ()

    def _moved(self) -> None:
        if self.visible:
            self._pause.start()

    def _look(self) -> None:
        """See whether the cursor stands behind a sign, and ask for what it can stand for."""
        before = self._box.before_cursor()
        found = self._pattern.search(before) if self._box.hasFocus() else None
        if found is None:
            self._refused = None
            self._list.hide()
            return
        block = self._box.textCursor().block().position()
        sign, typed = found[1], found[2]
        self._start = block + units(before[: found.start(1)])
        if self._refused == (self._start, sign):
            return
        self._asked = (sign, typed)
        self._sources[sign](typed, lambda items: self._offer((sign, typed), items))

    def _offer(self, asked: tuple[str, str], items: Sequence[Pick]) -> None:
        if not shiboken6.isValid(self) or asked != self._asked or not self._box.hasFocus():
            return
        self._model.show(tuple(items[:_MOST]))
        if not items:
            self._list.hide()
            return
        at = self._box.place_of(self._start)
        self._list.open(0, QRect(at.left(), at.top(), 380, at.height()))

    def _take(self, row: int) -> None:
        pick = self._model.items[row]
        self._list.hide()
        self._box.replace(self._start, self._box.textCursor().position(), str(pick.value))
        self._box.setFocus(Qt.FocusReason.OtherFocusReason)
        self._pause.stop()
        self.taken.emit(pick)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self._list.hide()
        if not self.visible or not isinstance(event, QKeyEvent):
            return False
        key = Qt.Key(event.key())
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        ours = plain and (key in _STEPS or key in _TAKES or key == Qt.Key.Key_Escape)
        if event.type() == QEvent.Type.ShortcutOverride and ours:
            event.accept()
            return True
        if event.type() != QEvent.Type.KeyPress or not ours:
            return False
        if key in _STEPS:
            self._list.step(_STEPS[key])
        elif key in _TAKES:
            self._take(self._list.view.currentIndex().row())
        else:
            self._refused = (self._start, self._asked[0])
            self._list.hide()
        return True

"""The bar that says which rows a list shows: as chips with room to type, or as text in the query language.

The bar knows nothing of the language. It asks two ports: `chips` parts a text into its conditions, `complete` offers
words for what is being typed; both may answer later. What a person types is emitted by `changed` after a short pause,
at once with Enter. A text that cannot be read is told by `show_error` and marked at its place.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from opsdesk.ui.widgets.button import IconButton, Segmented
from opsdesk.ui.widgets.chooser import Chooser
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.pick_list import Pick
from opsdesk.ui.widgets.query_bar.chips import AddButton, ChipRow
from opsdesk.ui.widgets.query_bar.completions import Completions
from opsdesk.ui.widgets.query_bar.line import Box, Line
from opsdesk.ui.widgets.query_bar.ports import Chip, Chips, Complete, Completion

_PAUSE_MS = 180
_LINE_ROOM = 170
_LINE_LEAST = 48
_HISTORY = 30

Key = Qt.Key


class QueryBar(QWidget):
    """Signals: `changed` with the text to ask for, `left` when the keyboard goes to the list (after `escaped` when Esc
    did it), `save_asked`, `history_changed` with the last texts, the newest first, `split` when the chips have changed.
    """

    changed = Signal(str)
    left = Signal()
    escaped = Signal()
    save_asked = Signal()
    history_changed = Signal(list)
    split = Signal()

    def __init__(
        self,
        chips: Chips,
        complete: Complete,
        fields: Sequence[Pick] = (),
        parent: QWidget | None = None,
        *,
        saves: bool = True,
    ) -> None:
        """`fields` are offered by the add button; their values are what begins a condition (`state:`). A bar that
        `saves` has a button to keep the query as a view."""
        super().__init__(parent)
        self._ask_chips, self._ask_complete, self._fields = chips, complete, tuple(fields)
        self._conditions: list[tuple[str, str, str]] = []  # label, value, as written
        self._asked = ""
        self._turn = 0
        self.history: list[str] = []
        self._at = -1
        self.line = Line(self)
        self._chips = ChipRow(self)
        self._add = AddButton()
        self._recent = IconButton("funnel-simple", "Recent queries", size=28)
        self._save = IconButton("bookmark-simple", "Save as a view", size=28)
        self.mode = Segmented([("chips", "Chips"), ("text", "Text")], "chips", "Show the query as")
        self._box = Box(self.line)
        self._error = Label("", "quiet", "danger")
        self._error.hide()
        self._popup = Completions(self)
        self._build()
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._emit)
        self.line.textEdited.connect(self._edited)
        self._chips.removed.connect(self.remove)
        self._chips.edited.connect(self._edit_chip)
        self._add.clicked.connect(self.add_filter)
        self._recent.clicked.connect(self._show_history)
        self._save.clicked.connect(self.save_asked)
        self._saves = saves
        self._save.setVisible(saves)
        self.mode.chosen.connect(self._mode_chosen)
        self._popup.taken.connect(self._take)

    def _build(self) -> None:
        row = QHBoxLayout(self._box)
        row.setContentsMargins(5, 0, 5, 0)
        row.setSpacing(8)
        for part in (self._recent, self._chips, self._add):
            row.addWidget(part)
        row.addWidget(self.line, 1)
        row.addWidget(self._save)
        row.addWidget(self.mode)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._box)
        column.addWidget(self._error)
        self.setFocusProxy(self.line)

    # -- the query ---------------------------------------------------------------------------------------
    @property
    def text(self) -> str:
        """The whole query as it stands, whether it can be read or not."""
        rest = self.line.text().strip()
        return " ".join([*self._written(), *([rest] if rest else [])])

    @property
    def as_chips(self) -> bool:
        """Whether the bar shows chips."""
        return self.mode.value == "chips"

    @property
    def filters(self) -> int:
        """How many conditions stand in the bar; words in the line count as one."""
        return len(self._conditions) + bool(self.line.text().strip())

    def set_text(self, text: str) -> None:
        """Show another query, without a signal."""
        self._pause.stop()
        self._popup.hide()
        self.clear_error()
        self._asked = text
        self._conditions = []
        self.line.setText(text)
        self._chips.show_chips([])
        if self.as_chips:
            self._split()

    def clear(self) -> None:
        """Take all conditions out, as a person asked."""
        self.set_text("")
        self._emit(at_once=True)

    def remove(self, number: int) -> None:
        """Take one condition out, as a person asked."""
        del self._conditions[number]
        self._show_conditions()
        self._emit(at_once=True)

    def commit(self) -> None:
        """Ask for the query now; conditions in the line become chips."""
        self._popup.hide()
        self._emit(at_once=True)
        self._remember(self.text)
        if self.as_chips:
            self._split()

    def show_error(self, words: str, start: int, end: int) -> None:
        """Say what is wrong with the query that was asked last, and mark the place in it (0-based, end exclusive)."""
        if not self._pause.isActive():
            offset = self._offset()
            self.line.mark_error(start - offset, end - offset)
            self._error.setText(words)
            self._error.show()

    def clear_error(self) -> None:
        """The query can be read."""
        self.line.mark_error(-1, -1)
        self._error.hide()

    @property
    def error(self) -> str:
        """What is said to be wrong; empty when nothing is."""
        return self._error.text() if self._error.isVisibleTo(self) else ""

    def _written(self) -> list[str]:
        written = [text for _, _, text in self._conditions]
        return written if len(written) + bool(self.line.text().strip()) < 2 else [_grouped(text) for text in written]

    def _offset(self) -> int:
        before = " ".join(self._written())
        lead = len(self.line.text()) - len(self.line.text().lstrip())
        return len(before) + 1 - lead if before else -lead

    def _emit(self, at_once: bool = False) -> None:
        self._pause.stop()
        text = self.text
        if text != self._asked or at_once:
            self._asked = text
            self.clear_error()
            self.changed.emit(text)

    def _split(self) -> None:
        """Ask which conditions the line holds and make chips of them; words stay in the line."""
        self._turn += 1
        turn, text = self._turn, self.text
        if not text:
            self._conditions = []
            self._show_conditions()
            return

        def answered(chips: Sequence[Chip]) -> None:
            if turn != self._turn or not self.as_chips or self.text != text:
                return  # typed on meanwhile
            rest = list(text)
            self._conditions = []
            for chip in chips:
                if chip.label:
                    self._conditions.append((chip.label, chip.value, text[chip.start : chip.end]))
                    rest[chip.start : chip.end] = " " * (chip.end - chip.start)
            self.line.setText(" ".join("".join(rest).split()))
            self._show_conditions()

        self._ask_chips(text, answered)

    def _show_conditions(self) -> None:
        self._chips.show_chips([(label, value) for label, value, _ in self._conditions])
        self._fit()
        self.split.emit()

    def _edit_chip(self, number: int) -> None:
        _, _, written = self._conditions.pop(number)
        rest = self.line.text().strip()
        self._show_conditions()
        self.line.setText(f"{written} {rest}".strip())
        self.line.setFocus()
        self.line.setCursorPosition(len(written))
        self._offer()

    def set_mode(self, mode: str) -> None:
        """Show the query as `chips` or as `text`, as a person asked."""
        self.mode.set_value(mode)
        self._mode_chosen(mode)

    def _mode_chosen(self, _mode: object) -> None:
        text = self._asked
        self._add.setVisible(self.as_chips)
        self._conditions = []
        self._chips.show_chips([])
        self.line.setText(text)
        if self.as_chips:
            self._split()
        self._fit()
        self.line.setFocus()

    # -- typing ------------------------------------------------------------------------------------------
    def add_filter(self) -> None:
        """Offer the fields to begin a condition with."""
        chooser = Chooser(self._fields, name="Add a filter", placeholder="Type a field", parent=self)

        def chosen(start: object) -> None:
            chooser.close_now()
            self.begin(str(start))

        chooser.chosen.connect(chosen)
        chooser.open(self._add.mapToGlobal(QPoint(0, self._add.height())))

    def begin(self, start: str) -> None:
        """Begin a condition (`state:`) in the line and offer its values."""
        rest = self.line.text().strip()
        self.line.setText(f"{rest} {start}".strip())
        self.line.setFocus()
        self._offer()

    def _edited(self, text: str) -> None:
        self.line.mark_error(-1, -1)
        self._pause.start()
        self._offer()
        ended = text.endswith(" ") and self.line.cursorPosition() == len(text)
        last = text.split()[-1:] or [""]
        if self.as_chips and ended and _is_condition(last[0]):
            self.commit()

    def _offer(self) -> None:
        text, cursor = self.line.text(), self.line.cursorPosition()
        if not self.line.hasFocus():
            return

        def answered(found: Sequence[Completion]) -> None:
            if (self.line.text(), self.line.cursorPosition()) == (text, cursor) and self.line.hasFocus():
                self._popup.offer(found, self.line)

        self._ask_complete(text, cursor, answered)

    def _take(self, found: Completion) -> None:
        text = self.line.text()
        after = text[found.end :]
        whole = found.text.endswith((":", "=", "<", ">", "~", ","))
        self.line.setText(text[: found.start] + found.text + ("" if whole or after.startswith(" ") else " ") + after)
        self.line.setCursorPosition(found.start + len(found.text) + (not whole))
        self._popup.hide()
        if whole:
            self._offer()
        elif self.as_chips:
            self.commit()
        else:
            self._emit()

    def key(self, event: QKeyEvent) -> bool:
        """Act on a key of the line; return whether it was one of the bar's."""
        key = event.key()
        if key in (Key.Key_Down, Key.Key_Up):
            step = 1 if key == Key.Key_Down else -1
            if not self._popup.isHidden():
                self._popup.step(step)
            else:
                self._recall(-step)
        elif key == Key.Key_Tab and not self._popup.isHidden():
            self._popup.take(first=True)
        elif key in (Key.Key_Return, Key.Key_Enter):
            if not self._popup.take():
                self.commit()
                self.left.emit()
        elif key == Key.Key_Escape:
            if not self._popup.isHidden():
                self._popup.hide()
            else:
                self.escaped.emit()
                self.left.emit()
        elif key == Key.Key_Backspace and self.line.cursorPosition() == 0 and not self.line.hasSelectedText():
            if not self._conditions:
                return False
            self._edit_chip(len(self._conditions) - 1)
        else:
            return False
        return True

    def line_left(self) -> None:
        """The keyboard has gone elsewhere."""
        self._popup.hide()

    # -- history -----------------------------------------------------------------------------------------
    def _remember(self, text: str) -> None:
        self._at = -1
        if text and text not in self.history[:1]:
            self.history = [text, *(old for old in self.history if old != text)][:_HISTORY]
            self.history_changed.emit(list(self.history))

    def _recall(self, step: int) -> None:
        at = self._at + step
        if not self.history or at < -1 or at >= len(self.history):
            return
        self._at = at
        self.set_text("" if at < 0 else self.history[at])
        self._emit(at_once=True)

    def _show_history(self) -> None:
        items = [Pick(text, text, icon="clock-counter-clockwise") for text in self.history]
        chooser = Chooser(items, name="Recent queries", placeholder="Type to find a query", parent=self)

        def chosen(text: object) -> None:
            chooser.close_now()
            self.set_text(str(text))
            self._emit(at_once=True)

        chooser.chosen.connect(chosen)
        chooser.open(self._recent.mapToGlobal(QPoint(-6, self._recent.height() + 6)))

    # -- Qt ----------------------------------------------------------------------------------------------
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        buttons = [self.mode.sizeHint().width(), *([self._save.width()] if self._saves else [])]
        buttons += [self._add.width()] if self.as_chips else []
        # Where there is little room the buttons give theirs to the chips; what is typed in the line does the same.
        whole = 10 + self._recent.width() + sum(buttons) + 8 * (len(buttons) + 2)
        narrow = self.width() < whole + self._chips.least + 2 * _LINE_LEAST
        self.mode.setVisible(not narrow)
        self._save.setVisible(self._saves and not narrow)
        self._add.setVisible(self.as_chips and not narrow)
        if narrow:
            whole = 10 + self._recent.width() + 2 * 8
        room = self.width() - whole - (_LINE_LEAST if narrow else _LINE_ROOM)
        self._chips.fit(room if self.as_chips else 0)
        self.line.setPlaceholderText(
            "Filter"
            if narrow
            else "Add a filter, or type words to find in all fields"
            if self.as_chips
            else 'state:open unit:"B Coy" updated<2h words to find'
        )


def _is_condition(word: str) -> bool:
    head = word.lstrip("-(")
    return any(sign in head for sign in ":<>=~") and head[-1:] not in ":<>=~,"


def _grouped(text: str) -> str:
    """Put a condition with alternatives in parentheses, so that it can stand beside others."""
    outside = text.split('"')[::2]
    if text.startswith("(") or not any(" OR " in part or "|" in part for part in outside):
        return text
    return f"({text})"

"""The left pane of the Conflicts page: mine, the unit's and the settled ones, and whether more may come."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.conflicts import Line, Lists
from opsdesk.services.link import LinkKind, LinkState
from opsdesk.ui.conflicts.lines import InboxLine
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.button import Segmented
from opsdesk.ui.widgets.label import Label, rule
from opsdesk.ui.widgets.mark import IconMark

WIDTH = 304
MINE, UNIT, SETTLED = "mine", "unit", "settled"
_LABELS = {MINE: "Mine", UNIT: "Unit", SETTLED: "Settled"}
_RECENT = 5


class Inbox(QFrame):
    """Signals: `opened` with the Line that a person chose, `listed` with the key of a list that was opened."""

    opened = Signal(object)
    listed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "panel")
        self.setFixedWidth(WIDTH)
        self.lists: Lists | None = None
        self.current: Line | None = None
        self._known: dict[tuple[object, ...], InboxLine] = {}
        self.tabs = Segmented(list(_LABELS.items()), MINE, "Conflicts")
        self.tabs.chosen.connect(lambda _key: self._listed())
        body = QWidget()
        self._lines = QVBoxLayout(body)
        self._lines.setContentsMargins(8, 0, 8, 8)
        self._lines.setSpacing(2)
        scroll = QScrollArea()
        scroll.setWidget(body)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll = scroll
        head = QHBoxLayout()
        head.setContentsMargins(12, 12, 12, 8)
        head.addWidget(self.tabs)
        head.addStretch(1)
        self._link_title, self._link_words = Label("", "quiet-strong"), Label("", "quiet", "quiet", wrap=True)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self._link_title)
        words.addWidget(self._link_words)
        foot = QWidget()
        foot_row = QHBoxLayout(foot)
        foot_row.setContentsMargins(16, 10, 12, 10)
        foot_row.setSpacing(12)
        foot_row.addWidget(IconMark("broadcast", "quiet", 18))
        foot_row.addLayout(words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(scroll, 1)
        column.addWidget(rule())
        column.addWidget(foot)

    @property
    def which(self) -> str:
        """Which list is open."""
        return str(self.tabs.value)

    def show_lists(self, lists: Lists) -> None:
        """Show what there is. Lines that are there already are changed, not made anew."""
        self.lists = lists
        counts = {MINE: len(lists.mine), UNIT: len(lists.unit), SETTLED: lists.settled_count}
        for key, label in _LABELS.items():
            self.tabs.set_text(key, f"{label}  {counts[key]:,}")
        self._fill()

    def lines(self) -> tuple[Line, ...]:
        """The lines that N goes along, in their order."""
        lists = self.lists
        if lists is None:
            return ()
        return {MINE: lists.mine, UNIT: lists.unit, SETTLED: lists.settled}[self.which]

    def open_list(self, key: str) -> None:
        """Open a list as if a person did."""
        self.tabs.set_value(key)
        self._listed()

    def select(self, line: Line | None) -> None:
        """Mark the line that is shown at the right."""
        self.current = line
        for widget in self._known.values():
            widget.setChecked(line is not None and _key(widget.line) == _key(line))
            if widget.isChecked():
                self._scroll.ensureWidgetVisible(widget, 0, 8)

    def show_link(self, state: LinkState) -> None:
        """Say whether more may come in."""
        alone = state.kind is LinkKind.ALONE
        heard = f"last heard {times.dtg(state.last_exchange, short=True)}" if state.last_exchange else "not heard yet"
        if alone:
            title, words = "Working alone", "Nothing comes in before this desk has joined a server"
        elif state.kind is LinkKind.ONLINE:
            title, words = "More comes in by itself", f"{state.post or 'The server'} is online, {heard}"
        else:
            title, words = "More may arrive with the link", f"{state.post or 'The server'} {heard}"
        self._link_title.setText(title)
        self._link_words.setText(words)

    # -- filling -------------------------------------------------------------------------------------------

    def _listed(self) -> None:
        self._fill()
        self.listed.emit(self.which)

    def _fill(self) -> None:
        assert self.lists is not None
        had_focus = next((key for key, widget in self._known.items() if widget.hasFocus()), None)
        before, self._known = self._known, {}
        while (item := self._lines.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget not in before.values():
                widget.hide()
                widget.deleteLater()
        for title, lines, full in self._sections():
            if self._lines.count():
                self._lines.addWidget(rule())
            self._lines.addWidget(_title(title))
            for line in lines:
                self._lines.addWidget(self._line(line, full, before))
        self._lines.addStretch(1)
        for widget in before.values():
            widget.hide()
            widget.deleteLater()
        self.select(self.current)
        if had_focus in self._known:
            self._known[had_focus].setFocus(Qt.FocusReason.OtherFocusReason)

    def _sections(self) -> list[tuple[str, Sequence[Line], bool]]:
        lists = self.lists
        assert lists is not None
        if self.which == UNIT:
            late = f"All that is open, {lists.more:,} more" if lists.more else "All that is open"
            return [(late, lists.unit, True)] if lists.unit else []
        if self.which == SETTLED:
            return [("Settled", lists.settled, False)] if lists.settled else []
        since = wall.now() - times.DAY
        recent = [line for line in lists.settled if line.settled and line.settled.at >= since and line.involved]
        found: list[tuple[str, Sequence[Line], bool]] = []
        found += [("Yours to settle", lists.mine, True)] if lists.mine else []
        others = [line for line in lists.others if line.involved]
        found += [("Waiting for others", others, False)] if others else []
        return found + ([("Settled today", recent[:_RECENT], False)] if recent else [])

    def _line(self, line: Line, full: bool, before: dict[tuple[object, ...], InboxLine]) -> InboxLine:
        key = (*_key(line), full)
        widget = before.pop(key, None)
        if widget is None:
            widget = InboxLine(line, wall.now(), full=full)
            made = widget
            widget.clicked.connect(lambda _checked=False: self.opened.emit(made.line))
        else:
            widget.show_line(line, wall.now())
        self._known[key] = widget
        return widget


def _key(line: Line) -> tuple[object, ...]:
    """What stays the same when a line changes: the record, and of what was settled the conflict."""
    return (line.record,) if line.settled is None else (line.record, *line.conflicts)


def _title(text: str) -> Label:
    label = Label(text, "quiet-strong", "quiet")
    label.setContentsMargins(8, 10, 8, 6)
    return label

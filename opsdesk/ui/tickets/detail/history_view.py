"""The history of a ticket: each change of a field with before and after, and a way to give the old value back."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.tickets import HistoryRow
from opsdesk.ui.theme import follow, theme
from opsdesk.ui.tickets.detail.older import OlderLine
from opsdesk.ui.widgets.avatar import Avatar
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import Label, rule
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.sync_mark import Tick
from opsdesk.ui.widgets.tip import tip

_PAGE = 60
_LONG = 60
"""Characters from which a text is compared word by word instead of shown twice."""
_WORD = re.compile(r"\s+|[^\s]+")


def diff_html(before: str, after: str, *, gone: str, came: str, quiet: str) -> str:
    """Before and after as HTML: short values with an arrow between, long texts as one text with what went and came.

    The colours are `#rrggbb`; what went is also struck through and what came underlined.
    """
    if max(len(before), len(after)) < _LONG or not before or not after:
        left = f'<span style="color:{quiet};text-decoration:line-through">{_lines(before)}</span>' if before else ""
        left = left or f'<span style="color:{quiet}">empty</span>'
        right = _lines(after) if after else f'<span style="color:{quiet}">empty</span>'
        return f'{left} <span style="color:{quiet}">→</span> {right}'
    old, new = _WORD.findall(before), _WORD.findall(after)
    parts: list[str] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind in ("delete", "replace"):
            parts.append(f'<s style="color:{gone}">{_lines("".join(old[a:b]))}</s>')
        if kind in ("insert", "replace"):
            parts.append(f'<u style="color:{came}">{_lines("".join(new[c:d]))}</u>')
        if kind == "equal":
            parts.append(_lines(_shortened("".join(new[c:d]))))
    return "".join(parts)


def _shortened(text: str) -> str:
    """The unchanged part of a long text: its ends are enough to find one's way."""
    return text if len(text) <= 160 else f"{text[:70]} … {text[-70:]}"


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


class HistoryView(QScrollArea):
    """The list, newest first. Signals: `revert_wanted` with the HistoryRow whose old value should come back."""

    revert_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[HistoryRow, ...] = ()
        self._shown = _PAGE
        self._workable, self._ticked = True, False
        self._older_missing = False
        self._place = 0
        """Where the list is read, in pixels. New rows get their heights one after another, so that the list may be too
        short for it at first."""
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(lambda: self._go_to(self._place))
        bar.valueChanged.connect(self._moved)
        self.setAccessibleName("History")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        body = QFrame()
        body.setProperty("surface", "panel")
        outer = QVBoxLayout(body)
        outer.setContentsMargins(24, 14, 24, 14)
        outer.setSpacing(0)
        self._column = QVBoxLayout()
        self._column.setSpacing(0)
        outer.addLayout(self._column)
        self._more = Button("Show more", "arrow-down", kind="quiet")
        self._more.clicked.connect(self._show_more)
        outer.addWidget(self._more, 0, Qt.AlignmentFlag.AlignHCenter)
        self.older = OlderLine()
        self._older_rule = rule()
        outer.addWidget(self._older_rule)
        outer.addWidget(self.older)
        outer.addStretch(1)
        self.setWidget(body)
        self.show_older(False)

    def start(self) -> None:
        """Begin with another ticket."""
        self._rows, self._shown = (), _PAGE
        clear_layout(self._column)
        self.show_older(False)
        self._go_to(0)

    def show_rows(self, rows: Sequence[HistoryRow], *, workable: bool = True, ticked: bool = False) -> None:
        """Show these, newest first; the place that is read stays. Unless `workable` only a voiding can be reverted.

        `ticked` says of each own change how far it has come.
        """
        if (tuple(rows), workable, ticked) == (self._rows, self._workable, self._ticked):
            return
        self._rows, self._workable, self._ticked = tuple(rows), workable, ticked
        self._rebuild()

    def _rebuild(self) -> None:
        place = self._place
        clear_layout(self._column)
        last: object = None
        for row in self._rows[: self._shown]:
            # What one person did within a minute stands under one head.
            act = (row.actor, row.happened_at // times.MINUTE, row.recorded_at // times.MINUTE)
            if act != last:
                if last is not None:
                    self._column.addSpacing(10)
                    self._column.addWidget(rule())
                    self._column.addSpacing(10)
                self._add(_ActLine(row))
                last = act
            line = _ChangeLine(row, workable=self._workable, ticked=self._ticked)
            line.revert_wanted.connect(lambda row=row: self.revert_wanted.emit(row))
            self._add(line)
        self._more.setVisible(len(self._rows) > self._shown)
        self.show_older(self._older_missing)
        self._go_to(place)

    def _go_to(self, place: int) -> None:
        """Show the list from a place on, or as near to it as it can be by now."""
        self.verticalScrollBar().setValue(place)
        self._place = place

    def _moved(self, place: int) -> None:
        self._place = place

    def _add(self, widget: QWidget) -> None:
        self._column.addWidget(widget)
        # Qt would show it with a later event, and until then the list would be too short for the place in it.
        widget.show()

    def show_older(self, missing: bool) -> None:
        """Whether the line that tells where the older history is ends the list, below the last row that is here."""
        self._older_missing = missing
        shown = missing and len(self._rows) <= self._shown
        if not shown and self.older.button.hasFocus():
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.older.setVisible(shown)
        self._older_rule.setVisible(shown)

    def _show_more(self) -> None:
        self._shown += _PAGE
        self._rebuild()


class _ActLine(QWidget):
    """Who did something and when; both times where it was written down later than it happened."""

    def __init__(self, row: HistoryRow) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 4)
        line.setSpacing(8)
        line.addWidget(Avatar(row.actor or "?", 24))
        line.addWidget(Label(row.actor or "Somebody", "strong"))
        when = Label(times.dtg(row.happened_at), "quiet", "quiet")
        when.setToolTip(f"{times.local(row.happened_at)} here")
        line.addWidget(when)
        if abs(row.recorded_at - row.happened_at) >= times.MINUTE:
            late = Label(f"recorded {times.dtg(row.recorded_at)}", "quiet", "warn")
            late.setToolTip("It was written down later than it happened")
            line.addWidget(late)
        line.addStretch(1)


class _ChangeLine(QWidget):
    revert_wanted = Signal()

    def __init__(self, row: HistoryRow, *, workable: bool, ticked: bool) -> None:
        super().__init__()
        self._row = row
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        line = QHBoxLayout(self)
        line.setContentsMargins(32, 3, 0, 3)
        line.setSpacing(12)
        name = Label(row.label, "body", "quiet", wrap=True)
        name.setFixedWidth(150)
        line.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        self._diff = QLabel()
        self._diff.setTextFormat(Qt.TextFormat.RichText)
        self._diff.setWordWrap(True)
        self._diff.setFont(theme.font("body"))
        self._diff.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        line.addWidget(self._diff, 1)
        if row.revertible:
            revert = Button("Revert", "arrow-counter-clockwise", kind="quiet")
            revert.setFont(theme.font("quiet-strong"))
            revert.setFixedHeight(26)
            revert.setToolTip(tip(f"Give {row.label} the value it had before: {row.before or 'empty'}"))
            revert.setAccessibleName(f"Revert {row.label} to {row.before or 'empty'}")
            revert.setEnabled(workable or row.kind == "void")
            revert.clicked.connect(lambda: self.revert_wanted.emit())
            line.addWidget(revert, 0, Qt.AlignmentFlag.AlignTop)
        if ticked and row.stage is not None:
            # In a line of their own at the right edge, whatever stands before.
            line.addWidget(Tick(row.stage), 0, Qt.AlignmentFlag.AlignTop)
        follow(self, self._write)

    def _write(self) -> None:
        row, tokens = self._row, theme.tokens
        if row.kind in ("set", "transition", "void") or row.before:
            self._diff.setText(
                diff_html(
                    row.before,
                    row.after,
                    gone=tokens.color("danger.text"),
                    came=tokens.color("good.text"),
                    quiet=tokens.quiet,
                )
            )
        else:
            self._diff.setText(_lines(row.after))

"""The boxes of a conflict: one for each version, one for both joined or another value, and texts with their changes."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from opsdesk.services import times
from opsdesk.services.conflicts import Conflict, Span, Version
from opsdesk.services.tickets import Priority
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import follow, theme
from opsdesk.ui.widgets.avatar import Avatar
from opsdesk.ui.widgets.button import Button, paint_focus_ring
from opsdesk.ui.widgets.label import KeyCap, Label
from opsdesk.ui.widgets.pill import Pill
from opsdesk.ui.widgets.pressable import Pressable

TONES = {"base": "neutral", "mine": "accent", "theirs": "violet", "shown": "good"}
"""Side → tone of its line."""


class SpanLabel(QLabel):
    """A text whose changes against another are marked: what was added on a ground, what was removed struck through."""

    def __init__(self, spans: Sequence[Span], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spans = tuple(spans)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setFont(theme.font("body"))
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        said = {"same": "{}", "added": "added: {};", "removed": "removed: {};"}
        self.setAccessibleName(" ".join(said[span.kind].format(span.text.strip()) for span in self._spans))
        follow(self, self._write)

    def _write(self) -> None:
        styles = {"same": ""}
        # With red light alone the grounds look alike.
        under = ";text-decoration:underline" if theme.tokens.name == "red" else ""
        for kind, tone, more in (("added", "good", under), ("removed", "danger", ";text-decoration:line-through")):
            colours = theme.tone(tone)
            styles[kind] = f"background-color:{colours.soft};color:{colours.on_soft}{more}"
        parts = []
        for span in self._spans:
            # The ground ends with the last letter, and what follows something removed stands apart from it.
            said = span.text.rstrip(" ")
            gap = " " * max(len(span.text) - len(said), span.kind == "removed")
            text = escape(said).replace("\n", "<br>")
            parts.append((f'<span style="{styles[span.kind]}">{text}</span>' if styles[span.kind] else text) + gap)
        # Lines a little apart, so that the grounds of two lines do not touch.
        self.setText(f'<div style="line-height:135%">{"".join(parts)}</div>')

    def minimumSizeHint(self) -> QSize:
        # How high it is follows from its width; alone it would ask for the height at its least width.
        return QSize(min(super().minimumSizeHint().width(), 96), self.fontMetrics().height())


def value_widget(conflict: Conflict, version: Version) -> QWidget:
    """A version's value: a text with its changes, a pill, or words."""
    if (version.text and conflict.kind == "text") or version.changes:
        return SpanLabel(version.changes or (Span("same", version.text),))
    tone = pill_tone(conflict, version.value)
    if tone and version.text:
        return Pill(version.text, tone)
    return Label(version.text or "none", "medium", "text" if version.text else "quiet", wrap=True)


def pill_tone(conflict: Conflict, value: object) -> str:
    """The tone in which a value of a field is shown as a pill; empty for plain words."""
    if conflict.field == "priority" and isinstance(value, int):
        return Priority(value).name.lower() if value in set(Priority) else "neutral"
    return "normal" if conflict.field == "state" else ""


def when(version: Version) -> str:
    """Where and when a version was written: `CP1, here · 22 1131Z`."""
    where = f"{version.where}, here" if version.here else version.where
    at = times.dtg(version.at, short=True) if version.at is not None else "before this desk joined"
    return " · ".join(part for part in (where, at) if part)


def note(conflict: Conflict, version: Version) -> str:
    """What a version is, beside its author."""
    if conflict.settlement is not None and version.value == conflict.settlement.value and version.side != "base":
        return "was taken"
    told = ""
    if version.side == "base":
        told = "before the split"
    elif version.shown and conflict.settlement is None:
        told = "the more severe, shown meanwhile" if conflict.severe else "shown meanwhile"
    return ", ".join(filter(None, (version.detail, told)))


class Cell(Pressable):
    """A box that can be chosen. Its children let presses through."""

    def __init__(self, words: str, *, plain: bool = False) -> None:
        super().__init__()
        self._plain = plain
        self.setCheckable(True)
        self.setAccessibleName(words)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(12, 9, 12, 10)
        self.column.setSpacing(6)

    def let_through(self) -> None:
        """Leave presses on the content to the box, but those on buttons."""
        for child in self.findChildren(QWidget):
            if not isinstance(child, Button):
                child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def nextCheckState(self) -> None:
        """What is chosen is said by the panel, not by the press."""

    def sizeHint(self) -> QSize:
        return self.column.totalSizeHint()

    def minimumSizeHint(self) -> QSize:
        return QSize(min(120, self.column.totalMinimumSize().width()), self.column.totalMinimumSize().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        pen = painter.pen()
        pen.setColor(theme.color("accent" if on else "good.mark" if self._plain else "line_strong"))
        pen.setWidthF(2 if on else 1)
        painter.setPen(pen)
        painter.setBrush(theme.color("chip" if on else "hover" if self.underMouse() else "surface"))
        painter.drawRoundedRect(box, 6, 6)
        if self.hasFocus():
            paint_focus_ring(painter, box)


class Circle(QWidget):
    """The mark at the right of a box: an empty circle, a tick when it is chosen."""

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell)
        self._cell = cell
        self.setFixedSize(18, 18)
        cell.toggled.connect(lambda _on: self.update())

    def paintEvent(self, event: QPaintEvent) -> None:
        on = self._cell.isChecked()
        colour = "accent" if on else "faint"
        paint_icon(QPainter(self), QRectF(self.rect()), "check-circle-fill" if on else "circle", colour, 18)


class VersionCell(Cell):
    """One version. `headed` boxes say their number, side and author; the others stand under a common head."""

    def __init__(self, conflict: Conflict, version: Version, *, headed: bool) -> None:
        who = f"{version.author.name}, " if version.author else ""
        value_words = f"{version.number}, {version.label}: {version.text or 'none'}."
        super().__init__(f"{value_words} {who}{when(version)}. {note(conflict, version)}")
        self.version = version
        value = value_widget(conflict, version)
        top = QHBoxLayout()
        top.setSpacing(8)
        if headed:
            top.addWidget(KeyCap(str(version.number)))
            top.addWidget(Label(version.label, "strong", "quiet" if version.side == "base" else "text"))
            top.addStretch(1)
            top.addWidget(Circle(self))
            self.column.addLayout(top)
            self.column.addWidget(value)
            if version.detail:
                self.column.addWidget(Label(version.detail, "quiet", "quiet", wrap=True))
            self.column.addStretch(1)
            self.column.addLayout(_author(version))
        else:
            top.addWidget(value, 0 if isinstance(value, Pill) else 1, Qt.AlignmentFlag.AlignTop)
            if isinstance(value, Pill):
                top.addStretch(1)
            top.addWidget(Circle(self), 0, Qt.AlignmentFlag.AlignTop)
            self.column.addLayout(top)
            words = note(conflict, version)
            if words:
                self.column.addWidget(Label(words, "quiet", "quiet", wrap=True))
            self.column.addStretch(1)
        self.let_through()


def _author(version: Version) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    name = version.author.name if version.author else "Somebody"
    row.addWidget(Avatar(name, 24))
    words = QVBoxLayout()
    words.setSpacing(0)
    words.addWidget(Label(name, "quiet-strong"))
    words.addWidget(Label(when(version), "quiet", "quiet", wrap=True))
    row.addLayout(words, 1)
    return row


class Head(QFrame):
    """The common head of a column: number, side, author, where and when, under a line in the side's colour."""

    def __init__(self, version: Version) -> None:
        super().__init__()
        self.setProperty("surface", "card")
        self._tone = TONES[version.side]
        name = version.author.name if version.author else ""
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(KeyCap(str(version.number)))
        top.addWidget(Label(version.label, "strong"))
        top.addStretch(1)
        if name:
            top.addWidget(Label(name, "quiet-medium"))
            top.addWidget(Avatar(name, 24))
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 8)
        column.setSpacing(2)
        column.addLayout(top)
        column.addWidget(Label(when(version), "quiet", "quiet", wrap=True))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.fillRect(QRectF(8, 0, self.width() - 16, 3), theme.color(f"{self._tone}.mark"))


class ResultCell(Cell):
    """Both joined, or another value. Signals: `edit_wanted`."""

    edit_wanted = Signal()

    def __init__(self, conflict: Conflict, number: int) -> None:
        joined = conflict.joined is not None
        title = "Both, joined" if joined else "Write the text" if conflict.kind == "text" else "Another value"
        hint = "the changes do not overlap" if joined else "the changes overlap" if conflict.kind == "text" else ""
        super().__init__(f"{number}, {title}. {hint}. {conflict.joined or ''}", plain=joined)
        self._conflict = conflict
        self.word = "both" if joined else "write" if conflict.kind == "text" else "other"
        """What its key does, in one word."""
        row = QHBoxLayout()
        row.setSpacing(10)
        left = QVBoxLayout()
        left.setSpacing(6)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(KeyCap(str(number)))
        head.addWidget(Label(title, "strong", "good" if joined else "text"))
        head.addWidget(Label(hint, "quiet", "quiet"))
        head.addStretch(1)
        left.addLayout(head)
        self._typed = Label("", "body", wrap=True)
        self._typed.hide()
        if joined:
            self._text: QWidget | None = SpanLabel(conflict.joined_changes)
            left.addWidget(self._text)
        else:
            self._text = None
        left.addWidget(self._typed)
        row.addLayout(left, 1)
        self.edit = Button("Edit", "pencil-simple", key="E")
        self.edit.clicked.connect(lambda: self.edit_wanted.emit())
        row.addWidget(self.edit, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(Circle(self), 0, Qt.AlignmentFlag.AlignTop)
        self.column.addLayout(row)
        self.let_through()

    def show_typed(self, text: str | None) -> None:
        """Show what was written instead of what is offered; None for the offer."""
        self._typed.setText(text or "none")
        self._typed.setVisible(text is not None)
        if self._text is not None:
            self._text.setVisible(text is None)
        self.updateGeometry()

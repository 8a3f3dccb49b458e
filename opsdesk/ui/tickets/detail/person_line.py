"""Small lines of the sidebar: a person with a role, overlapping avatars, a section with its title."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from opsdesk.services.tickets import Named
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.avatar import Avatar, paint_avatar
from opsdesk.ui.widgets.button import Button
from opsdesk.ui.widgets.label import ElidedLabel, Label, rule

_DISC = 26
_OVERLAP = 8
_SHOWN = 5


class Section(QWidget):
    """A part of the sidebar with its title and, at the right, a link. Signals: `linked` when that is pressed."""

    linked = Signal()

    def __init__(self, title: str, link: str = "", *, first: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        if not first:
            outer.addWidget(rule())
        self.body = QVBoxLayout()
        self.body.setContentsMargins(16, 12, 16, 14)
        self.body.setSpacing(8)
        outer.addLayout(self.body)
        head = QHBoxLayout()
        self.title = Label(title, "quiet-strong", "quiet")
        head.addWidget(self.title)
        head.addStretch(1)
        self.link = Button(link, kind="link")
        self.link.setFont(theme.font("quiet-strong"))
        if not link:
            self.link.hide()
        self.link.clicked.connect(lambda: self.linked.emit())
        self.link.setMaximumHeight(22)
        head.addWidget(self.link)
        self.body.addLayout(head)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)


class PersonLine(QWidget):
    """A person with avatar, unit and what they are here."""

    def __init__(self, role: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._avatar = Avatar("", 24)
        self._name = ElidedLabel("")
        self._role = Label(role, "quiet", "quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._avatar)
        row.addWidget(self._name, 1)
        row.addWidget(self._role)

    def show_person(self, name: str, unit: str = "", *, nobody: str = "") -> None:
        """Show a name with the unit behind it; `nobody` stands quietly where there is none."""
        self._avatar.setVisible(bool(name))
        self._avatar.set_name(name)
        self._name.setText(f"{name}, {unit}" if name and unit else name or nobody)
        self._name.set_tone("text" if name else "quiet")


class Discs(QWidget):
    """Avatars that overlap. Signals: `pressed` with the person whose disc was clicked."""

    pressed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._people: tuple[Named, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_people(self, people: Sequence[Named]) -> None:
        """Show these people, the first few as discs, the rest as a number."""
        self._people = tuple(people)
        self.setAccessibleName(", ".join(person.name for person in people))
        self.updateGeometry()
        self.update()

    @property
    def _discs(self) -> tuple[Named, ...]:
        return self._people if len(self._people) <= _SHOWN else self._people[: _SHOWN - 1]

    def _place(self, number: int) -> QRectF:
        return QRectF(number * (_DISC - _OVERLAP), 0, _DISC, _DISC)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        more = len(self._people) - len(self._discs)
        for number in range(len(self._discs) + bool(more)):
            place = self._place(number)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("zebra"))
            painter.drawEllipse(place)
            inner = place.adjusted(1.5, 1.5, -1.5, -1.5)
            if number < len(self._discs):
                paint_avatar(painter, inner, self._people[number].name)
            else:
                painter.setBrush(theme.color("neutral.soft"))
                painter.drawEllipse(inner)
                painter.setFont(theme.font("small-strong"))
                painter.setPen(theme.color("neutral.on_soft"))
                painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, f"+{more}")

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), "\n".join(person.name for person in self._people), self)
            return True
        return super().event(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        for number, person in reversed(list(enumerate(self._discs))):
            if self._place(number).contains(event.position()):
                self.pressed.emit(person)
                return

    def sizeHint(self) -> QSize:
        count = min(len(self._people), _SHOWN)
        return QSize(_DISC + (count - 1) * (_DISC - _OVERLAP) if count else 0, _DISC)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

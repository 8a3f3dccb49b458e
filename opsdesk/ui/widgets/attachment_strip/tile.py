"""One file as a tile: a thumbnail or a sign of its kind, its name, its size, and where it is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetrics, QImage, QKeyEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from opsdesk.services.files import FileRow, Prepared, Shown, Taking, Whereabouts, size_text
from opsdesk.ui.resources import paint_icon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.button import paint_focus_ring
from opsdesk.ui.widgets.tip import tip

_WIDTH, _HEIGHT, _SIGN = 268, 72, 56
SIGNS = {
    "picture": "image", "PDF": "file-pdf", "text": "file-text", "archive": "archive", "spreadsheet": "table",
    "document": "article", "slides": "presentation-chart", "sound": "speaker-high", "film": "film-strip",
}  # fmt: skip
STATES = {
    Whereabouts.HERE: ("check", "quiet"),
    Whereabouts.SHARED: ("check", "quiet"),
    Whereabouts.WAITS: ("arrow-up", "accent.text"),
    Whereabouts.SENDING: ("arrow-up", "accent.text"),
    Whereabouts.AT_SOURCE: ("arrow-down", "link"),
    Whereabouts.COMING: ("arrow-down", "link"),
    Whereabouts.NOT_YET: ("hourglass", "warn.text"),
    Whereabouts.TROUBLE: ("warning", "danger.text"),
}


class Tile(QAbstractButton):
    """The tile. Signals: `clicked` (Space, Enter or a press), `taken_away` by Delete, `moved` (-1 or 1) by arrows."""

    taken_away = Signal()
    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row: FileRow | None = None
        self.taking: Taking | None = None
        self.prepared: Prepared | None = None
        self._picture: QImage | None = None
        self._sign, self._name, self._about = "file", "", ""
        self._state: tuple[str, str, str] = ("", "quiet", "")
        self._progress = -1.0
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(_WIDTH, _HEIGHT)

    @property
    def state_text(self) -> str:
        """Where the file is, as it is shown."""
        return self._state[2]

    def show_row(self, row: FileRow) -> None:
        """Show an attached file."""
        self.row, self.taking = row, None
        icon, tone = STATES[row.where]
        self._sign = SIGNS.get(row.kind.word, "file")
        moving = row.where in (Whereabouts.SENDING, Whereabouts.COMING) and row.size
        self._progress = row.moved / row.size if moving else -1.0
        about = f"{row.size_text}, {row.by}" if row.by else row.size_text
        self._show(row.name, about, (icon, tone, row.state_text))

    def show_prepared(self, file: Prepared, sign: str) -> None:
        """Show a file that will be attached when the form is sent; `sign` is the word of its kind."""
        self.prepared, self.taking, self._progress = file, None, -1.0
        self._sign = SIGNS.get(sign, "file")
        self._show(file.name, size_text(file.size), ("check", "quiet", "Kept with the draft"))

    def show_taking(self, taking: Taking) -> None:
        """Show a file that is being taken in."""
        self.taking = taking
        self._progress = taking.done / taking.size if taking.size else 0.0
        self._show(taking.name, size_text(taking.size) if taking.size else "", ("hourglass", "quiet", "Being read"))

    def show_picture(self, image: QImage | None) -> None:
        """Show a thumbnail instead of the sign."""
        self._picture = image
        self.update()

    def _show(self, name: str, about: str, state: tuple[str, str, str]) -> None:
        self._name, self._about, self._state = name, about, state
        self.setAccessibleName(", ".join(part for part in (name, about, state[2]) if part))
        self.setToolTip(tip("\n".join(part for part in (name, about, state[2]) if part)))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(theme.color("line_strong" if self.underMouse() else "line"))
        painter.setBrush(theme.color("hover" if self.underMouse() else "surface"))
        painter.drawRoundedRect(box, 8, 8)
        self._paint_sign(painter, QRectF(8, 8, _SIGN, _SIGN))
        left, room = float(_SIGN + 20), float(_WIDTH - _SIGN - 30)
        self._line(painter, QRectF(left, 9, room, 18), "strong", "text", self._name)
        self._line(painter, QRectF(left, 28, room, 16), "quiet", "quiet", self._about)
        icon, tone, words = self._state
        paint_icon(painter, QRectF(left, 46, 14, 16), icon, tone, 13)
        self._line(painter, QRectF(left + 18, 46, room - 18, 16), "quiet", tone, words)
        if self._progress >= 0:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("line"))
            painter.drawRoundedRect(QRectF(left, 65, room, 3), 1.5, 1.5)
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(QRectF(left, 65, max(3.0, room * min(1.0, self._progress)), 3), 1.5, 1.5)
        if self.hasFocus():
            paint_focus_ring(painter, box, radius=8)

    def _line(self, painter: QPainter, place: QRectF, role: str, tone: str, words: str) -> None:
        painter.setFont(theme.font(role))
        painter.setPen(theme.color(tone))
        middle = Qt.TextElideMode.ElideMiddle
        shown = QFontMetrics(painter.font()).elidedText(words, middle, int(place.width()))
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_sign(self, painter: QPainter, place: QRectF) -> None:
        picture = self._picture
        if picture is None:
            painter.setPen(Qt.PenStyle.NoPen)
            tone = "danger" if self._sign == "file-pdf" else "accent"
            painter.setBrush(theme.color(f"{tone}.soft"))
            painter.drawRoundedRect(place, 6, 6)
            paint_icon(painter, place, self._sign, f"{tone}.on_soft", 26)
            return
        path = QPainterPath()
        path.addRoundedRect(place, 6, 6)
        painter.save()
        painter.setClipPath(path)
        side = min(picture.width(), picture.height())
        middle = QRectF((picture.width() - side) / 2, (picture.height() - side) / 2, side, side)
        painter.drawImage(place, picture, middle)
        if theme.tokens.name == "red":
            # A photo in its own colours would end the eye's adaptation to the dark.
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
            painter.fillRect(place, theme.color("text"))
        painter.restore()

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, _HEIGHT)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif key == Qt.Key.Key_Delete or (key == Qt.Key.Key_Escape and self.taking is not None):
            self.taken_away.emit()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Up):
            self.moved.emit(-1)
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Down):
            self.moved.emit(1)
        else:
            super().keyPressEvent(event)


def is_picture(row: FileRow) -> bool:
    """Whether a thumbnail can be made of a file that is here."""
    return row.here and row.kind.shown is Shown.PICTURE

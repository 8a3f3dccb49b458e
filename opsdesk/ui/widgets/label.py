"""Labels: text in a font role and a colour tone, one that elides, and a key cap."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QWidget

from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.tip import tip

_WORD_WIDTH = 96
"""The least width that a wrapped label asks for, in pixels; a longer word is parted where its line ends."""
_SHORT = 8
"""Letters of a word that has room in any label."""
_GAP = "\u200b"


class Label(QLabel):
    """Plain text in a font role (`body`, `title`, …) and a tone (`text`, `quiet`, `link`, or a tone of the theme).

    A wrapped one never widens what it stands in: a word without room in a line goes on in the next.
    """

    def __init__(
        self,
        text: str = "",
        role: str = "body",
        tone: str = "text",
        parent: QWidget | None = None,
        *,
        wrap: bool = False,
        most_lines: int = 0,
    ) -> None:
        """With `most_lines` a wrapped text is cut with … after so many, and then tells the whole in its tooltip."""
        super().__init__(parent)
        self._words, self._widest, self._most = "", 0, most_lines
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.font(role))
        self.setProperty("tone", tone)
        self.setWordWrap(wrap)
        self.setText(text)

    def set_tone(self, tone: str) -> None:
        """Change the colour of the words."""
        if self.property("tone") != tone:
            self.setProperty("tone", tone)
            self.style().unpolish(self)
            self.style().polish(self)

    def text(self) -> str:
        """Return the text as it was set."""
        return self._words

    def setText(self, text: str) -> None:
        self._words = text
        if self.wordWrap():
            metrics = QFontMetrics(self.font())
            long = (word for word in text.split() if len(word) > _SHORT)
            self._widest = max((metrics.horizontalAdvance(word) for word in long), default=0)
        self._part()

    def _part(self) -> None:
        """Let words that are wider than the label go on in the next line, and cut what is more than its lines."""
        width = self.contentsRect().width()
        shown = _GAP.join(self._lines(width)[0]) if self._lays_out(width) else self._words
        if shown != super().text():
            super().setText(shown)
        if self._most:
            self.setToolTip("" if shown.replace(_GAP, "") == self._words else tip(self._words))

    def _lays_out(self, width: int) -> bool:
        """Whether the lines are set here, and not by Qt, which parts no words."""
        return width > 0 and bool(self._most or self._widest > width)

    def _lines(self, width: int) -> tuple[list[str], float]:
        """The pieces of the text between which a line must end, and the height of all, in pixels."""
        layout = QTextLayout(self._words.replace("\n", "\u2028"), self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        # Positions in a layout count UTF-16 units.
        units = self._words.encode("utf-16-le", "surrogatepass")
        pieces: list[str] = []
        begin, height = 0, 0.0
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(width)
            height += line.height()
            start = 2 * line.textStart()
            end = start + 2 * line.textLength()
            if line.lineNumber() + 1 == self._most and end < len(units):
                rest = _text(units[start:]).replace("\n", " ")
                cut = QFontMetrics(self.font()).elidedText(rest, Qt.TextElideMode.ElideRight, width)
                pieces += [_text(units[begin:start]), cut]
                break
            piece = _text(units[begin:end])
            if end == len(units) or not piece[-1:].isspace():
                pieces.append(piece)
                begin = end
        layout.endLayout()
        return pieces, height

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._most or self._widest:
            self._part()

    def heightForWidth(self, width: int) -> int:
        margins = self.contentsMargins()
        room = width - margins.left() - margins.right()
        if not self._lays_out(room):
            return super().heightForWidth(width)
        return ceil(self._lines(room)[1]) + margins.top() + margins.bottom()

    def sizeHint(self) -> QSize:
        width = self.minimumWidth()
        if self.wordWrap() and width == self.maximumWidth():
            return QSize(width, self.heightForWidth(width))
        return super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        least = super().minimumSizeHint()
        return QSize(min(least.width(), _WORD_WIDTH), least.height()) if self.wordWrap() else least


def _text(units: bytes) -> str:
    return units.decode("utf-16-le", "surrogatepass")


class ElidedLabel(Label):
    """One line that is cut with … where it does not fit, and then tells the whole in its tooltip."""

    def __init__(self, text: str = "", role: str = "body", tone: str = "text", parent: QWidget | None = None) -> None:
        self._whole = ""
        super().__init__("", role, tone, parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def text(self) -> str:
        """Return the whole text."""
        return self._whole

    def setText(self, text: str) -> None:
        self._whole = text
        self.setAccessibleName(text)
        self._fit()
        self.updateGeometry()

    def _fit(self) -> None:
        line = self._whole.replace("\n", " ")
        shown = QFontMetrics(self.font()).elidedText(line, Qt.TextElideMode.ElideRight, max(0, self.width()))
        super().setText(shown)
        self.setToolTip("" if shown == line else tip(self._whole))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self._whole) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self.sizeHint().height())


class KeyCap(QWidget):
    """A key as it stands on a keyboard: `Ctrl+K` in a small box."""

    def __init__(self, keys: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(keys)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_key_cap(painter, QRectF(self.rect()), self._keys)

    def sizeHint(self) -> QSize:
        return key_cap_size(self._keys)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


def key_cap_size(key: str) -> QSize:
    """Return the size of the box for one key."""
    metrics = QFontMetrics(theme.font("small"))
    return QSize(max(18, metrics.horizontalAdvance(key) + 11), 18)


def paint_key_cap(
    painter: QPainter, rect: QRectF, key: str, ground: str = "surface", edge: str = "line_strong", words: str = "quiet"
) -> None:
    """Draw one key cap into `rect` in the colour tokens given."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(theme.color(edge))
    painter.setBrush(theme.color(ground))
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    painter.setFont(theme.font("small"))
    painter.setPen(theme.color(words))
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, key)
    painter.restore()


def rule(vertical: bool = False, parent: QWidget | None = None) -> QFrame:
    """Return a thin line that parts two areas."""
    line = QFrame(parent)
    line.setProperty("rule", "v" if vertical else "h")
    return line


def surface(kind: str, parent: QWidget | None = None) -> QFrame:
    """Return a frame with the ground of `kind`: card, panel, sunken, window, note, error."""
    frame = QFrame(parent)
    frame.setProperty("surface", kind)
    return frame

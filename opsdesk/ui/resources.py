"""Fonts and icons: Inter from the fetched assets, Phosphor from QtAwesome's files, drawn in the theme's colours.

QtAwesome itself is not imported: it would load ten icon fonts (260 ms measured); its Phosphor files alone take 3 ms.
"""

from __future__ import annotations

import json
import logging
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, QTemporaryDir
from PySide6.QtGui import QFont, QFontDatabase, QIcon, QIconEngine, QPainter, QPixmap

from opsdesk import RESOURCES
from opsdesk.ui.theme import Tokens, theme

log = logging.getLogger(__name__)

FONT_FOLDER = RESOURCES / "assets" / "fonts"
_PHOSPHOR = "phosphor-1.3.0.ttf"
_CHARMAP = "phosphor-charmap-1.3.0.json"


@cache
def load_fonts(folder: Path = FONT_FOLDER) -> tuple[str, ...]:
    """Register the bundled text fonts and return their families; the system's font stays where they are missing."""
    families: dict[str, None] = {}
    for path in sorted(folder.glob("**/*.ttf")):
        number = QFontDatabase.addApplicationFont(str(path))
        families |= dict.fromkeys(QFontDatabase.applicationFontFamilies(number))
    if not families:
        log.warning("The font Inter is not in %s; the system's font is used. `make setup` fetches it.", folder)
    return tuple(families)


@cache
def _phosphor() -> tuple[str, dict[str, str]]:
    """Return the family name of the icon font and the character of each icon."""
    spec = find_spec("qtawesome")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("QtAwesome is not installed; its Phosphor icons are needed")
    folder = Path(spec.submodule_search_locations[0]) / "fonts"
    number = QFontDatabase.addApplicationFont(str(folder / _PHOSPHOR))
    families = QFontDatabase.applicationFontFamilies(number)
    if not families:
        raise RuntimeError(f"Qt cannot load {_PHOSPHOR}")
    codes = json.loads((folder / _CHARMAP).read_text(encoding="utf-8"))
    return families[0], {name: chr(int(code, 16)) for name, code in codes.items()}


def has_icon(name: str) -> bool:
    """Say whether Phosphor has an icon of this name (`house`, `house-bold`, `house-fill`)."""
    return name in _phosphor()[1]


def paint_icon(painter: QPainter, rect: QRect | QRectF, name: str, colour: str = "quiet", size: int = 0) -> None:
    """Draw icon `name` in the middle of `rect` in a colour token, `size` pixels large (0: as high as the rect)."""
    family, codes = _phosphor()
    painter.save()
    painter.setFont(_icon_font(family, size or int(min(rect.width(), rect.height()))))
    painter.setPen(theme.color(colour))
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, codes[name])
    painter.restore()


def pixmap(name: str, colour: str = "quiet", size: int = 16, ratio: float = 1.0) -> QPixmap:
    """Return the icon as a pixmap of `size` logical pixels for a screen of `ratio` device pixels each."""
    return _pixmap(name, theme.tokens.color(colour), size, ratio)


def icon(name: str, colour: str = "quiet", active: str | None = None) -> QIcon:
    """Return an icon that is drawn in the theme's colours at the moment of painting.

    `colour` and `active` (for hovered, pressed or checked controls) are token names. Raises KeyError for an
    icon that Phosphor does not have.
    """
    if not has_icon(name):
        raise KeyError(name)
    return QIcon(_ThemedIcon(name, colour, active or colour))


class _ThemedIcon(QIconEngine):
    def __init__(self, name: str, colour: str, active: str) -> None:
        super().__init__()
        self._name, self._colour, self._active = name, colour, active

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        colour = self._colour
        if mode == QIcon.Mode.Disabled:
            colour = "faint"
        elif mode != QIcon.Mode.Normal or state == QIcon.State.On:
            colour = self._active
        paint_icon(painter, rect, self._name, colour)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        # `size` is already in device pixels here; the caller sets the ratio on what it gets.
        result = QPixmap(size)
        result.fill(Qt.GlobalColor.transparent)
        painter = QPainter(result)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return result

    def clone(self) -> QIconEngine:
        return _ThemedIcon(self._name, self._colour, self._active)


@cache
def _icon_font(family: str, pixels: int) -> QFont:
    font = QFont(family)
    font.setPixelSize(max(1, pixels))
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


@cache
def _pixmap(name: str, colour: str, size: int, ratio: float) -> QPixmap:
    family, codes = _phosphor()
    result = QPixmap(round(size * ratio), round(size * ratio))
    result.setDevicePixelRatio(ratio)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    painter.setFont(_icon_font(family, size))
    painter.setPen(colour)
    painter.drawText(QRectF(0, 0, size, size), Qt.AlignmentFlag.AlignCenter, codes[name])
    painter.end()
    return result


_GLYPHS = {
    "down": ("caret-down-bold", "quiet", 12),
    "up": ("caret-up-bold", "quiet", 12),
    "check": ("check-bold", "on_accent", 12),
    "minus": ("minus-bold", "on_accent", 12),
    "dot": ("circle-fill", "on_accent", 8),
}


@cache
def _glyph_folder() -> QTemporaryDir:
    return QTemporaryDir()


def glyph_files(tokens: Tokens) -> dict[str, str]:
    """Write the marks that a style sheet can only take from files, and return their paths by name."""
    folder = Path(_glyph_folder().path())
    paths = {}
    for key, (name, colour, size) in _GLYPHS.items():
        path = folder / f"{key}-{tokens.name}.png"
        if not path.exists():
            _pixmap(name, tokens.color(colour), size, 1.0).save(str(path))
            _pixmap(name, tokens.color(colour), size, 2.0).save(str(path.with_stem(path.stem + "@2x")))
        paths[key] = path.as_posix()
    return paths

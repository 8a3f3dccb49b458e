"""The theme in force: one object that answers for colours, fonts and measures and repaints the program on a switch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from opsdesk.ui.theme.sheet import style_sheet
from opsdesk.ui.theme.tokens import DARK, LIGHT, THEMES, Tokens, Tone

FAMILY = "Inter"
FALLBACKS = ("Noto Sans", "Segoe UI", "Helvetica Neue", "DejaVu Sans")

# Pixels and weight of each role.
FONTS: dict[str, tuple[int, QFont.Weight]] = {
    "body": (13, QFont.Weight.Normal),
    "medium": (13, QFont.Weight.Medium),
    "strong": (13, QFont.Weight.DemiBold),
    "quiet": (12, QFont.Weight.Normal),
    "quiet-medium": (12, QFont.Weight.Medium),
    "quiet-strong": (12, QFont.Weight.DemiBold),
    "small": (11, QFont.Weight.Normal),
    "small-strong": (11, QFont.Weight.DemiBold),
    "rail": (10, QFont.Weight.Medium),
    "rail-strong": (10, QFont.Weight.DemiBold),
    "badge": (10, QFont.Weight.DemiBold),
    "section": (15, QFont.Weight.DemiBold),
    "heading": (17, QFont.Weight.DemiBold),
    "title": (20, QFont.Weight.DemiBold),
    "field-large": (18, QFont.Weight.Normal),
    "figure": (26, QFont.Weight.DemiBold),
}

# Heights and widths in logical pixels; the factor of 100–200 % is applied by Qt to all of them alike.
RAIL_WIDTH = 72
RAIL_WIDTH_COLLAPSED = 56
TOPBAR_HEIGHT = 56
STATUSBAR_HEIGHT = 28
TABLE_HEADER_HEIGHT = 32
CONTROL_HEIGHT = 32
RADIUS = 6
RADIUS_CARD = 8
GRID = 8
ROW_HEIGHTS = {"normal": 36, "dense": 28}


class Theme(QObject):
    """Which token table, density and key hints are in force.

    `changed` is emitted after a switch of theme or density, when palette and style sheet are already set.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tokens: Tokens = LIGHT
        self.choice = "light"
        self.density = "normal"
        self._application: QApplication | None = None
        self._glyphs: Callable[[Tokens], dict[str, str]] | None = None

    # -- asking ------------------------------------------------------------------------------------------

    def color(self, name: str) -> QColor:
        """Return the colour of a token (`"quiet"`) or of a part of a tone (`"urgent.mark"`)."""
        return _qcolor(self.tokens.color(name))

    def tone(self, name: str) -> Tone:
        """Return the tone called `name`; an unknown one is shown as neutral."""
        return self.tokens.tones.get(name) or self.tokens.tones["neutral"]

    def font(self, role: str = "body") -> QFont:
        """Return the font for a role of `FONTS`.

        A role with a `#` at its end ("quiet#") has figures of one width, for numbers that stand below each other or
        change in place. Inter widens the hyphen with them, so that words do not take them.
        """
        return QFont(_font(role))

    @property
    def row_height(self) -> int:
        """Height of a table row in pixels at the density in force."""
        return ROW_HEIGHTS[self.density]

    # -- switching ---------------------------------------------------------------------------------------

    def install(self, application: QApplication, glyphs: Callable[[Tokens], dict[str, str]]) -> None:
        """Take over the look of `application`: style, font, palette, style sheet.

        `glyphs` returns the image files of the small marks in a token table's colours.
        """
        if self._application is not application:
            application.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._application, self._glyphs = application, glyphs
        application.setStyle("Fusion")
        application.setFont(self.font("body"))
        QToolTip.setFont(self.font("quiet"))
        self._dress()

    def switch(self, choice: str) -> None:
        """Use the theme `light`, `dark` or `red`, or `system` for what the operating system asks for."""
        tokens = THEMES.get(choice) or system_theme()
        self.choice = choice
        if tokens is self.tokens:
            return
        self.tokens = tokens
        self._dress()
        self.changed.emit()

    def set_density(self, density: str) -> None:
        """Use rows of `normal` or `dense` height."""
        if density not in ROW_HEIGHTS:
            raise ValueError(f"no density {density!r}")
        if density != self.density:
            self.density = density
            self.changed.emit()

    def _follow_system(self) -> None:
        if self.choice == "system":
            self.switch("system")

    def _dress(self) -> None:
        if self._application is None or self._glyphs is None:
            return
        self._application.setPalette(palette(self.tokens))
        QToolTip.setPalette(palette(self.tokens))
        self._application.setStyleSheet(style_sheet(self.tokens, self._glyphs(self.tokens)))


theme = Theme()


def follow(owner: QObject, apply: Callable[[], None]) -> None:
    """Call `apply` now and after every change of the theme for as long as `owner` lives."""

    def run() -> None:
        if shiboken6.isValid(owner):
            apply()

    theme.changed.connect(run)
    owner.destroyed.connect(partial(_unfollow, run))
    apply()


def _unfollow(run: Callable[[], None]) -> None:
    # When the whole program ends, the theme may be gone before what follows it.
    if shiboken6.isValid(theme):
        theme.changed.disconnect(run)


def system_theme() -> Tokens:
    """Return the table for what the platform says; light where it says nothing."""
    hints = QGuiApplication.styleHints()
    return DARK if hints is not None and hints.colorScheme() == Qt.ColorScheme.Dark else LIGHT


def set_font(widget: QWidget, role: str) -> None:
    """Give `widget` the font of a role."""
    widget.setFont(theme.font(role))


def palette(tokens: Tokens) -> QPalette:
    """Return the Qt palette of a token table."""
    roles = {
        QPalette.ColorRole.Window: tokens.window,
        QPalette.ColorRole.WindowText: tokens.text,
        QPalette.ColorRole.Base: tokens.surface,
        QPalette.ColorRole.AlternateBase: tokens.zebra,
        QPalette.ColorRole.Text: tokens.text,
        QPalette.ColorRole.PlaceholderText: tokens.quiet,
        QPalette.ColorRole.Button: tokens.surface,
        QPalette.ColorRole.ButtonText: tokens.text,
        QPalette.ColorRole.BrightText: tokens.on_accent,
        QPalette.ColorRole.Highlight: tokens.selection,
        QPalette.ColorRole.HighlightedText: tokens.text,
        QPalette.ColorRole.Accent: tokens.accent,
        QPalette.ColorRole.Link: tokens.link,
        QPalette.ColorRole.LinkVisited: tokens.link,
        QPalette.ColorRole.ToolTipBase: tokens.bar,
        QPalette.ColorRole.ToolTipText: tokens.bar_text,
        QPalette.ColorRole.Light: tokens.surface,
        QPalette.ColorRole.Midlight: tokens.zebra,
        QPalette.ColorRole.Mid: tokens.line_strong,
        QPalette.ColorRole.Dark: tokens.line_strong,
        QPalette.ColorRole.Shadow: tokens.line_strong,
    }
    result = QPalette()
    for role, colour in roles.items():
        result.setColor(role, _qcolor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, _qcolor(tokens.faint))
    return result


@cache
def _qcolor(colour: str) -> QColor:
    return QColor(colour)


@cache
def _font(role: str) -> QFont:
    pixels, weight = FONTS[role.removesuffix("#")]
    families = (FAMILY, *FALLBACKS) if FAMILY in QFontDatabase.families() else FALLBACKS
    font = QFont()
    font.setFamilies(list(families))
    font.setPixelSize(pixels)
    font.setWeight(weight)
    font.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    if role.endswith("#"):
        font.setFeature(QFont.Tag("tnum"), 1)
    return font

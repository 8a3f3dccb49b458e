"""The fonts of a printed page, and what to do with signs that they do not have: say so, and never print something else.

Inter (SIL Open Font License 1.1) covers Latin, Greek and Cyrillic with all accents. It is embedded, so that the page
looks alike everywhere. Where it is not installed, the fonts that every PDF reader has stand in; they know Latin-1 only.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from opsdesk import RESOURCES

MISSING: Final = "\u25a1"
"""Stands for a sign that cannot be printed; Inter has it."""
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_FILES: Final = {
    "plain": "Inter_400Regular.ttf",
    "bold": "Inter_600SemiBold.ttf",
    "italic": "Inter_400Regular_Italic.ttf",
}
_STANDARD: Final = {"plain": "Helvetica", "bold": "Helvetica-Bold", "italic": "Helvetica-Oblique"}


@dataclass(frozen=True)
class Fonts:
    """Names of the fonts as the document knows them, and the signs that they have (None: those of Latin-1)."""

    plain: str
    bold: str
    italic: str
    known: frozenset[int] | None
    missing: str


@cache
def fonts(folder: Path = RESOURCES / "assets" / "fonts") -> Fonts:
    """Register the fonts with ReportLab."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    if not all((folder / name).is_file() for name in _FILES.values()):
        return Fonts(**_STANDARD, known=None, missing="?")
    known: set[int] | None = None
    for role, name in _FILES.items():
        font: Any = TTFont(f"Inter-{role}", folder / name)
        pdfmetrics.registerFont(font)
        signs = set(font.face.charToGlyph)
        known = signs if known is None else known & signs
    assert known is not None
    return Fonts("Inter-plain", "Inter-bold", "Inter-italic", frozenset(known), MISSING)


@dataclass
class Printable:
    """Makes texts printable, and remembers the signs that could not be printed."""

    fonts: Fonts
    lost: dict[str, int] = field(default_factory=dict)
    """Sign → how often."""

    def text(self, said: str) -> str:
        """The text in signs that the fonts have. What has no shape is left out, tabs are blanks."""
        out = []
        for sign in unicodedata.normalize("NFC", said).replace("\r\n", "\n").replace("\t", "    "):
            if sign == "\n" or self._has(sign):
                out.append(sign)
            elif sign in "\u2028\u2029":
                out.append("\n")
            elif unicodedata.category(sign) in _INVISIBLE - {"Cn", "Co"} and not 0xD800 <= ord(sign) <= 0xDFFF:
                continue
            elif unicodedata.combining(sign) or unicodedata.category(sign) == "Zs":
                out.append(" " if unicodedata.category(sign) == "Zs" else self._lose(sign))
            else:
                out.append(self._lose(sign))
        return "".join(out)

    def _has(self, sign: str) -> bool:
        if unicodedata.category(sign) in _INVISIBLE:
            return False
        if self.fonts.known is None:
            return 32 <= ord(sign) < 127 or 160 <= ord(sign) < 256
        return ord(sign) in self.fonts.known

    def _lose(self, sign: str) -> str:
        self.lost[sign] = self.lost.get(sign, 0) + 1
        return self.fonts.missing

    @property
    def note(self) -> str:
        """What could not be printed, in words; empty when everything was."""
        if not self.lost:
            return ""
        count = sum(self.lost.values())
        names = ", ".join(f"U+{ord(sign):04X} {unicodedata.name(sign, 'a sign')}" for sign in list(self.lost)[:6])
        more = " and others" if len(self.lost) > 6 else ""
        signs = "1 sign has" if count == 1 else f"{count:,} signs have"
        return (
            f"{signs} no shape in this font and stand as {self.fonts.missing}: {names}{more}. The program shows them."
        )

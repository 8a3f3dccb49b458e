"""The line that says what is still needed, each a link that leads to its field."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QWidget

from opsdesk.ui.theme import follow, theme

_SHOWN = 4


class Completeness(QLabel):
    """ "2 required left: Serial, Contact". Signals: `wanted` with the code of the field that was chosen.

    Tab reaches each link, Enter follows it.
    """

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._missing: tuple[tuple[str, str], ...] = ()
        self._to_fix: tuple[tuple[str, str], ...] = ()
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setFont(theme.font("quiet"))
        self.setWordWrap(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )
        self.linkActivated.connect(self.wanted)
        follow(self, self._write)

    @property
    def words(self) -> str:
        """The whole line without links."""
        fields = self._missing or self._to_fix
        if not fields:
            return "Complete"
        lead = f"{len(fields)} required left" if self._missing else f"{len(fields)} to fix"
        return f"{lead}: {', '.join(label for _, label in fields[:_SHOWN])}{' …' if len(fields) > _SHOWN else ''}"

    def show_missing(self, missing: Sequence[tuple[str, str]], to_fix: Sequence[tuple[str, str]] = ()) -> None:
        """Show the needed fields that are empty, or else those `to_fix`, as (code, label)."""
        now = tuple(missing), tuple(to_fix)
        if now != (self._missing, self._to_fix):
            self._missing, self._to_fix = now
            self._write()

    def _write(self) -> None:
        fields = self._missing or self._to_fix
        self.setAccessibleName(self.words)
        if not fields:
            self.setText(f'<span style="color:{theme.tokens.color("good.text")}">✓ Complete</span>')
            return
        tone = "text" if self._missing else "danger.text"
        lead = self.words.partition(":")[0]
        links = ", ".join(
            f'<a href="{escape(code)}" style="color:{theme.tokens.color("link")};text-decoration:none">'
            f"{escape(label)}</a>"
            for code, label in fields[:_SHOWN]
        )
        more = " …" if len(fields) > _SHOWN else ""
        self.setText(f'<span style="color:{theme.tokens.color(tone)};font-weight:600">{lead}:</span> {links}{more}')

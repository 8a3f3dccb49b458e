"""Tooltips of words that somebody wrote."""

from __future__ import annotations

from PySide6.QtGui import Qt


def tip(words: str) -> str:
    """Words as a tooltip that shows them as they are written.

    Qt takes for markup what looks like it, and would read the pictures that it names: from a disk or a share.
    """
    return Qt.convertFromPlainText(words, Qt.WhiteSpaceMode.WhiteSpaceNormal) if Qt.mightBeRichText(words) else words

"""Texts of strangers as plain letters: nothing in them is followed, run, or lets one letter stand for another."""

from __future__ import annotations

import codecs
import unicodedata
from typing import Final

TEXT_BYTES: Final = 5_000_000
MOST_LETTERS: Final = 200_000
MORE: Final = "\n\n… the rest is not shown here; save the file to read all of it"


def text(data: bytes) -> str:
    """The beginning of a text: UTF-8, UTF-16 with a mark, else Latin-1."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        said = data[: 2 * MOST_LETTERS + 2].decode("utf-16", errors="replace")
    else:
        piece = data[: 4 * MOST_LETTERS]
        try:
            said = piece.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            # The cut may have gone through a letter.
            whole = error.start >= len(piece) - 3 and len(data) > len(piece)
            said = piece[: error.start].decode("utf-8-sig") if whole else piece.decode("latin-1")
    shown = said[:MOST_LETTERS]
    more = len(said) > MOST_LETTERS or len(data) > 4 * MOST_LETTERS
    return "".join(map(_seen, shown)) + (MORE if more else "")


def _seen(letter: str) -> str:
    if letter in "\n\t":
        return letter
    if letter == "\r":
        return ""
    # Bidi overrides and the like would let a line look like another one.
    return "\ufffd" if unicodedata.category(letter) in ("Cc", "Cf") else letter

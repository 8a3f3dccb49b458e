"""Names of files from elsewhere, made harmless: one plain name, without a folder, that is what it looks like."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LONGEST: Final = 120
"""Letters of a name."""
_LONGEST_ENDING: Final = 20
_RESERVED = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?:[ .]|\Z)", re.IGNORECASE)
# Letters that a file system takes for something else.
_FORBIDDEN = re.compile(r'[<>:"|?*]')


def clean(name: str) -> str:
    """The name under which a file is kept: NFC, the last part of a path, without control characters, characters that
    turn the direction of writing, reserved names of Windows, and at most LONGEST letters with its ending kept."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    # Cc, Cf (bidi overrides, zero width), Cs, Co, Cn: none of them is seen, and some change what is seen.
    seen = "".join(" " if unicodedata.category(c) in ("Zl", "Zp") else c for c in last if not _unseen(c))
    made = _FORBIDDEN.sub("_", " ".join(seen.split())).strip(" .")
    if not made:
        return "file"
    if _RESERVED.match(made):
        made = f"_{made}"
    if len(made) <= LONGEST:
        return made
    stem, dot, ending = made.rpartition(".")
    if not dot or len(ending) > _LONGEST_ENDING:
        return made[:LONGEST].rstrip(" .")
    return stem[: LONGEST - len(ending) - 1].rstrip(" .") + "." + ending


def ending(name: str) -> str:
    """The ending of a name in lower case, without its dot; empty when it has none."""
    stem, dot, last = name.rpartition(".")
    return last.lower() if dot and stem else ""


def _unseen(character: str) -> bool:
    return unicodedata.category(character).startswith("C")

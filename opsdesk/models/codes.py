"""Codes and tags that people read aloud and type: Crockford's base 32, codes in groups of four."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Final

LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD: Final = str.maketrans("OIL", "011", "-– \t\r\n\u00a0")

SECRET_LETTERS: Final = 16
FINGERPRINT_LETTERS: Final = 20
"""Five bits each: a secret of 80 bits, 100 bits of the certificate authority's hash."""
CODE_LETTERS: Final = SECRET_LETTERS + FINGERPRINT_LETTERS

TAG_PATTERN: Final = rf"^[{LETTERS}]{{2,6}}(?!\n)$"
"""What the numbers of a station carry. A dollar alone would let a line end pass."""


class BadCode(ValueError):
    """A text that is no enrolment code."""


class BadTag(ValueError):
    """A text that is no tag of a station."""


@dataclass(frozen=True, slots=True)
class Code:
    """An enrolment code: the one-time secret, and by what the server is known."""

    secret: str
    fingerprint: str

    def __str__(self) -> str:
        letters = self.secret + self.fingerprint
        return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def new_secret() -> str:
    """The letters of a new one-time secret."""
    return "".join(secrets.choice(LETTERS) for _ in range(SECRET_LETTERS))


def fingerprint(digest: bytes) -> str:
    """The first letters of a hash (of at least 13 bytes)."""
    number = int.from_bytes(digest[:13], "big") >> 4
    return "".join(LETTERS[number >> 5 * place & 31] for place in reversed(range(FINGERPRINT_LETTERS)))


def letters_of(text: str) -> str:
    """The letters of a code as far as it is typed: case, hyphens and letters that look alike do not matter."""
    return text.upper().translate(_MISREAD)


def read(text: str) -> Code:
    """Read the whole code that a person typed. Raises BadCode."""
    letters = letters_of(text.strip())
    wrong = sorted(set(letters) - set(LETTERS))
    if wrong:
        raise BadCode(f"A code has no “{wrong[0]}”; it is made of digits and letters")
    if len(letters) != CODE_LETTERS:
        raise BadCode(f"A code has nine groups of four; {len(letters)} of {CODE_LETTERS} letters are here")
    return Code(letters[:SECRET_LETTERS], letters[SECRET_LETTERS:])


def read_tag(text: str) -> str:
    """Read a station's tag that a person typed. Raises BadTag."""
    tag = text.strip().upper()
    if not re.fullmatch(TAG_PATTERN, tag):
        raise BadTag("A tag has two to six letters and digits, without I, L, O and U")
    return tag

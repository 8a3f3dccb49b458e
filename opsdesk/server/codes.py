"""Codes that people read aloud and type: Crockford's base 32 in groups of four."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD: Final = str.maketrans("OIL", "011", "- ")

SECRET_LETTERS: Final = 16
FINGERPRINT_LETTERS: Final = 20
"""Five bits each: a secret of 80 bits, 100 bits of the certificate authority's hash."""


class BadCode(ValueError):
    """A text that is no enrolment code."""


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


def read(text: str) -> Code:
    """Read what a person typed: case, hyphens and letters that look alike do not matter. Raises BadCode."""
    letters = text.strip().upper().translate(_MISREAD)
    if len(letters) != SECRET_LETTERS + FINGERPRINT_LETTERS or set(letters) - set(LETTERS):
        raise BadCode("This is no enrolment code; it has nine groups of four letters and digits")
    return Code(letters[:SECRET_LETTERS], letters[SECRET_LETTERS:])

"""Short access tokens and the proofs that a device signs. A token names only a person and a device.

What the person may do is looked up for each request, so that taking a right away works at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from opsdesk.models.base import Id
from opsdesk.server.certificates import write_secret
from opsdesk.sync.transports.proofs import said

ACCESS_MS: Final = 600_000
CHALLENGE_MS: Final = 120_000


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom an access token names."""

    person: Id
    dev: Id


class TokenKey:
    """The server's Ed25519 key for tokens. All servers of one address hold the same."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self._public = key.public_key()

    @classmethod
    def make(cls, path: Path) -> TokenKey:
        """Make a key and keep it in `path`."""
        key = Ed25519PrivateKey.generate()
        write_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return cls(key)

    @classmethod
    def load(cls, path: Path) -> TokenKey:
        """Read the key from `path`."""
        key = load_pem_private_key(path.read_bytes(), None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError(f"{path} holds another kind of key")
        return cls(key)

    def access(self, bearer: Bearer, now: int) -> str:
        """An access token for ten minutes from `now` (UTC ms)."""
        return self._sign({"sub": bearer.person.hex(), "dev": bearer.dev.hex()}, "access", now + ACCESS_MS)

    def challenge(self, now: int) -> str:
        """What a device signs to log in; good for two minutes."""
        return self._sign({}, "log-in", now + CHALLENGE_MS)

    def bearer(self, token: str, now: int) -> Bearer | None:
        """Whom a token names; None for a token that is false or over."""
        claims = self._read(token, "access", now)
        if claims is None:
            return None
        try:
            return Bearer(bytes.fromhex(str(claims["sub"])), bytes.fromhex(str(claims["dev"])))
        except (KeyError, ValueError):
            return None

    def is_challenge(self, token: str, now: int) -> bool:
        """Whether this server gave the challenge, lately."""
        return self._read(token, "log-in", now) is not None

    def _sign(self, claims: dict[str, str], use: str, until: int) -> str:
        return jwt.encode({**claims, "aud": use, "exp": until // 1000}, self._key, "EdDSA")

    def _read(self, token: str, use: str, now: int) -> dict[str, object] | None:
        try:
            # The time is an argument here, as everywhere.
            claims: dict[str, object] = jwt.decode(
                token, self._public, ["EdDSA"], audience=use, options={"verify_exp": False, "require": ["exp", "aud"]}
            )
        except jwt.InvalidTokenError:
            return None
        until = claims["exp"]
        return claims if isinstance(until, int) and now // 1000 < until else None


def proves(key: bytes, signature: bytes, purpose: bytes, *parts: bytes) -> bool:
    """Whether `signature` is that of the device with the public `key` under a purpose and what belongs to it."""
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, said(purpose, *parts))
    except (InvalidSignature, ValueError):
        return False
    return True

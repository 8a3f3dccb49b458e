"""Short access tokens, refresh tokens, and the proofs that a device signs. A token names only a person and a device.

What the person may do is looked up for each request, so that taking a right away works at once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
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
_SEAL: Final = 16
"""Bytes of what shows that a refresh token is ours."""
_PARTS: Final = (16, 2, 5, 16)
"""Bytes of a refresh token: the device, the life of the database, the second of its end, and what nobody knows."""


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
        self._seals = hashlib.sha256(b"opsdesk refresh" + key.private_bytes_raw()).digest()

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

    def refresh(self, dev: Id, life: int, until: int) -> str:
        """A new refresh token of a device, good until then (UTC ms). It is kept as a hash; that it is ours shows also
        where a restored database, which is in a later life, has lost it."""
        said = dev + life.to_bytes(2, "big") + (until // 1000).to_bytes(5, "big") + secrets.token_bytes(_PARTS[-1])
        return base64.urlsafe_b64encode(said + self._seal(said)).decode().rstrip("=")

    def given(self, token: str, now: int) -> tuple[Id, int] | None:
        """To which device this server gave a refresh token, and in which life; None when it did not, or it is over."""
        try:
            whole = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (binascii.Error, ValueError):
            return None
        said, seal = whole[:-_SEAL], whole[-_SEAL:]
        if len(said) != sum(_PARTS) or not hmac.compare_digest(seal, self._seal(said)):
            return None
        dev, life, until = said[:16], int.from_bytes(said[16:18], "big"), int.from_bytes(said[18:23], "big")
        return (dev, life) if now // 1000 < until else None

    def _seal(self, said: bytes) -> bytes:
        return hmac.digest(self._seals, said, "sha256")[:_SEAL]

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

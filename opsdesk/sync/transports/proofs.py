"""What a device signs to prove itself, the same at both ends."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ENROL: Final = b"opsdesk enrol\0"
REFRESH: Final = b"opsdesk refresh\0"
LOG_IN: Final = b"opsdesk log-in\0"
RENAME: Final = b"opsdesk rename\0"
"""What a device signs begins with the purpose, so that no signature serves for another."""


def said(purpose: bytes, *parts: bytes) -> bytes:
    """What a device signs: the purpose, then the hash of each part, so that no part runs into the next."""
    return purpose + b"".join(hashlib.sha256(part).digest() for part in parts)


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """The Ed25519 key of a device, by its 32 private bytes."""

    private: bytes

    @classmethod
    def make(cls) -> DeviceKey:
        """A new key."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.private).public_key().public_bytes_raw()

    def sign(self, purpose: bytes, *parts: bytes) -> bytes:
        """A proof for one purpose over some parts."""
        return Ed25519PrivateKey.from_private_bytes(self.private).sign(said(purpose, *parts))

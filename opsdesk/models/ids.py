"""Identities: UUIDv7 for new records, a derived UUIDv8 where two desks must name the same record."""

from __future__ import annotations

import hashlib
import os

from opsdesk.models.base import Id


def new_id(now_ms: int, randomness: bytes | None = None) -> Id:
    """A UUIDv7 (RFC 9562) for the time `now_ms` (UTC milliseconds). `randomness` (10 bytes) makes it repeatable."""
    tail = bytearray(os.urandom(10) if randomness is None else randomness)
    tail[0] = 0x70 | (tail[0] & 0x0F)
    tail[2] = 0x80 | (tail[2] & 0x3F)
    return (now_ms & 0xFFFF_FFFF_FFFF).to_bytes(6, "big") + bytes(tail)


def derived(subject: Id, name: str) -> Id:
    """A UUIDv8 that every desk computes alike from a record and a name."""
    digest = bytearray(hashlib.blake2b(name.encode(), digest_size=16, key=subject).digest())
    digest[6] = 0x80 | (digest[6] & 0x0F)
    digest[8] = 0x80 | (digest[8] & 0x3F)
    return bytes(digest)

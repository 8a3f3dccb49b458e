"""The hash chain of a device's changes: it tells two devices apart that share one identity (a copied disk).

Each change's digest covers the digest before it and all that the change says, but not `old`, which is only sent on
demand. So a change sent again is recognised, whatever batch it comes in.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

import msgspec

from opsdesk.sync.core.messages import Batch, Change

SIZE: Final = 8
"""Bytes of a digest: it guards against accidents; a signature guards against forgery."""
SHORT: Final = 4
"""Bytes by which a digest is named on the wire, and by which the next one covers it.

A change that both sides hold is compared by the whole digest. These few only join one change to the next, so that a
copied disk passes unseen once in four thousand million copies, and only where the change before was never compared."""

_encoder = msgspec.msgpack.Encoder()


def genesis(dev: bytes) -> bytes:
    """The digest before the first change of a device."""
    return blake2b(dev, digest_size=SIZE, person=b"opsdesk chain").digest()


def short(digest: bytes) -> bytes:
    """The first bytes of a digest."""
    return digest[:SHORT]


def link(before: bytes, change: Change) -> bytes:
    """The digest after a change; `before` is the digest before it, or what is short for that."""
    said = msgspec.structs.replace(change, values=dict(sorted(change.values.items())), old=None)
    return blake2b(short(before) + _encoder.encode(said), digest_size=SIZE).digest()


def digests(batch: Batch) -> Iterator[tuple[Change, bytes, bytes]]:
    """Each change of a batch with the short digest before it and its own whole one."""
    changes = iter(batch.changes)
    for run in batch.runs:
        digest = run.prev
        for _, change in zip(range(run.count), changes, strict=False):
            before, digest = short(digest), link(digest, change)
            yield change, before, digest

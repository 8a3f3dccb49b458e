"""The hash chain of a device's changes: it tells two devices apart that share one identity (a copied disk).

Each change's digest covers the digest before it and all that the change says, but not `old`, which is only sent on
demand. So a change sent again is recognised, whatever batch it comes in.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import msgspec

from opsdesk.sync.core.messages import Batch, Change

SIZE = 8
"""Bytes of a digest: it guards against accidents; a signature guards against forgery."""

_encoder = msgspec.msgpack.Encoder()


def genesis(dev: bytes) -> bytes:
    """The digest before the first change of a device."""
    return blake2b(dev, digest_size=SIZE, person=b"opsdesk chain").digest()


def link(before: bytes, change: Change) -> bytes:
    """The digest after a change."""
    said = msgspec.structs.replace(change, values=dict(sorted(change.values.items())), old=None)
    return blake2b(before + _encoder.encode(said), digest_size=SIZE).digest()


def digests(batch: Batch) -> Iterator[tuple[Change, bytes, bytes]]:
    """Each change of a batch with the digest before it and its own."""
    changes = iter(batch.changes)
    for run in batch.runs:
        digest = run.prev
        for _, change in zip(range(run.count), changes, strict=False):
            before, digest = digest, link(digest, change)
            yield change, before, digest

"""Files to attach, made in memory: small, and as wrong as a test needs them."""

from __future__ import annotations

import struct
import zlib
from typing import Any

from opsdesk.services import files
from opsdesk.services.files import Prepared


def png(width: int = 40, height: int = 30, *, said: tuple[int, int] | None = None) -> bytes:
    """A grey picture; `said` are the pixels that its head claims to have."""
    shown = said or (width, height)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", *shown, 8, 0, 0, 0, 0))
    rows = zlib.compress(b"".join(b"\x00" + bytes([row * 255 // height]) * width for row in range(height)))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def taken(desk: Any, data: bytes, name: str) -> Prepared:
    """Take bytes in and wait for it."""
    prepared: Prepared = desk.files.take_bytes(data, name).future.result()
    return prepared


def attached(desk: Any, ticket: bytes, data: bytes, name: str) -> bytes:
    """Attach bytes to a ticket; the id of the attachment."""
    (made,) = desk.do(files.attach, ticket, (taken(desk, data, name),)).result().value
    return bytes(made)


def rows(desk: Any, ticket: bytes) -> tuple[files.FileRow, ...]:
    """The files of a ticket as the desk shows them."""
    found: tuple[files.FileRow, ...] = desk.ask(files.of, ticket).result()
    return found

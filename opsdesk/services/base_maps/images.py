"""What kind and size a picture is, by its first bytes: nothing is decoded, so nothing can swell."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final

MOST_PIXELS: Final = 1024
"""Tiles are 256 or 512 pixels wide; twice that is given."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's kind (`png`, `jpg`, `webp`), width and height in pixels."""

    kind: str
    wide: int
    high: int


def look(data: bytes) -> Picture | None:
    """What the bytes are; None where they are no picture that a tile may be."""
    found = _png(data) or _jpeg(data) or _webp(data)
    if found is None or not (1 <= found.wide <= MOST_PIXELS and 1 <= found.high <= MOST_PIXELS):
        return None
    return found


def _png(data: bytes) -> Picture | None:
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return Picture("png", *struct.unpack(">II", data[16:24]))


def _jpeg(data: bytes) -> Picture | None:
    """Goes from marker to marker until the one of the frame (ITU-T T.81, B.1.1)."""
    if data[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            high, wide = struct.unpack(">HH", data[at + 5 : at + 9])
            return Picture("jpg", wide, high)
        at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big")) if marker != 0xFF else 1
    return None


def _webp(data: bytes) -> Picture | None:
    """The three sorts of first chunk (RFC 9649)."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    sort = data[12:16]
    if sort == b"VP8X":
        return Picture("webp", 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little"))
    if sort == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], "little")
        return Picture("webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if sort == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        wide, high = struct.unpack("<HH", data[26:30])
        return Picture("webp", wide & 0x3FFF, high & 0x3FFF)
    return None


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


EMPTY: Final = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00" * 5))
    + _chunk(b"IEND", b"")
)
"""A picture of one pixel that is nothing: stands for a tile that a map does not have."""

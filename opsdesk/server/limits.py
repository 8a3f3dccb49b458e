"""What files may take at a server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LARGEST: Final = 100_000_000
"""Bytes of a file, unless whoever runs the server says otherwise."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes that one file, and all files together, may have; `total` None is as much as the disk holds."""

    largest: int = LARGEST
    total: int | None = None

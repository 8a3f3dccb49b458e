"""Opens a file as a stream of bytes: plain or gzip, with a bound on what a compressed one may inflate to."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from pathlib import Path
from typing import Final

from opsdesk.services.importing.problems import ImportProblem, Limits

GZIP_MAGIC: Final = b"\x1f\x8b"
ZIP_MAGIC: Final = b"PK\x03\x04"

# What people try to import by mistake, told by the first bytes.
_FOREIGN: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file (.xls); save it as .xlsx or CSV"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"SQLite format 3\x00", "a database"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"BZh", "a bzip2 file; unpack it first"),
    (b"\xfd7zXZ", "an xz file; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstandard file; unpack it first"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)


class Inflating(io.RawIOBase):
    """The inflated bytes of a gzip file. Raises ImportProblem when it is broken or inflates out of all proportion."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._packed = path.open("rb")
        self._gzip = gzip.GzipFile(fileobj=self._packed, mode="rb")
        self._limits = limits
        self.inflated = 0

    @property
    def packed_position(self) -> int:
        """How many bytes of the compressed file have been read, for progress."""
        return self._packed.tell()

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with inflated bytes; 0 at the end."""
        try:
            count = self._gzip.readinto(buffer)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ImportProblem(
                f"the compressed file is damaged or cut off ({error})", place=f"after {self.inflated:,} bytes"
            ) from error
        self.inflated += count
        packed = max(1, self._packed.tell())
        limits = self._limits
        if self.inflated > limits.inflated_bytes:
            raise ImportProblem(f"the compressed file inflates to more than {limits.inflated_bytes:,} bytes")
        if self.inflated > limits.ratio_free_bytes and self.inflated > packed * limits.ratio:
            raise ImportProblem(
                f"the compressed file inflates to more than {limits.ratio} times its size: it is not read further"
            )
        return count

    def readable(self) -> bool:
        """Always true."""
        return True

    def close(self) -> None:
        """Close both streams."""
        if not self.closed:
            self._gzip.close()
            self._packed.close()
        super().close()


class Opened:
    """An open input: `stream` gives the (inflated) bytes, `done()` and `size` tell progress in bytes on disk."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.size = path.stat().st_size
        self._inflating: Inflating | None = None
        if first_bytes(path, 2) == GZIP_MAGIC:
            self._inflating = Inflating(path, limits)
            self.stream: io.BufferedReader = io.BufferedReader(self._inflating, 1 << 18)
        else:
            self.stream = io.BufferedReader(io.FileIO(path), 1 << 18)

    def starts_with(self, *marks: bytes) -> bool:
        """True when the bytes begin with one of these; nothing must have been read."""
        return self.stream.peek(8).startswith(marks)

    def done(self) -> int:
        """Bytes of the file on disk that have been read."""
        if self.stream.closed:
            return self.size
        if self._inflating is not None:
            return self._inflating.packed_position
        return self.stream.tell()

    def close(self) -> None:
        """Close the file."""
        self.stream.close()


def first_bytes(path: Path, count: int) -> bytes:
    """The first bytes of a file. Raises ImportProblem when it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(count)
    except FileNotFoundError as error:
        raise ImportProblem(f"There is no file {path}") from error
    except IsADirectoryError as error:
        raise ImportProblem(f"{path} is a folder, not a file") from error
    except OSError as error:
        raise ImportProblem(f"{path} cannot be read: {os.strerror(error.errno or 0)}") from error


def open_input(path: Path, limits: Limits) -> Opened:
    """Open a file for reading as bytes, inflated when it is gzip. Raises ImportProblem."""
    first_bytes(path, 1)
    return Opened(path, limits)


def sample(path: Path, limits: Limits, size: int = 1 << 18) -> bytes:
    """The first `size` inflated bytes. Raises ImportProblem for an empty file and for what is known to be no table."""
    opened = open_input(path, limits)
    try:
        head = opened.stream.read(size)
    finally:
        opened.close()
    if not head.strip(b"\x00\t\r\n \xef\xbb\xbf\xfe\xff"):
        raise ImportProblem("The file is empty")
    for magic, what in _FOREIGN:
        if head.startswith(magic) and (len(magic) > 2 or b"\x00" in head[:64]):
            raise ImportProblem(f"The file is no table but {what}")
    return head

"""A content-addressed store: each file lies in the data folder under its SHA-256 (FIPS 180-4), and under no other name.

Nothing that came from outside is ever part of a path. A file is there whole or not at all: it is written beside,
brought to the disk, and then given its name. What nothing names any more stays, since taking an attachment away can be
undone.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from opsdesk.store.errors import OpsDeskError, StorageError

FOLDER: Final = "files"
PIECE: Final = 1_048_576
"""Bytes that are read at once."""
_HASH = re.compile(r"[0-9a-f]{64}\Z")

Step = Callable[[int], None]
"""Told the bytes done so far; raises to stop."""


class Damaged(OpsDeskError):
    """A file in the store is not what it was when it came: the disk has changed it."""


class Wrong(OpsDeskError):
    """What came is not what it was said to be; it was thrown away."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file that is in the store; `head` are its first bytes, `size` counts bytes."""

    sha256: str
    size: int
    head: bytes


class Box:
    """The store in a data folder. Its methods may be called from any thread, and by several programs at once."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / FOLDER

    def has(self, sha256: str) -> bool:
        """Whether a file is here whole."""
        return self._path(sha256).is_file()

    def put(self, source: BinaryIO, step: Step = lambda _done: None) -> Stored:
        """Copy all of `source` into the store. Raises StorageError, OSError of the source, and what `step` raises;
        then nothing is left behind."""
        digest, size, head = hashlib.sha256(), 0, b""
        fresh = self._fresh()
        try:
            with _writing(fresh) as out:
                while piece := source.read(PIECE):
                    head = head or piece[:PIECE]
                    digest.update(piece)
                    size += len(piece)
                    _write(out, piece)
                    step(size)
                _to_disk(out)
            self._name(fresh, digest.hexdigest())
        finally:
            fresh.unlink(missing_ok=True)
        return Stored(digest.hexdigest(), size, head)

    def pieces(self, sha256: str) -> Iterator[bytes]:
        """The bytes of a file from beginning to end. Raises Damaged at the end when they are not what came in, and
        FileNotFoundError."""
        digest = hashlib.sha256()
        with self._path(sha256).open("rb") as source:
            while piece := source.read(PIECE):
                digest.update(piece)
                yield piece
        if digest.hexdigest() != sha256:
            raise Damaged("This file was damaged on the disk of this desk")

    def read(self, sha256: str, most: int) -> bytes:
        """A whole file of at most `most` bytes, checked. Raises Damaged, FileNotFoundError, ValueError when longer."""
        if self._path(sha256).stat().st_size > most:
            raise ValueError("longer than what is read at once")
        return b"".join(self.pieces(sha256))

    def part(self, sha256: str, at: int, most: int) -> bytes:
        """At most `most` bytes from `at` on, unchecked: whoever gets all of it checks the hash."""
        with self._path(sha256).open("rb") as source:
            source.seek(at)
            return source.read(most)

    def set_aside(self, sha256: str) -> None:
        """Take a damaged file out of use; it is kept under another name for whoever may save something of it."""
        with suppress(FileNotFoundError):
            self._path(sha256).replace(self._root / f"damaged-{sha256}")

    # What comes from the server in parts

    def come(self, sha256: str) -> int:
        """How many bytes of a file have come so far."""
        part = self._coming(sha256)
        return part.stat().st_size if part.is_file() else 0

    def add(self, sha256: str, at: int, piece: bytes) -> int:
        """Add a part that came; returns how many bytes are here. A part that does not follow is left out."""
        part = self._coming(sha256)
        with _storage():
            part.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            here = self.come(sha256)
            if at != here:
                return here
            with open(os.open(part, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as out:
                _write(out, piece)
                _to_disk(out)
        return here + len(piece)

    def finish(self, sha256: str) -> None:
        """All has come: check it and put it in its place. Raises Wrong, and then begins anew from nothing."""
        part = self._coming(sha256)
        digest = hashlib.sha256()
        with part.open("rb") as source:
            while piece := source.read(PIECE):
                digest.update(piece)
        if digest.hexdigest() != sha256:
            self.forget(sha256)
            raise Wrong("The file came otherwise than it was sent, and is asked for again")
        self._name(part, sha256)

    def forget(self, sha256: str) -> None:
        """Drop what has come of a file so far."""
        self._coming(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        if not _HASH.match(sha256):
            # It came from elsewhere and would be part of a path.
            raise FileNotFoundError("no such file")
        return self._root / sha256[:2] / sha256

    def _coming(self, sha256: str) -> Path:
        return self._root / "coming" / self._path(sha256).name

    def _fresh(self) -> Path:
        with _storage():
            folder = self._root / "fresh"
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return folder / secrets.token_hex(16)

    def _name(self, fresh: Path, sha256: str) -> None:
        target = self._path(sha256)
        with _storage():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh.replace(target)
            for folder in (target.parent, self._root):
                _folder_to_disk(folder)


def _writing(path: Path) -> BinaryIO:
    with _storage():
        return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _write(out: BinaryIO, piece: bytes) -> None:
    with _storage():
        out.write(piece)


def _to_disk(out: BinaryIO) -> None:
    with _storage():
        out.flush()
        os.fsync(out.fileno())


def _folder_to_disk(folder: Path) -> None:
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _storage() -> Iterator[None]:
    """Turn an error of our own disk into StorageError."""
    try:
        yield
    except OSError as error:
        words = os.strerror(error.errno) if error.errno else str(error)
        raise StorageError(f"The file could not be kept in the data folder: {words}") from error

"""Files that a person saves: whole or not at all, and never in the place of something that is no file."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opsdesk.services.errors import Refused
from opsdesk.store.errors import StorageError

LONGEST_NAME = 200
"""Bytes of a file's name, which leaves room for the ending of the part that is written first."""


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Write to the path that is given; it takes the name `path` when all went well, until then what was there stays.

    Raises Refused for a name that no file can have, StorageError when the disk refuses.
    """
    check_name(path)
    try:
        handle, name = tempfile.mkstemp(prefix=".opsdesk.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise StorageError(f"{path.parent} cannot be written to: {error.strerror}") from error
    os.close(handle)
    part = Path(name)
    try:
        yield part
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except OSError as error:
        raise StorageError(
            f"{path} could not be written: {error.strerror}. What was there before is unchanged"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def save(path: Path, content: bytes) -> Path:
    """Save some bytes as a file and return its path. Raises as `whole`."""
    with whole(path) as part:
        part.write_bytes(content)
    return path


def check_name(path: Path) -> None:
    """Raise Refused when no file can be saved under this name."""
    name = path.name
    if not name or name in (".", ".."):
        raise Refused("Give the file a name", field="file")
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in str(path)):
        raise Refused("A file's name holds no control characters", field="file")
    try:
        length = len(os.fsencode(name))
    except UnicodeEncodeError:
        raise Refused("A file's name cannot hold half a character", field="file") from None
    if length > LONGEST_NAME:
        raise Refused(f"A file's name has at most {LONGEST_NAME} bytes, this one has {length}", field="file")
    if path.is_dir():
        raise Refused(f"{path} is a folder", field="file")


def _umask() -> int:
    """The rights that new files of this process do without; a temporary file has none for others."""
    mask = os.umask(0)
    os.umask(mask)
    return mask

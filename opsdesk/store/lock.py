"""One writer per data folder: a lock that the operating system takes back when its holder dies."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from opsdesk.store.errors import FolderInUse


class FolderLock:
    """The lock of a data folder, with a note of who holds it for the one who is refused."""

    def __init__(self, lock: FileLock, note: Path) -> None:
        self._lock = lock
        self._note = note

    @classmethod
    def take(cls, folder: Path, program: str) -> FolderLock:
        """Take the folder at once or raise FolderInUse with the words of the holder's note."""
        lock = FileLock(folder / "opsdesk.lock")
        note = folder / "opsdesk.holder"
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise FolderInUse(_holder(note)) from None
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%MZ")
        note.write_text(json.dumps({"program": program, "pid": os.getpid(), "since": since}), encoding="utf-8")
        return cls(lock, note)

    def release(self) -> None:
        """Give the folder back."""
        self._note.unlink(missing_ok=True)
        self._lock.release()


def _holder(note: Path) -> str:
    try:
        said = json.loads(note.read_text(encoding="utf-8"))
        return f"{said['program']} (process {said['pid']}, since {said['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another program"

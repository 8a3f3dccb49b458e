"""Reading, hashing and copying of files, on a thread of its own: neither the window nor the writer waits for a disk."""

from __future__ import annotations

import io
import os
import stat
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final, TypeVar

from opsdesk.services.errors import OpsDeskError, Refused
from opsdesk.services.filework import kinds, names
from opsdesk.store.files import Box, Damaged

T = TypeVar("T")

LARGEST: Final = 100_000_000
"""Bytes of a file that may be attached, unless the server says less."""
HEAD: Final = 4_096


class NotHere(OpsDeskError):
    """The bytes of a file are not on this desk."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file whose bytes are safe in the data folder and that can be attached. `renamed`: its name was changed."""

    name: str
    mime: str
    size: int
    sha256: str
    renamed: bool = False


class Taking:
    """A file that is being taken in. `done` and `size` count bytes; `cancel` stops it, and nothing is left."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.done = 0
        self.size = 0
        self.future: Future[Prepared] = Future()
        self._stop = threading.Event()

    def cancel(self) -> None:
        """Stop. The future is cancelled, or ends as if it had not been stopped when it was too late."""
        self._stop.set()
        self.future.cancel()

    def step(self, done: int) -> None:
        """So much is done. Raises CancelledError when it is to stop."""
        self.done = done
        if self._stop.is_set():
            raise CancelledError


class FileWorker:
    """What works on files. Two at a time, so that a small one does not wait behind a film."""

    def __init__(self, folder: Path, *, largest: int = LARGEST) -> None:
        self.box = Box(folder)
        self.largest = largest
        self._pool: ThreadPoolExecutor | None = None
        self._taking: set[Taking] = set()

    def close(self) -> None:
        """Stop what is being taken in, and end the threads."""
        for taking in tuple(self._taking):
            taking.cancel()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def take(self, path: Path) -> Taking:
        """Take in a file from the disk. The future raises Refused with why it cannot be attached."""
        return self._take(path.name, lambda: _open(path, self.largest), names.clean(path.name))

    def take_bytes(self, data: bytes, name: str) -> Taking:
        """Take in what was pasted."""

        def source() -> tuple[BinaryIO, int]:
            if len(data) > self.largest:
                raise too_large(names.clean(name), len(data), self.largest)
            return io.BytesIO(data), len(data)

        return self._take(name, source, names.clean(name))

    def read(self, sha256: str, most: int, then: Callable[[bytes], T]) -> Future[T]:
        """What `then` makes, on a thread of the worker, of a file of at most `most` bytes. The future raises NotHere,
        Damaged, Refused when it is longer, and what `then` raises."""
        return self._run(lambda: then(self._read(sha256, most)))

    def make(self, call: Callable[..., T], *args: Any) -> Future[T]:
        """What `call` makes on a thread of the worker."""
        return self._run(call, *args)

    def save(self, sha256: str, target: Path) -> Future[Path]:
        """Write a file to where a person wants it. The future raises NotHere, Damaged, Refused."""
        return self._run(self._save, sha256, target)

    def for_opening(self, sha256: str, name: str) -> Future[Path]:
        """A copy, not to be written to, that another program may open. The future raises NotHere, Damaged, Refused."""
        return self._run(self._save, sha256, Path(tempfile.mkdtemp(prefix="opsdesk-")) / names.clean(name), 0o400)

    def _run(self, call: Callable[..., T], *args: Any) -> Future[T]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(2, thread_name_prefix="opsdesk-files")
        return self._pool.submit(call, *args)

    def _take(self, said: str, source: Callable[[], tuple[BinaryIO, int]], name: str) -> Taking:
        taking = Taking(name)
        self._taking.add(taking)

        def run() -> None:
            if not taking.future.set_running_or_notify_cancel():
                return
            try:
                made = self._prepare(taking, source, name, renamed=name != said)
            except BaseException as error:  # noqa: BLE001  (it is handed to whoever asked)
                taking.future.set_exception(error)
            else:
                taking.future.set_result(made)
            finally:
                self._taking.discard(taking)

        self._run(run)
        return taking

    def _prepare(
        self, taking: Taking, source: Callable[[], tuple[BinaryIO, int]], name: str, *, renamed: bool
    ) -> Prepared:
        try:
            opened, taking.size = source()
        except IsADirectoryError as error:
            raise Refused(f"“{name}” is a folder. Attach its files, or pack it first") from error
        except OSError as error:
            raise Refused(f"“{name}” cannot be read: {_words(error)}") from error

        def step(done: int) -> None:
            if done > taking.size:
                raise _changed(name)
            taking.step(done)

        with opened:
            head = opened.read(HEAD)
            kind = kinds.kind_of(head, name)
            _check(kind, name, head)
            opened.seek(0)
            try:
                stored = self.box.put(opened, step)
            except OSError as error:
                raise Refused(f"“{name}” could not be read to its end: {_words(error)}") from error
        if stored.size != taking.size:
            raise _changed(name)
        return Prepared(name, kind.mime, stored.size, stored.sha256, renamed)

    def _read(self, sha256: str, most: int) -> bytes:
        try:
            return self.box.read(sha256, most)
        except FileNotFoundError as error:
            raise NotHere("This file is not on this desk yet") from error
        except ValueError as error:
            raise Refused(f"It is larger than {size_text(most)}; save it to look at it") from error

    def _save(self, sha256: str, target: Path, mode: int = 0o600) -> Path:
        fresh = target.with_name(f".{target.name}.part")
        try:
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
                for piece in self.box.pieces(sha256):
                    out.write(piece)
            fresh.chmod(mode)
            fresh.replace(target)
        except Damaged:
            _drop(fresh)
            raise
        except FileNotFoundError as error:
            _drop(fresh)
            if not self.box.has(sha256):
                raise NotHere("This file is not on this desk yet") from error
            raise Refused(f"It cannot be saved there: {_words(error)}") from error
        except OSError as error:
            _drop(fresh)
            raise Refused(f"It cannot be saved there: {_words(error)}") from error
        return target


def _changed(name: str) -> Refused:
    return Refused(f"“{name}” was changed while it was read. Attach it again when it is finished")


def too_large(name: str, size: int, largest: int) -> Refused:
    """The refusal of a file that is too large."""
    return Refused(f"“{name}” is too large: {size_text(size)}, and at most {size_text(largest)} can be attached")


def size_text(size: int) -> str:
    """A size in bytes as people read it: 3.4 MB. Thousands, as file managers count."""
    if size < 1_000:
        return f"{size} bytes"
    for unit, factor in (("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000)):
        if size < factor * 1_000 or unit == "GB":
            value = size / factor
            return f"{value:.1f} {unit}" if value < 10 else f"{value:,.0f} {unit}"
    raise AssertionError("no unit")


def _open(path: Path, largest: int) -> tuple[BinaryIO, int]:
    name = names.clean(path.name)
    # Not blocking: a pipe that nobody writes to would hold the thread for ever.
    opened = open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb")  # noqa: SIM115
    try:
        about = os.fstat(opened.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise Refused(f"“{name}” is a device or a pipe and no file")
        if about.st_size > largest:
            raise too_large(name, about.st_size, largest)
    except BaseException:
        opened.close()
        raise
    return opened, about.st_size


def _check(kind: kinds.Kind, name: str, head: bytes) -> None:
    if not head:
        raise Refused(f"“{name}” is empty")
    if kind is kinds.PROGRAM:
        raise Refused(f"“{name}” is a program, or a file that starts one. Those cannot be attached")
    wrong = kinds.contradiction(kind, name)
    if wrong:
        raise Refused(f"“{name}” is not what it is called. {wrong}")


def _words(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error)


def _drop(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)

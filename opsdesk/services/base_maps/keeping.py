"""Map files as this data folder keeps them.

A file is copied: what it was on may be pulled out, and what was checked must not change afterwards. Whether the copy
has changed is seen by its size and its time; where only the time is another, as in a folder brought back from a backup,
by its digest. A file's own name is words to show and never part of a path.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from opsdesk.services.base_maps.checking import Described, check, picture_of
from opsdesk.services.base_maps.opening import Guarded, SlowFile
from opsdesk.services.errors import Refused

_FOLDER: Final = "base_maps"
_ID: Final = re.compile(r"[0-9a-f]{32}")
_PIECE: Final = 1024 * 1024
_DIGEST_BYTES: Final = 20
_SPARE: Final = 512 * 1024**2
"""Bytes that stay free on the disk."""
_MOST_MAPS: Final = 40
_TILE_SECONDS: Final = 0.5

_GONE: Final = "Its file is gone"
_CHANGED: Final = "Its file has changed since it was added. Remove it and add it again"

Progress = Callable[[int, int], None]
_State = tuple[int, int]
"""Size in bytes and nanoseconds of the last change of a file."""


@dataclass(frozen=True, slots=True)
class TileMap:
    """A map that is kept here. `wrong` says why it cannot be drawn any more; empty where it can."""

    id: str
    about: Described
    digest: str
    wrong: str = ""


class Stopped(Exception):
    """Copying was stopped by whoever began it."""


class BaseMaps:
    """The maps of a data folder. Every method returns a future at once; two threads of its own do the reading."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _FOLDER
        self._keeper = ThreadPoolExecutor(1, "base-maps")
        self._reader = ThreadPoolExecutor(1, "tiles")
        self._open: dict[str, tuple[Guarded, _State]] = {}
        self._closing = False

    def listed(self) -> Future[tuple[TileMap, ...]]:
        """The maps that are here, by name."""
        return self._keeper.submit(self._listed)

    def add(
        self, path: Path, progress: Progress = lambda done, size: None, stopped: Callable[[], bool] = lambda: False
    ) -> Future[TileMap]:
        """Check a file and keep a copy of it. The future raises Refused with what is wrong, or Stopped."""
        return self._keeper.submit(self._add, path, progress, lambda: stopped() or self._closing)

    def remove(self, name: str) -> Future[None]:
        """Let a map go, with its copy."""
        closed = self._reader.submit(self._forget, name)
        return self._keeper.submit(self._remove, name, closed)

    def tile(self, name: str, zoom: int, column: int, row: int) -> Future[tuple[str, bytes] | None]:
        """A tile's kind of picture and its bytes; None where the map has none there. `row` counts from the north."""
        if self._closing:  # the map's page outlives its desk by a moment, and asks on
            nothing: Future[tuple[str, bytes] | None] = Future()
            nothing.set_result(None)
            return nothing
        return self._reader.submit(self._tile, name, zoom, column, row)

    def close(self) -> None:
        """Let all files go; what is being copied is stopped and its piece removed."""
        self._closing = True
        self._keeper.shutdown(cancel_futures=True)
        self._reader.shutdown(cancel_futures=True)
        for guarded, _ in self._open.values():
            guarded.close()
        self._open.clear()

    # -- on the threads ----------------------------------------------------------------------------------------

    def _path(self, name: str, ending: str) -> Path:
        if not _ID.fullmatch(name):
            raise Refused("There is no such map")
        return self._folder / f"{name}.{ending}"

    def _listed(self) -> tuple[TileMap, ...]:
        found = [self._read(path) for path in self._folder.glob("*.json") if _ID.fullmatch(path.stem)]
        return tuple(sorted((one for one in found if one is not None), key=lambda one: one.about.name.casefold()))

    def _add(self, path: Path, progress: Progress, stopped: Callable[[], bool]) -> TileMap:
        about = check(path)
        here = self._listed()
        if len(here) >= _MOST_MAPS:
            raise Refused(f"There are {_MOST_MAPS} maps already; remove one first")
        self._folder.mkdir(exist_ok=True)
        for left in self._folder.glob("*.part"):  # of a program that ended in the middle
            left.unlink(missing_ok=True)
        free = shutil.disk_usage(self._folder).free - _SPARE
        if about.size > free:
            raise Refused(f"{path.name} needs {about.size >> 20:,} MB; {max(0, free) >> 20:,} MB are free")
        name = uuid.uuid4().hex
        part = self._path(name, "part")
        try:
            digest = _copy(path, part, about.size, progress, stopped)
            same = next((one for one in here if one.digest == digest), None)
            if same is not None:
                raise Refused(f"This map is here already, as “{same.about.name}”")
            # The copy is what will be read, so it is what must be right.
            made = TileMap(name, Described(**{**asdict(check(part)), "name": about.name}), digest)
            part.replace(self._path(name, "mbtiles"))
        except OSError as error:
            raise Refused(f"{path.name} could not be copied: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)
        _write(self._path(name, "json"), made, _state(self._path(name, "mbtiles")))
        return made

    def _read(self, note: Path) -> TileMap | None:
        """A map by the note beside it; None where that is none of ours."""
        found = _noted(note)
        if found is None:
            return None
        one, state = found
        return replace(one, wrong=self._wrong(note, one, state))

    def _wrong(self, note: Path, one: TileMap, noted: _State | None) -> str:
        """Why the copy cannot be drawn any more. A new time of the same bytes is written down."""
        path = note.with_suffix(".mbtiles")
        try:
            state = _state(path)
            if state == noted:
                return ""
            if state[0] != one.about.size or _digest(path, lambda: self._closing) != one.digest:
                return _CHANGED
            _write(note, one, state)
        except FileNotFoundError:
            return _GONE
        except Stopped:
            return ""  # nobody hears it any more
        except OSError as error:
            return f"Its file cannot be read: {error.strerror}"
        return ""

    def _remove(self, name: str, closed: Future[None]) -> None:
        closed.result()
        for ending in ("json", "mbtiles"):
            self._path(name, ending).unlink(missing_ok=True)

    def _forget(self, name: str) -> None:
        opened = self._open.pop(name, None)
        if opened is not None:
            opened[0].close()

    def _tile(self, name: str, zoom: int, column: int, row: int) -> tuple[str, bytes] | None:
        if not (0 <= zoom <= 30 and 0 <= column < 2**zoom and 0 <= row < 2**zoom):
            return None
        try:
            guarded = self._opened(name)
            if guarded is None:
                return None
            found = guarded.rows(
                "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
                (zoom, column, 2**zoom - 1 - row), seconds=_TILE_SECONDS, most=1,
            )  # fmt: skip
        except (Refused, SlowFile, sqlite3.Error, OSError):
            return None  # a tile that cannot be read is one that is not there: the land below shows
        kind = picture_of(found[0][0]) if found else None
        return (kind, found[0][0]) if kind else None

    def _opened(self, name: str) -> Guarded | None:
        """The copy, opened; None where it is not the one that was checked, also when it was changed meanwhile."""
        path = self._path(name, "mbtiles")
        state = _state(path)
        if name in self._open and self._open[name][1] != state:
            self._forget(name)
        if name not in self._open:
            noted = _noted(path.with_suffix(".json"))
            if noted is None or state != noted[1]:
                return None  # reading the list tells why, or writes down that it is the same
            self._open[name] = Guarded(path), state
        return self._open[name][0]


def _copy(source: Path, target: Path, size: int, progress: Progress, stopped: Callable[[], bool]) -> str:
    """Copy a file to the disk and return its digest. Raises Stopped, Refused where it grows meanwhile, OSError."""
    digest, done = hashlib.blake2b(digest_size=_DIGEST_BYTES), 0
    with source.open("rb") as reading, target.open("xb") as writing:
        while piece := reading.read(_PIECE):
            if stopped():
                raise Stopped
            done += len(piece)
            if done > size:
                raise Refused(f"{source.name} changes while it is read")
            writing.write(piece)
            digest.update(piece)
            progress(done, size)
        writing.flush()
        os.fsync(writing.fileno())
    return digest.hexdigest()


def _digest(path: Path, stopped: Callable[[], bool]) -> str:
    """The digest of a file. Raises Stopped, OSError."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    with path.open("rb") as reading:
        while piece := reading.read(_PIECE):
            if stopped():
                raise Stopped
            digest.update(piece)
    return digest.hexdigest()


def _state(path: Path) -> _State:
    """What tells without reading a file whether it is the same. Raises OSError."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _write(note: Path, one: TileMap, state: _State) -> None:
    said = {"about": asdict(one.about), "digest": one.digest, "state": state}
    note.with_suffix(".new").write_text(json.dumps(said), encoding="utf-8")
    note.with_suffix(".new").replace(note)


def _noted(note: Path) -> tuple[TileMap, _State | None] | None:
    """What a note says of its map, and how the file was then; None where it is none of ours."""
    try:
        said: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
        one = TileMap(note.stem, Described(**said["about"]), str(said["digest"]))
        state = said.get("state")
        return one, None if state is None else (int(state[0]), int(state[1]))
    except (OSError, ValueError, TypeError, KeyError, IndexError):
        return None

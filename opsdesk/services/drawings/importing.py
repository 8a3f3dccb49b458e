"""Drawings out of a GeoJSON file (RFC 7946): features one at a time, in bounded memory, on a thread of its own."""

from __future__ import annotations

import hashlib
import io
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from opsdesk.models.base import Id
from opsdesk.models.geometry import BadGeometry
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.drawings import commands, features
from opsdesk.services.drawings.features import Feature
from opsdesk.services.errors import Invalid
from opsdesk.services.importing.json_scanner import BadValue, Scanner
from opsdesk.services.importing.openers import open_input
from opsdesk.services.importing.problems import ImportCancelled, ImportProblem, Limits
from opsdesk.store.errors import StorageError
from opsdesk.store.work import Work

Progress = Callable[[int, int], None]
"""Called on the import's own thread with bytes read and bytes in all."""

LARGEST_FILE: Final = 256 << 20
MOST: Final = 5_000
"""Drawings that one file may bring."""
_LIMITS: Final = Limits(record_chars=4_000_000, depth=32, inflated_bytes=1 << 30)
"""One feature has at most so many characters: some hundred thousand points."""
_AT_ONCE: Final = 40
"""Drawings of one transaction: some 25 ms, which a person may have to wait for."""
_ALONE: Final = frozenset({"type", "id", "properties", "geometry", "coordinates", "geometries"})
"""What is kept of a file that is one feature or one geometry."""
_WORDS: Final = 20
"""Reasons and simplified drawings that are told one by one."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a file. `read` counts features; one may bring several drawings. `reasons` are why features were
    left out, with how many and the first of them; `notes` what was simplified. `act` is what undo takes back."""

    read: int
    imported: int
    rejected: int
    duplicates: int
    reasons: tuple[tuple[str, int, int], ...] = ()
    notes: tuple[str, ...] = ()
    cancelled: bool = False
    act: Id | None = None

    @property
    def words(self) -> str:
        """All of it in a sentence or two."""
        told = [f"{self.imported:,} drawing{'' if self.imported == 1 else 's'} imported"]
        told += [f"{self.duplicates:,} here already"] if self.duplicates else []
        told += [f"{self.rejected:,} left out"] if self.rejected else []
        said = ("Cancelled: " if self.cancelled else "") + ", ".join(told)
        why = [f"Feature {first}: {text}" + (f" ({count:,} such)" if count > 1 else "")
               for text, count, first in self.reasons]  # fmt: skip
        return ". ".join([said, *why, *self.notes])


@dataclass(slots=True)
class _Tally:
    read: int = 0
    imported: int = 0
    duplicates: int = 0
    made: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    simplified: int = 0

    def reject(self, why: str) -> None:
        why = why if why in self.first or len(self.first) < _WORDS else "Other reasons"
        self.reasons[why] += 1
        self.first.setdefault(why, self.read)

    def note(self, words: str) -> None:
        if words:
            self.simplified += 1
            if len(self.notes) < 3:
                self.notes.append(words)


def run(
    desk: Desk,
    path: Path,
    *,
    exercise: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    limits: Limits = _LIMITS,
) -> Future[Report]:
    """Import a file, on a thread of its own; returns at once. What is here already, by name and shape, is not made
    twice. What was imported before a cancel stays, and undo takes it back as one.

    The future raises ImportProblem when the file is none that can be read, StorageError when the disk fails.
    """
    future: Future[Report] = Future()
    future.set_running_or_notify_cancel()
    job = _Job(desk, path, exercise, progress or (lambda _done, _all: None), cancelled or (lambda: False), limits)

    def settle() -> None:
        try:
            future.set_result(job.run())
        except OSError as error:
            future.set_exception(StorageError(f"{path}: {error.strerror or error}"))
        except BaseException as error:  # noqa: BLE001  (it is handed to whoever started the import)
            future.set_exception(error)

    threading.Thread(target=settle, name="opsdesk-drawings", daemon=True).start()
    return future


class _Job:
    def __init__(
        self,
        desk: Desk,
        path: Path,
        exercise: bool,
        progress: Progress,
        cancelled: Callable[[], bool],
        limits: Limits,
    ) -> None:
        self._desk, self._path, self._exercise = desk, path, exercise
        self._progress, self._cancelled, self._limits = progress, cancelled, limits
        self._act = desk.new_act()
        self._tally = _Tally()
        self._here = _Here()

    def run(self) -> Report:
        """Read and write all of it."""
        tally, waiting, stopped = self._tally, list[Feature](), False
        with closing(open_input(self._path, self._limits)) as opened:
            if opened.size > LARGEST_FILE:
                raise ImportProblem(f"A file of drawings has at most {LARGEST_FILE >> 20} MB")
            text = io.TextIOWrapper(opened.stream, encoding="utf-8-sig", errors="replace", newline="")
            try:
                for feature in self._features(Scanner(text, self._limits)):
                    self._stop()
                    self._progress(opened.done(), opened.size)
                    waiting += self._drawings(feature)
                    if len(waiting) >= _AT_ONCE:
                        self._write(waiting)
                        waiting = []
            except ImportCancelled:
                stopped = True
            except (BadValue, ImportProblem) as error:
                if waiting:
                    self._write(waiting)
                done = f". {tally.imported:,} drawings before it were imported" if tally.imported else ""
                place = f"after feature {tally.read}" if tally.read else ""
                raise ImportProblem(f"{getattr(error, 'text', error)}{done}", place=place) from error
            finally:
                text.detach()
        if waiting and not stopped:
            self._write(waiting)
        self._desk.do(lambda _work: Changes()).result()  # takes the pieces before it to the disk
        more = tally.simplified - len(tally.notes)
        notes = (*tally.notes, *([f"{more:,} more were simplified"] if more else []))
        return Report(
            tally.read, tally.imported, tally.reasons.total(), tally.duplicates,
            tuple((why, count, tally.first[why]) for why, count in tally.reasons.most_common()),
            notes, stopped, self._act if tally.imported else None,
        )  # fmt: skip

    def _stop(self) -> None:
        if self._cancelled():
            raise ImportCancelled

    def _drawings(self, text: str | BadValue) -> list[Feature]:
        tally = self._tally
        tally.read += 1
        if isinstance(text, BadValue):
            tally.reject(f"{text}"[:1].upper() + f"{text}"[1:])
            return []
        try:
            found = list(features.read(_decoded(text), tally.read, self._stop))
        except BadGeometry as bad:
            tally.reject(str(bad))
            return []
        tally.made += len(found)
        if tally.made > MOST:
            raise ImportProblem(
                f"A file brings at most {MOST:,} drawings; points of many records are tickets or places"
            )
        for one in found:
            tally.note(one.words)
        return found

    def _write(self, found: list[Feature]) -> None:
        counts = Counter[str]()

        def write(work: Work) -> Changes:
            made: set[Id] = set()
            self._here.read(work)
            for one in found:
                if self._here.has(one):
                    counts["same"] += 1
                    continue
                try:
                    made |= commands.create(work, one.values, exercise=self._exercise).drawings
                    self._here.add(one)
                except Invalid as wrong:
                    counts[wrong.text] += 1
            work.label = f"Import {self._path.name}"
            counts["made"] += len(made)
            return Changes(drawings=frozenset(made))

        self._desk.do(write, background=True, act=self._act, durable=False).result()
        self._tally.imported += counts.pop("made", 0)
        self._tally.duplicates += counts.pop("same", 0)
        for why, count in counts.items():
            for _ in range(count):
                self._tally.reject(why)

    def _features(self, scanner: Scanner) -> Iterator[str | BadValue]:
        """The texts of the features, of a collection, of one alone, or of a bare geometry. Raises ImportProblem."""
        if scanner.peek() != "{":
            raise ImportProblem("This is no GeoJSON: it does not begin with {")
        scanner.take("{")
        alone: dict[str, str] = {}
        listed = False
        while not scanner.take("}"):
            if scanner.peek() != '"':
                raise ImportProblem("This is no GeoJSON: a name in quotes was expected")
            name = scanner.value()
            if not scanner.take(":"):
                raise ImportProblem(f"This is no GeoJSON: a colon was expected after {name[:40]}")
            if name == '"features"' and scanner.peek() == "[":
                listed = True
                yield from self._list(scanner)
            else:
                text = scanner.value()
                if name == '"crs"' and not re.search(r"CRS84|EPSG:+4326\b|null", text):
                    raise ImportProblem(
                        f"Its coordinates are not in WGS 84 but in {text[:120]}. Save it again in WGS 84 (EPSG:4326)"
                    )
                if name[1:-1] in _ALONE:
                    alone[name[1:-1]] = text
            if scanner.peek() != "}" and not scanner.take(","):
                raise ImportProblem("This is no GeoJSON: a comma was expected")
        if scanner.peek():
            raise ImportProblem("Something follows after the end of the GeoJSON")
        if listed:
            return
        if "geometry" in alone:
            kept = {key: alone[key] for key in ("geometry", "properties", "id") if key in alone}
            yield "{" + ",".join(f'"{key}":{value}' for key, value in kept.items()) + "}"
        elif "coordinates" in alone or "geometries" in alone:
            members = ",".join(f"{json.dumps(key)}:{value}" for key, value in alone.items())
            yield '{"geometry":{' + members + "}}"
        else:
            raise ImportProblem("This is no GeoJSON: it has no features and no geometry")

    def _list(self, scanner: Scanner) -> Iterator[str | BadValue]:
        scanner.take("[")
        while not scanner.take("]"):
            try:
                yield scanner.value()
            except BadValue as bad:
                yield bad
            if scanner.peek() != "]" and not scanner.take(","):
                raise ImportProblem("a comma was expected between two features")


class _Here:
    """Which drawings there are, by their ids and by name and shape. Each is read once, when it is new: looking for each
    of thousands among thousands would read every shape thousands of times."""

    def __init__(self) -> None:
        self._ids: set[Id] = set()
        self._shapes: set[bytes] = set()
        self._read = 0

    def read(self, work: Work) -> None:
        """Take in what has come since the last time."""
        for key, record, *told in work.rows(
            "SELECT key, id, name, geometry, radius_m FROM drawing WHERE key > ? AND voided IS NULL ORDER BY key",
            (self._read,),
        ):
            self._ids.add(record)
            self._shapes.add(_digest(*told))
            self._read = key

    def has(self, one: Feature) -> bool:
        """Whether a drawing is here already."""
        return one.record in self._ids or _digest_of(one) in self._shapes

    def add(self, one: Feature) -> None:
        """Know one that was just made, without asking for it."""
        self._shapes.add(_digest_of(one))


def _digest_of(one: Feature) -> bytes:
    told = one.values
    name = " ".join(told["name"].split())  # as it is stored
    return _digest(name, told["geometry"], told.get("radius_m"))


def _digest(name: str, geometry: str, radius_m: float | None) -> bytes:
    said = f"{name}\0{geometry}\0{radius_m}".encode("utf-8", "replace")
    return hashlib.blake2b(said, digest_size=16).digest()


def _decoded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise BadGeometry(f"It is no JSON that can be read (NaN is no number there): {str(error)[:120]}") from None

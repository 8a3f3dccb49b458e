"""A file is taken in whole or refused in words, whatever it is called and whatever is in it."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsdesk.services import files, tickets, undo
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused, StorageError
from opsdesk.services.files import FileWorker, Whereabouts, clean
from opsdesk.services.filework import kinds
from opsdesk.store.files import Box
from tests.support.files import attached, png, rows, taken

LARGEST = 4_000


@pytest.fixture
def worker(tmp_path: Path) -> Any:
    made = FileWorker(tmp_path / "data", largest=LARGEST)
    yield made
    made.close()


@pytest.fixture
def ticket(desk: Desk) -> bytes:
    made: bytes = desk.do(tickets.create, title="Bridge closed").result().value
    return made


def _written(data: bytes) -> Callable[[Path], Any]:
    return lambda path: path.write_bytes(data)


def _link_to_folder(path: Path) -> None:
    path.symlink_to(path.parent, target_is_directory=True)


BAD_FILES: list[tuple[str, str, Callable[[Path], Any], str]] = [
    ("one byte too many", "film.bin", _written(b"\x01" * (LARGEST + 1)), "too large: 4.0 kB, and at most 4.0 kB"),
    ("empty", "nothing.txt", _written(b""), "is empty"),
    ("a folder", "photos", Path.mkdir, "is a folder"),
    ("a link to a folder", "loop", _link_to_folder, "is a folder"),
    ("gone", "gone.txt", lambda path: None, "cannot be read: no such file"),
    ("a link to nothing", "dangling.txt", lambda path: path.symlink_to("nowhere"), "cannot be read: no such file"),
    ("a pipe that nobody writes to", "pipe.txt", os.mkfifo, "is a device or a pipe"),
    ("a program of Windows", "setup.exe", _written(b"MZ\x90\x00"), "is a program"),
    ("a program of Linux with an innocent name", "notes", _written(b"\x7fELF\x02"), "is a program"),
    ("a script that Windows runs", "fix.BAT", _written(b"del *"), "is a program"),
    ("a shortcut", "report.pdf.lnk", _written(b"L\x00\x00\x00"), "is a program"),
    ("a program that calls itself a picture", "photo.png", _written(b"MZ\x90\x00"), "is a program"),
    ("a page that calls itself a PDF", "sheet.pdf", _written(b"<html><script>"), "called .pdf, but inside is text"),
    ("an archive called a picture", "a.jpg", _written(b"PK\x03\x04"), "called .jpg, but inside is an archive"),
    ("noise called a picture", "b.png", _written(b"\x00\x01\x02"), "called .png, but inside is something"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "make", "words"), [pytest.param(*rest, id=what) for what, *rest in BAD_FILES])
def test_a_bad_file_is_refused_in_words(
    worker: FileWorker, tmp_path: Path, name: str, make: Callable[[Path], Any], words: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(Refused, match=words.replace("(", "\\(")):
        worker.take(tmp_path / name).future.result()
    assert not [path for path in (tmp_path / "data").rglob("*") if path.is_file()], "nothing is left behind"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_refused(worker: FileWorker, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("x")
    (tmp_path / "secret.txt").chmod(0)
    with pytest.raises(Refused, match="permission denied"):
        worker.take(tmp_path / "secret.txt").future.result()


BAD_NAMES = {
    "../../etc/passwd": "passwd",
    "..": "file",
    "": "file",
    "C:\\Users\\x\\orders.txt": "orders.txt",
    "\\\\host\\share\\a.txt": "a.txt",
    "con.txt": "_con.txt",
    "LPT1": "_LPT1",
    "nul .txt": "_nul .txt",
    "console.txt": "console.txt",
    "orders\u202egnp.exe": "ordersgnp.exe",
    "a\u200bb\x00c\nd.txt": "abcd.txt",
    "report.pdf. . ": "report.pdf",
    "what?<now>|.txt": "what__now__.txt",
    "e\u0301cluse.txt": "écluse.txt",
    "x" * 300 + ".jpeg": "x" * 115 + ".jpeg",
    "." + "y" * 300: "y" * 120,
    "a.b" * 100: ("a.b" * 100)[:120],
}


@pytest.mark.parametrize(("given", "kept"), BAD_NAMES.items())
def test_a_name_is_made_harmless(given: str, kept: str) -> None:
    assert clean(given) == kept


@given(st.text(max_size=400))
def test_a_clean_name_is_one_plain_part_of_a_path_and_stays_what_it_is(name: str) -> None:
    made = clean(name)
    assert 0 < len(made) <= 120
    assert made.isprintable()
    assert not set(made) & set('/\\:*?"<>|')
    assert Path(made).name == made == made.strip(" .")
    assert clean(made) == made


@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_are_of_some_kind(head: bytes, name: str) -> None:
    kind = kinds.kind_of(head, name)
    assert kinds.by_mime(kind.mime, name).word == kind.word


def test_a_page_is_text_and_is_never_handed_to_the_system() -> None:
    for name, data in (("a.html", b"<script>alert(1)</script>"), ("b.svg", b"<svg onload='x()'/>")):
        kind = kinds.kind_of(data, name)
        assert (kind.shown, kind.harmless) == (files.Shown.TEXT, False)


def test_a_file_that_grows_while_it_is_read_is_not_taken(worker: FileWorker, tmp_path: Path) -> None:
    path = tmp_path / "log.txt"
    path.write_bytes(b"line\n" * 100)

    class Growing(io.FileIO):
        def read(self, most: int | None = -1) -> bytes:
            data = super().read(most)
            with path.open("ab") as more:
                more.write(b"x" * 10)
            return data

    taking = worker._take("log.txt", lambda: (Growing(path), 500), "log.txt")
    with pytest.raises(Refused, match="changed while it was read"):
        taking.future.result()


def test_a_file_that_cannot_be_read_to_its_end_is_not_taken(worker: FileWorker) -> None:
    class Failing(io.BytesIO):
        def read(self, most: int | None = -1) -> bytes:
            if self.tell() or (most or 0) > 10_000:
                raise OSError(5, "Input/output error")
            return b"x" * 100

    with pytest.raises(Refused, match="could not be read to its end: input/output error"):
        worker._take("x.bin", lambda: (Failing(), 200), "x.bin").future.result()


def test_a_full_disk_is_told_and_leaves_nothing(worker: FileWorker, tmp_path: Path, monkeypatch: Any) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("opsdesk.store.files.box.os.fsync", full)
    with pytest.raises(StorageError, match="could not be kept in the data folder: No space left"):
        worker.take_bytes(b"words", "a.txt").future.result()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_is_cancelled_leaves_nothing(worker: FileWorker, tmp_path: Path) -> None:
    begun, go = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, most: int | None = -1) -> bytes:
            if (most or 0) > 10_000:
                begun.set()
                go.wait(60)
            return super().read(most)

    taking = worker._take("a.txt", lambda: (Slow(b"x" * 100), 100), "a.txt")
    assert begun.wait(60)
    taking.cancel()
    go.set()
    with pytest.raises(CancelledError):
        taking.future.result()
    worker.close()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_same_bytes_are_kept_once(desk: Desk, ticket: bytes) -> None:
    first, second = taken(desk, b"words", "a.txt"), taken(desk, b"words", "b.txt")
    assert first.sha256 == second.sha256
    desk.do(files.attach, ticket, (first, second, first)).result()
    assert [row.name for row in rows(desk, ticket)] == ["a.txt", "b.txt"]
    assert len([path for path in (desk.folder / "files").rglob("*") if path.is_file()]) == 1


def test_bytes_are_on_the_disk_before_anybody_hears_of_the_file(desk: Desk, ticket: bytes) -> None:
    file = taken(desk, b"words", "a.txt")
    assert Box(desk.folder).read(file.sha256, 10) == b"words"
    attached(desk, ticket, b"words", "a.txt")
    (row,) = rows(desk, ticket)
    assert (row.where, row.state_text, row.size_text) == (Whereabouts.HERE, "Here", "5 bytes")
    assert all((row.by, row.at))


def test_a_file_that_is_taken_off_comes_back_with_undo(desk: Desk, ticket: bytes) -> None:
    record = attached(desk, ticket, png(), "bridge.png")
    done = desk.do(files.remove, record).result()
    assert rows(desk, ticket) == ()
    assert done.act is not None
    undo.run(desk, done.act).result()
    (row,) = rows(desk, ticket)
    assert desk.files.read(row.sha256, 10_000, len).result() == len(png())


def test_nothing_hangs_on_a_voided_ticket(desk: Desk, ticket: bytes) -> None:
    file = taken(desk, b"words", "a.txt")
    desk.do(tickets.void, ticket, "twice").result()
    with pytest.raises(Refused, match="voided"):
        desk.do(files.attach, ticket, (file,)).result()


def test_a_file_that_the_disk_changed_is_never_given_out(desk: Desk, ticket: bytes, tmp_path: Path) -> None:
    attached(desk, ticket, b"words" * 100, "a.txt")
    (row,) = rows(desk, ticket)
    path = desk.folder / "files" / row.sha256[:2] / row.sha256
    path.write_bytes(b"w0rds" * 100)
    with pytest.raises(files.Damaged):
        desk.files.read(row.sha256, 10_000, len).result()
    with pytest.raises(files.Damaged):
        desk.files.save(row.sha256, tmp_path / "out.txt").result()
    assert not (tmp_path / "out.txt").exists()


@pytest.mark.parametrize("sha256", ["../../../etc/passwd", "", "0" * 63, "G" * 64, "0" * 64 + "\n", "A" * 64])
def test_a_hash_that_is_none_names_no_file(desk: Desk, sha256: str) -> None:
    with pytest.raises(files.NotHere):
        desk.files.read(sha256, 10, len).result()
    with pytest.raises(FileNotFoundError):
        Box(desk.folder).add(sha256, 0, b"x")

"""Data folders, databases and desks for tests, made by the migrations once and copied for each test."""

import os
import shutil
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from opsdesk.services.desk import Desk
from opsdesk.store.database import FILE_NAME, Database, connect
from opsdesk.store.queue.outbox import new_tag


@cache
def _migrated() -> TemporaryDirectory[str]:
    """A folder as the migrations leave it, as long as the tests run."""
    kept = TemporaryDirectory(prefix="opsdesk-migrated-")
    Database.open(Path(kept.name) / "data").close()
    return kept


def new_folder(at: Path) -> Path:
    """Make a data folder at `at` that nobody has worked in, with an identity of its own: what opening one there does,
    without running all migrations for it."""
    shutil.copytree(Path(_migrated().name) / "data", at, dirs_exist_ok=True)
    connection = connect(at / FILE_NAME)
    connection.execute("UPDATE device SET dev = ?, tag = ?", (os.urandom(16), new_tag(os.urandom(3))))
    connection.close()
    return at


def writer_seconds(desk: Desk) -> float:
    """Processor time that a desk's writing thread has used: how long it made others wait, whatever else the machine
    does."""
    thread = desk._writer._thread.ident
    assert thread is not None
    return time.clock_gettime(time.pthread_getcpuclockid(thread))


@pytest.fixture(scope="session")
def made_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the first start leaves it: migrated, with what ships and the local person. Only to be copied."""
    folder = tmp_path_factory.mktemp("made") / "data"
    Desk.open(folder).close()
    return folder


@pytest.fixture
def folder(made_folder: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own."""
    return Path(shutil.copytree(made_folder, tmp_path / "data"))


@pytest.fixture
def database(folder: Path) -> Iterator[Database]:
    """The store of the test's own folder."""
    opened = Database.open(folder)
    yield opened
    opened.close()


@pytest.fixture
def desk(folder: Path) -> Iterator[Desk]:
    """A desk on the test's own folder."""
    opened = Desk.open(folder)
    yield opened
    opened.close()

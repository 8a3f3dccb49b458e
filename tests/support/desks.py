"""Data folders, databases and desks for tests, made by the migrations once and copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsdesk.services.desk import Desk
from opsdesk.store.database import Database


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

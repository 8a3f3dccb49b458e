"""A real PostgreSQL for the session, and a database of its own for each test."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsdesk.server.postgres import FAST, Cluster


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    # Not below pytest's own folder: that one is closed to the account which runs PostgreSQL for root.
    with tempfile.TemporaryDirectory(prefix="opsdesk-pg-") as name:
        Path(name).chmod(0o755)
        made = Cluster(Path(name) / "cluster", settings=FAST)
        with made.up():
            yield made

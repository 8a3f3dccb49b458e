"""Folders of made-up tickets for measuring: made once for a number of rows, copied for each run that writes."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from platformdirs import user_cache_path

from opsdesk.bench import Progress
from opsdesk.services import seeding
from opsdesk.services.desk import Desk
from opsdesk.store import derived, list_indexes, migrations, search
from opsdesk.store.database import Database

SEED = 1
PLACE = "OPSDESK_BENCH_DIR"
"""Where the folders are kept, instead of the user's cache."""


def seeded(rows: int, progress: Progress | None = None) -> Path:
    """A folder with so many made-up tickets in the present shape of the database. Only to be copied or read."""
    kept = Path(os.environ[PLACE]) if PLACE in os.environ else user_cache_path("opsdesk") / "bench"
    folder = kept / f"{rows}-{_shape()}"
    if not (folder / "ready").exists():
        for older in kept.glob(f"{rows}-*"):
            shutil.rmtree(older)
        Desk.open(folder).close()
        database = Database.open(folder, program="opsdesk bench")
        try:
            seeding.seed(database, rows, SEED, progress=progress)
        finally:
            database.close()
        (folder / "ready").touch()
    return folder


def _shape() -> str:
    """A name for the shape of the database and of what is made up: another one is made anew."""
    parts = [*derived.trigger_statements(), *list_indexes.statements(), *search.TABLES.values()]
    for package, pattern in ((seeding, "*.*"), (migrations, "versions/*.py")):
        files = sorted(Path(package.__file__ or "").parent.glob(pattern))
        parts += [path.read_text(encoding="utf-8") for path in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:10]


@contextmanager
def copy_of(folder: Path) -> Iterator[Path]:
    """A copy to write to, which goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="opsdesk-bench-", dir=folder.parent) as name:
        made = Path(name) / "data"
        shutil.copytree(folder, made)
        yield made

"""The file of rejected rows: beside the input, each row with its number and the reason, ready to be mended and read."""

from __future__ import annotations

import csv
import filecmp
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from opsdesk.services.importing.tables import REJECT_COLUMNS
from opsdesk.services.spreadsheet import defused


class Rejects:
    """Collects rejected rows. Nothing is made before the first one; `finish` gives the file its name."""

    def __init__(self, source: Path, stem: str, columns: Sequence[str], fallback: Path) -> None:
        self._folders = (source.parent, fallback)
        self._stem = stem
        self._columns = columns
        self._file: IO[str] | None = None
        self._writer: Any = None
        self._path = Path()
        self.count = 0

    def add(self, number: int, cells: Sequence[str], reason: str) -> None:
        """Keep one row. Raises OSError when neither folder can be written to."""
        if self._file is None:
            self._open()
        self.count += 1
        self._writer.writerow([str(number), reason, *map(defused, cells)])

    def finish(self) -> Path | None:
        """Close the file and return where it is; None when no row was rejected.

        A file of that name that says something else stays: a person may be mending it.
        """
        if self._file is None:
            return None
        self._file.close()
        self._file = None
        for count in range(1, 1_000):
            final = self._path.parent / f"{self._stem}.rejected{f'-{count}' if count > 1 else ''}.csv"
            if not final.exists() or filecmp.cmp(self._path, final, shallow=False):
                os.replace(self._path, final)
                return final
        return self._path

    def drop(self) -> None:
        """Forget everything, after a failure."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._path.unlink(missing_ok=True)

    def _open(self) -> None:
        for last, folder in enumerate(self._folders, 1):
            try:
                handle, name = tempfile.mkstemp(prefix=f".{self._stem}.", suffix=".part", dir=folder)
            except OSError:
                if last == len(self._folders):
                    raise
                continue
            self._path = Path(name)
            self._file = os.fdopen(handle, "w", encoding="utf-8-sig", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow([*REJECT_COLUMNS, *self._columns])
            return

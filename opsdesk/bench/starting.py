"""`bench start`: from the start of the process to the painted list, with many rows and with a thousand."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from opsdesk.bench import Progress, figures, folders
from opsdesk.bench.figures import SPAWNED
from opsdesk.bench.listing import run_window

FEW = 1_000
TIMES = 9


def measure(folder: Path, rows: int, progress: Progress | None = None, times: int = TIMES) -> dict[str, Any]:
    """Starts in turn on many rows and on few, so that both see the same machine; the limit is the start on few."""
    many: list[float] = []
    few: list[float] = []
    with folders.copy_of(folder) as copy, folders.copy_of(folders.seeded(FEW)) as small:
        for number in range(times + 1):
            for samples, place in ((many, copy), (few, small)):
                took = run_window("start", place, 1, **{SPAWNED: str(time.time_ns())})["painted_ms"]
                if number:  # the first start fills the caches of the system
                    samples.append(took)
            if progress is not None:
                progress(number, times)
    return {"steps": {"start": figures.step(many, few)}}

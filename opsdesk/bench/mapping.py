"""`bench map`: the first map after asking for it, positions that move, and a window of time, beside bare Leaflet.

The limit of the first map is the web engine with an empty page; that of positions the same calls on Leaflet's own
circles in the same page, waited for in the same way. Each time is from the call to the picture that shows it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from opsdesk.bench import Progress, figures, folders
from opsdesk.bench.listing import run_process

TIMES: Final = 40
"""Of moves and windows: of ten, the 95th percentile would be the worst one."""
_STARTS: Final = 3
_WINDOW: Final = "opsdesk.bench.map_window"


def measure(folder: Path, rows: int, progress: Progress | None = None, times: int = TIMES) -> dict[str, Any]:
    """The figures of the map on a copy of the folder."""
    with folders.copy_of(folder) as copy:
        first: list[float] = []
        bare: list[float] = []
        starts = min(_STARTS, times)
        for number in range(starts + (times > 1)):
            for samples, what in ((first, "first"), (bare, "bare")):
                took = run_process(_WINDOW, what, copy, 1)["took_ms"]
                if number or times == 1:  # the first one fills the caches of the system
                    samples.append(took)
            if progress is not None:
                progress(number, starts)
        found = run_process(_WINDOW, "positions", copy, times)
    steps = {name: figures.step(took["ours"], took["bare"]) for name, took in found["steps"].items()}
    return {"steps": {"first_map": figures.step(first, bare), **steps}, "memory_added_mb": found["memory_added_mb"]}

"""`bench list`: opening, sorting, filtering, searching, jumping, previewing, creating and bulk edits in the window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from opsdesk.bench import Progress, editing, figures, folders
from opsdesk.services.errors import OpsDeskError

TIMES = 20


def measure(folder: Path, rows: int, progress: Progress | None = None, times: int = TIMES) -> dict[str, Any]:
    """The figures of the window on a copy of the folder; most steps are done `times` times."""
    with folders.copy_of(folder) as copy:
        found: dict[str, Any] = run_window("list", copy, times)
    bulk = found["steps"]["bulk1000"]
    limits = editing.raw_edits(folder, min(1000, rows), 3)
    found["steps"]["bulk1000"] = figures.step(bulk["samples_ms"], limits, stall_ms=bulk["stall_ms"])
    return found


def run_window(what: str, folder: Path, times: int = TIMES, **environment: str) -> Any:
    """Run the measured process and return what it printed. Raises OpsDeskError with its last words when it fails."""
    return run_process("opsdesk.bench.window", what, folder, times, **environment)


def run_process(module: str, what: str, folder: Path, times: int, **environment: str) -> Any:
    """As `run_window`, for another module with the same arguments."""
    command = [sys.executable, "-m", module, what, str(folder), "--times", str(times)]
    done = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OpsDeskError(f"The measured window failed: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])

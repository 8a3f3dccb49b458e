"""The measured process: opens the real window offscreen on a folder, acts in it, and prints the figures as JSON."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

from opsdesk.bench import figures
from opsdesk.bench.gauge import Gauge
from opsdesk.bench.steps import Steps
from opsdesk.services.desk import Desk
from opsdesk.ui.shell import start
from opsdesk.ui.shell.window import MainWindow

SIZE = (1440, 900)
SETTLE_S = 2.0


def main() -> None:
    """Measure what the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("list", "start"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, required=True)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    desk = Desk.open(options.folder)
    start.make_application(["opsdesk"], desk.settings)
    window: Any = MainWindow(desk)
    window.resize(*SIZE)
    found = _start(window) if options.what == "start" else _list(desk, window, options.times)
    window.close()
    window.dispose()
    desk.close()
    print(json.dumps(found))


def _start(window: Any) -> dict[str, float]:
    """Milliseconds from the spawning of the process to the first paint of the window with its rows."""
    window.go("tickets")
    table = window.page("tickets").list.table
    gauge = Gauge(table)
    gauge.until(window.show, lambda: table.rows.total > 0 and table.rows.row(0) is not None and gauge.painted.at > 0)
    return {"painted_ms": (time.time_ns() - int(os.environ[figures.SPAWNED])) / 1e6}


def _list(desk: Desk, window: Any, times: int) -> dict[str, Any]:
    """All steps of the list, and the memory that they add to the window on its home page."""
    from PySide6.QtCore import QCoreApplication

    window.go("home")
    window.show()
    ends = time.perf_counter() + SETTLE_S
    while time.perf_counter() < ends or desk.busy:
        QCoreApplication.processEvents()
        time.sleep(0.01)
    before = figures.memory_mb()
    window.go("tickets")
    steps = Steps(desk, window, times)
    steps.look()
    after = figures.memory_mb()
    steps.write()
    return {
        **steps.found(),
        "memory_added_mb": round(after["own"] - before["own"], 1),
        "memory_added_with_file_pages_mb": round(after["resident"] - before["resident"], 1),
    }


if __name__ == "__main__":
    main()

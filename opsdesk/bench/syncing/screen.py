"""The measured window of `bench sync`: the real one on a real desk with its link, that says when rows were painted.

As a program (`python -m`) it shows all tickets, the last changed first, and prints a line for each ticket named
"Live N" when it is first painted: N and the time in nanoseconds since 1970. Other lines are the name of a stage and the
time (`stages`). It ends with its input, and says last what processor time it took.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from pathlib import Path
from typing import Any, Final

from opsdesk.bench.syncing import stages
from opsdesk.services.desk import Desk

SIZE: Final = (1440, 900)
READY: Final = "ready"
PROCESSOR: Final = "processor"
_LIVE: Final = re.compile(r"Live (\d+)\b")
_ROWS: Final = 20
"""At the top of the list, where the last changes stand: several come between two paints where the machine is busy."""


def main() -> None:
    """Open the window on the folder of the arguments until the input ends."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from opsdesk.ui.shell import start

    desk = Desk.open(Path(sys.argv[1]))
    application = start.make_application(["opsdesk"], desk.settings)
    start._drive(application, _show(desk))
    desk.close()


async def _show(desk: Desk) -> int:
    from opsdesk.services.views import BUILT_IN
    from opsdesk.ui.shell.window import MainWindow

    window: Any = MainWindow(desk)
    window.resize(*SIZE)
    window.go("tickets")
    window.show()
    page = window.page("tickets").list
    page.show_view(next(view for view in BUILT_IN if view.code == "all"))
    page.sort(("-updated",))
    # Rows that come in shift the list while nobody is at one of them.
    page.table.clearFocus()
    _tell_paints(page.table)
    stages.note_messages(_mark)
    desk.changed.connect(lambda changes: _mark("changed") if changes.tickets else None)
    page.table.rows.compared.connect(lambda _comparison: _mark("rows"))
    desk.link.start()
    loop = asyncio.get_running_loop()
    while desk.link.state.kind.value != "online" or page.table.rows.row(0) is None:
        await asyncio.sleep(0.05)
    print(READY, flush=True)
    began = time.process_time_ns()
    await loop.run_in_executor(None, sys.stdin.read)
    print(PROCESSOR, time.process_time_ns() - began, sep="\t", flush=True)
    await desk.link.stop()
    window.close()
    window.dispose()
    return 0


def _mark(name: str) -> None:
    print(name, stages.now(), sep="\t", flush=True)


def _tell_paints(table: Any) -> None:
    from PySide6.QtCore import QTimer

    paint, seen = table.paintEvent, set[str]()

    def paint_and_tell(event: Any) -> None:
        paint(event)
        at = stages.now()
        for number in range(_ROWS):
            row = table.rows.row(number)
            found = _LIVE.search(row.title) if row is not None else None
            if found is not None and found[1] not in seen:
                seen.add(found[1])
                print(found[1], at, sep="\t", flush=True)
        if table.current_number > _ROWS // 2:
            # Kept in sight, the row of the keyboard would hold the list.
            QTimer.singleShot(0, lambda: table.go(0))

    table.paintEvent = paint_and_tell


if __name__ == "__main__":
    main()

"""A machine whose web engine is broken: the program starts for real, and its map page says why it draws nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_START = """
import sys
for name in ("Core", "Widgets"):
    sys.modules[f"PySide6.QtWebEngine{name}"] = None  # as if its library were not there
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from opsdesk.services.desk import Desk
from opsdesk.ui.shell import start
from opsdesk.ui.shell.window import MainWindow

def look():
    window = next(one for one in QApplication.topLevelWidgets() if isinstance(one, MainWindow))
    window.go("map")
    print("why:", window.page("map").map.why_not)
    window.page("map").fit()
    QTimer.singleShot(300, window.close)

make = start.make_application
def made(*arguments):
    application = make(*arguments)
    QTimer.singleShot(300, look)
    return application
start.make_application = made
desk = Desk.open(Path(sys.argv[1]))
status = start.run(desk, first_look=False)
desk.close()
print("ended", status)
"""


def test_the_program_runs_where_the_web_engine_cannot_be_imported_and_says_why(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _START, str(tmp_path / "data")],
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True, check=False, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert "why: Qt WebEngine is missing" in done.stdout
    assert done.stdout.rstrip().endswith("ended 0")

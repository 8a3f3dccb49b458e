"""The program starts, shows its window, and ends cleanly with one event loop; each in a process of its own."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWebEngineCore import QWebEngineUrlScheme
from PySide6.QtWidgets import QApplication, QMainWindow

from opsdesk.ui import resources
from opsdesk.ui.resources import load_fonts
from opsdesk.ui.shell import start

ROOT = Path(__file__).parents[3]

SCRIPT = """
import asyncio, logging, os, signal, sys
from pathlib import Path
import qasync
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
from opsdesk.services.desk import Desk
from opsdesk.ui.shell import start
from opsdesk.ui.shell.page import Page
from opsdesk.ui.shell.window import MainWindow

logging.basicConfig(level=logging.WARNING, format="%(message)s")
desk = Desk.open(Path(sys.argv[1]))
desk.settings.set("look.scale", int(sys.argv[2]))

def make_page(desk, shell):
    QTimer.singleShot(0, look_around)
    return QWidget()

def look_around():
    top = next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow))
    loop = asyncio.get_event_loop()
    print(isinstance(loop, qasync.QEventLoop), top.isVisible(), top.current, top.devicePixelRatioF())
    loop.create_task(asyncio.sleep(3600))  # whatever still runs is cancelled
    if sys.argv[3] == "mistake":
        QTimer.singleShot(0, lambda: look_again(top))
        raise ValueError("slip")
    QTimer.singleShot(0, top.close if sys.argv[3] == "close" else lambda: os.kill(os.getpid(), signal.SIGTERM))

def look_again(top):
    print([toast.text for toast in top.toasts.shown])
    top.close()

status = start.run(desk, ["opsdesk"], pages=(Page("home", "Home", "house", "H", make_page),))
desk.close()
print("ended", status)
sys.exit(status)
"""

REFUSAL = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from opsdesk.ui.shell import start
from opsdesk.ui.widgets.button import Button

def press():
    (window,) = QApplication.topLevelWidgets()
    (button,) = (button for button in window.findChildren(Button) if button.isVisible())
    print(button.parent().accessibleName())
    button.click()

real = start._refuse
async def refuse(reason):
    QTimer.singleShot(0, press)
    return await real(reason)
start._refuse = refuse
raise SystemExit(start.refuse("The data folder is in use by another OpsDesk"))
"""


def run_apart(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own, where each forgotten resource is an error."""
    command = [sys.executable, "-X", "dev", "-W", "error::ResourceWarning", "-c", script, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)


def told(result: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what came out on stderr beside what the offscreen platform says of itself, and beside how long a step of
    the loop took: on a busy machine that tells of the machine."""
    lines = [line for line in result.stderr.splitlines() if "This plugin" not in line]
    return [line for line in lines if not (line.startswith("Executing <") and line.endswith(" seconds"))]


@pytest.mark.parametrize(("scale", "end"), [(100, "close"), (150, "signal")])
def test_the_program_opens_its_window_and_ends_without_a_warning(tmp_path: Path, scale: int, end: str) -> None:
    result = run_apart(SCRIPT, str(tmp_path / "data"), str(scale), end)
    assert (result.returncode, told(result)) == (0, [])
    assert result.stdout.splitlines() == [f"True True home {scale / 100}", "ended 0"]


def test_a_mistake_in_a_slot_is_logged_and_told_and_the_window_goes_on(tmp_path: Path) -> None:
    result = run_apart(SCRIPT, str(tmp_path / "data"), "100", "mistake")
    assert result.returncode == 0
    assert told(result)[0] == "An error that nobody handled"
    assert told(result)[-1] == "ValueError: slip"
    assert "OpsDesk made a mistake: ValueError" in result.stdout


_COPY = """
from PySide6.QtWidgets import QApplication
from opsdesk.ui.shell.start import leave_clipboard
from opsdesk.ui.tickets.copying import Copied, to_clipboard
application = QApplication(["x"])
to_clipboard(Copied("number", "<b>number</b>", 1))
leave_clipboard()
print(QApplication.clipboard().text())
"""


def test_a_table_that_was_copied_outlives_the_window_as_text_and_crashes_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", _COPY], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("number\n", 0), done.stderr


def test_a_refusal_to_open_is_told_in_a_window() -> None:
    result = run_apart(REFUSAL)
    assert (result.returncode, told(result)) == (1, [])
    assert result.stdout.startswith("The data folder is in use by another OpsDesk Nothing was changed.")


def test_the_url_scheme_is_known_and_asking_again_does_no_harm(qapp: QApplication) -> None:
    start.register_url_scheme()
    assert QWebEngineUrlScheme.schemeByName(start.SCHEME).name() == start.SCHEME


def test_a_missing_font_is_told_in_the_log_and_not_fatal(
    qapp: QApplication, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger=resources.__name__):
        assert load_fonts(tmp_path) == ()
    assert "make setup" in caplog.text


def test_offscreen_no_gl_surface_is_made(qapp: QApplication) -> None:
    window = QMainWindow()
    start.add_gl_surface(window)
    assert window.children() == [window.layout()]
    window.deleteLater()

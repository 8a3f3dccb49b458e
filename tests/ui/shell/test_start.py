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
import asyncio, logging, sys
from pathlib import Path
import qasync
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget
from opsdesk.services.desk import Desk
from opsdesk.ui.shell import start
from opsdesk.ui.shell.navigation import Page
from opsdesk.ui.shell.window import MainWindow

logging.basicConfig(level=logging.WARNING)
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
    QTimer.singleShot(0, top.close)

status = start.run(desk, ["opsdesk"], pages=(Page("home", "Home", "house", "H", make_page),))
desk.close()
print("ended", status)
sys.exit(status)
"""


@pytest.mark.parametrize(("scale", "ratio"), [(100, "1.0"), (150, "1.5")])
def test_the_program_opens_its_window_and_ends_without_a_warning(tmp_path: Path, scale: int, ratio: str) -> None:
    result = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error::ResourceWarning", "-c", SCRIPT, str(tmp_path / "data"), str(scale)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [f"True True home {ratio}", "ended 0"]
    noise = [line for line in result.stderr.splitlines() if "This plugin" not in line]
    assert noise == []


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


def test_a_mistake_in_a_slot_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    error = ValueError("slip")
    with caplog.at_level(logging.ERROR, logger=start.__name__):
        start._log_exception(ValueError, error, None)
    assert "slip" in caplog.text

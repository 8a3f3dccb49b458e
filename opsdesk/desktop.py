"""Composition root of the desktop program: data folder, window, one event loop, clean shutdown.

There is exactly one `run_until_complete` in a process: after the web engine was used, a second QApplication.exec()
crashes (platform page, B6).
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from opsdesk.services.errors import OpsDeskError
from opsdesk.services.folder import data_folder

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.window import MainWindow

log = logging.getLogger(__name__)


def main(arguments: list[str]) -> int:
    """Open the desktop program and return its exit status when the window is closed."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    application = make_application()
    with _folder(options) as folder:
        return run(application, folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="opsdesk", description="The desktop program.")
    parser.add_argument("command", nargs="?", choices=("demo",), help="open a temporary copy of the sample data")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder")
    return parser


@contextmanager
def _folder(options: argparse.Namespace) -> Iterator[Path]:
    """The data folder to open; for a demo a copy of the sample that goes when the window is closed."""
    if options.command != "demo":
        yield options.data or data_folder()
        return
    from opsdesk.services import sample

    with tempfile.TemporaryDirectory(prefix="opsdesk-demo-") as name:
        yield Path(shutil.copytree(sample.ready(), Path(name) / "data"))


def make_application() -> QApplication:
    """The one QApplication of this process, dressed, with the map's URL scheme known before it exists."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # The web engine refuses to start as root with its sandbox; other users keep it.
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
    from PySide6.QtWidgets import QApplication

    from opsdesk.ui.shell import start

    start.register_url_scheme()
    application = QApplication(sys.argv[:1])
    application.setApplicationName("OpsDesk")
    application.setQuitOnLastWindowClosed(False)
    start.dress(application)
    return application


def run(application: QApplication, folder: Path) -> int:
    """Show the window on a data folder until it is closed."""
    import qasync

    from opsdesk.services.desk import Desk

    try:
        desk = Desk.open(folder)
    except OpsDeskError as error:
        print(error, file=sys.stderr)
        desk = None
        refusal = str(error)
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    with loop:
        if desk is None:
            return int(loop.run_until_complete(_refuse(refusal)))
        try:
            return int(loop.run_until_complete(_serve(desk)))
        finally:
            desk.close()


async def _serve(desk: Desk) -> int:
    from PySide6.QtCore import QTimer

    stop = asyncio.Event()
    window = make_window(desk)
    window.closed.connect(stop.set)
    _report_errors(window)

    def end(_number: int, _frame: FrameType | None) -> None:
        window.close()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    # Python runs its signal handlers between bytecodes, and Qt's loop runs none while nothing happens.
    pulse = QTimer(window)
    pulse.start(250)
    window.show()
    await stop.wait()
    window.deleteLater()
    return 0


def make_window(desk: Desk) -> MainWindow:
    """The main window on its start page, not shown yet."""
    from PySide6.QtGui import QGuiApplication

    from opsdesk.ui.shell.window import MainWindow

    window = MainWindow(desk)
    if QGuiApplication.platformName() != "offscreen":
        _prepare_for_map(window)
    window.resize(1440, 900)
    window.go(window.preferences.get("start.page") or "home")
    return window


def _prepare_for_map(window: MainWindow) -> None:
    """Give the window a hidden OpenGL child before it is shown.

    Otherwise Qt hides, recreates and shows the top level when the first web view is added (platform page, B3).
    """
    from PySide6.QtOpenGLWidgets import QOpenGLWidget

    QOpenGLWidget(window).hide()


def _report_errors(window: MainWindow) -> None:
    """Log what nobody caught and say so in the window: a fault of ours never ends a watch."""

    def report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        log.critical("An error that nobody handled", exc_info=(kind, error, trace))
        window.toasts.show_toast(
            f"OpsDesk made a mistake: {kind.__name__}. What you had saved is safe.", tone="danger", seconds=12
        )

    sys.excepthook = report


async def _refuse(reason: str) -> int:
    """Say in a window why the program cannot start."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QVBoxLayout, QWidget

    from opsdesk.ui.widgets.empty_state import EmptyState

    stop = asyncio.Event()
    window = QWidget()
    window.setWindowTitle("OpsDesk")
    window.resize(520, 320)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.destroyed.connect(stop.set)
    said = EmptyState("")
    said.show_error(reason, "Nothing was changed.", button="Close", run=window.close)
    QVBoxLayout(window).addWidget(said)
    window.show()
    await stop.wait()
    return 1

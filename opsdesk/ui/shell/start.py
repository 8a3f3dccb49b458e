"""Starting and stopping the desktop program: URL scheme, application, look, one event loop, clean shutdown."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from importlib import import_module
from types import TracebackType
from typing import Any

from PySide6.QtCore import QSocketNotifier, Qt, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtNetwork import QNetworkInformation
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from opsdesk.ui import folders, resources
from opsdesk.ui.preferences import SCALES
from opsdesk.ui.shell.first import SEEN_SETTING
from opsdesk.ui.shell.navigation import PAGES
from opsdesk.ui.shell.page import Page
from opsdesk.ui.shell.window import MainWindow
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.empty_state import EmptyState
from opsdesk.ui.widgets.map_view.engine import close_engine

log = logging.getLogger(__name__)

SCHEME = b"opsdesk"
_READ_AHEAD_MS = 3_000
"""After the window is shown: its first pages are there by then."""


def register_url_scheme() -> None:
    """Make `opsdesk:` known to the map's web engine; possible only before the QApplication is made.

    Calling it again does nothing.
    """
    # Imported here: what needs no window should not pay for it (110 ms measured).
    try:
        from PySide6.QtWebEngineCore import QWebEngineUrlScheme
    except ImportError as error:
        log.warning("There is no map: %s", error)  # its page says so, and all else works
        return

    if QWebEngineUrlScheme.schemeByName(SCHEME).name() == SCHEME:
        return
    scheme = QWebEngineUrlScheme(SCHEME)
    scheme.setSyntax(QWebEngineUrlScheme.Syntax.Host)
    flag = QWebEngineUrlScheme.Flag
    scheme.setFlags(
        flag.SecureScheme
        | flag.LocalAccessAllowed
        | flag.CorsEnabled
        | flag.FetchApiAllowed
        | flag.ContentSecurityPolicyIgnored
    )
    QWebEngineUrlScheme.registerScheme(scheme)


def dress(application: QApplication) -> None:
    """Give the application its fonts, palette and style sheet."""
    resources.load_fonts()
    theme.install(application, resources.glyph_files)


def make_application(arguments: Sequence[str], settings: Any) -> QApplication:
    """Make the one QApplication of the process in the scale and look that the settings ask for."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # WebEngine refuses to start as root with its sandbox; never switched off for anyone else.
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
    scale = settings.get("look.scale", 100)
    if scale != 100 and scale in SCALES:
        # One factor for everything, delegates and icons too; Qt reads it only now.
        os.environ.setdefault("QT_SCALE_FACTOR", str(scale / 100))
    # A reading thread that is busy in Python gives way sooner: Qt's calls hand the lock over and want it back many
    # times in one paint, and at a million rows the window stalled five times longer with Python's own 5 ms.
    sys.setswitchinterval(0.0005)
    register_url_scheme()
    application = QApplication(list(arguments))
    application.setApplicationName("OpsDesk")
    application.setDesktopFileName("opsdesk")
    # The window's closing ends the main coroutine, which tidies up; Qt must not leave the loop on its own.
    application.setQuitOnLastWindowClosed(False)
    dress(application)
    # What is loaded by now stays to the end. Left out of the collector's sight, a full collection, which stops every
    # thread, takes 5 ms instead of 50.
    gc.freeze()
    return application


def add_gl_surface(window: Any) -> None:
    """Give the window a GL surface before it is shown, so that the first map need not make the window anew.

    Without it the window would vanish and come back when the map is first opened. The offscreen platform has no
    windows that could flicker, and a software GL context would cost every test and picture some 50 MB.
    """
    if QApplication.platformName() in ("offscreen", "minimal"):
        return
    from PySide6.QtOpenGLWidgets import QOpenGLWidget

    QOpenGLWidget(window).hide()


def run(
    desk: Any,
    arguments: Sequence[str] = (),
    *,
    page: str = "",
    first_look: bool = True,
    pages: Sequence[Page] = PAGES,
) -> int:
    """Open the window on `desk` and return 0 when it is closed. To be called once in a process.

    `desk` stays open: who made it closes it afterwards.
    """
    application = make_application(arguments or sys.argv[:1], desk.settings)
    return _drive(application, _main(desk, page, first_look, pages))


def refuse(reason: str, arguments: Sequence[str] = ()) -> int:
    """Say in a small window why the program cannot open, and return 1 when it is closed. Instead of `run`."""
    application = make_application(arguments or sys.argv[:1], {})
    return _drive(application, _refuse(reason))


def _drive(application: QApplication, main: Coroutine[Any, Any, int]) -> int:
    """Run the one loop of the process until `main` ends."""
    import qasync

    qInstallMessageHandler(_qt_message)
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    with loop:
        status: int = loop.run_until_complete(main)
    asyncio.set_event_loop(None)
    qInstallMessageHandler(None)
    return status


async def _main(desk: Any, page: str, first_look: bool, pages: Sequence[Page]) -> int:
    """Show the window, wait until it is closed, and take it apart in the right order."""
    stop = asyncio.Event()
    window = MainWindow(desk, pages)
    window.closed.connect(stop.set)
    sys.excepthook = partial(_report, window)
    signals = _close_on_signals(window)
    add_gl_surface(window)
    window.restore_geometry()
    desk.link.start()
    network = _watch_network(desk.link.retry_now)
    wanted = page or str(window.preferences.get("start.page"))
    window.go(wanted if wanted in window.pages else next(iter(window.pages)))
    window.show()
    QTimer.singleShot(_READ_AHEAD_MS, window, _read_ahead)
    if first_look and not desk.settings.get(SEEN_SETTING, False):
        window.show_first_look()
    await stop.wait()
    if network is not None:
        network.disconnect()
    await desk.link.stop()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    signals.close()
    sys.excepthook = sys.__excepthook__
    window.dispose()
    close_engine()
    leave_clipboard()
    return 0


def _read_ahead() -> None:
    """Import the map's page on a thread: a tenth of a second that the first map then need not take. Its engine is not
    started ahead: that takes some 400 MB, also of those who never open a map. Ask on another which folders are there.
    """
    threading.Thread(target=import_module, args=("opsdesk.ui.map.page",), name="read-ahead", daemon=True).start()
    threading.Thread(target=folders.look, name="folders", daemon=True).start()


def leave_clipboard() -> None:
    """Leave what was copied as plain text. What Python made and Qt still holds at the end crashes the process."""
    clipboard = QApplication.clipboard()
    # The offscreen platform, whose clipboard is its own, does not say so.
    if clipboard.ownsClipboard() or QApplication.platformName() == "offscreen":
        clipboard.setText(clipboard.text())


def _watch_network(came_up: Callable[[], object]) -> _Network | None:
    """Call `came_up` whenever the machine has a network again; None where the system does not tell."""
    if not QNetworkInformation.loadBackendByFeatures(QNetworkInformation.Feature.Reachability):
        return None
    return _Network(QNetworkInformation.instance(), came_up)


class _Network:
    def __init__(self, told: QNetworkInformation, came_up: Callable[[], object]) -> None:
        self._told, self._came_up = told, came_up
        told.reachabilityChanged.connect(self._changed)

    def _changed(self, reach: QNetworkInformation.Reachability) -> None:
        if reach is not QNetworkInformation.Reachability.Disconnected:
            self._came_up()

    def disconnect(self) -> None:
        self._told.reachabilityChanged.disconnect(self._changed)


async def _refuse(reason: str) -> int:
    stop = asyncio.Event()
    window = QWidget()
    window.setWindowTitle("OpsDesk")
    window.resize(520, 320)
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    window.destroyed.connect(stop.set)
    said = EmptyState("", parent=window)
    said.show_error(reason, "Nothing was changed.", button="Close", run=window.close)
    QVBoxLayout(window).addWidget(said)
    window.show()
    await stop.wait()
    return 1


class _Signals:
    """Wakes Qt's loop when the operating system asks the program to end, so that Python's handler gets its turn."""

    def __init__(self, end: Callable[[], object]) -> None:
        self._read, self._write = socket.socketpair()
        for end_of_pair in (self._read, self._write):
            end_of_pair.setblocking(False)
        self._before = {number: signal.signal(number, lambda *_: end()) for number in (signal.SIGINT, signal.SIGTERM)}
        self._fd = signal.set_wakeup_fd(self._write.fileno())
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read)
        self._notifier.activated.connect(lambda: self._read.recv(64))

    def close(self) -> None:
        """Give the signals back to who had them."""
        signal.set_wakeup_fd(self._fd)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._notifier.setEnabled(False)
        self._notifier.deleteLater()
        self._read.close()
        self._write.close()


def _close_on_signals(window: MainWindow) -> _Signals:
    return _Signals(window.close)


def _report(window: MainWindow, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log a mistake of ours and say so in the window, which goes on: it never ends a watch."""
    log.critical("An error that nobody handled", exc_info=(kind, error, trace))
    window.operations.tell_mistake(error)


_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def _qt_message(kind: QtMsgType, _context: Any, text: str) -> None:
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), text)

"""Starting and stopping the desktop program: URL scheme, application, look, one event loop, clean shutdown."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from PySide6.QtCore import QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from opsdesk.ui import resources
from opsdesk.ui.preferences import SCALES
from opsdesk.ui.shell.first_look import SEEN_SETTING
from opsdesk.ui.shell.navigation import PAGES, Page
from opsdesk.ui.shell.window import MainWindow
from opsdesk.ui.theme import theme

log = logging.getLogger(__name__)

SCHEME = b"opsdesk"


def register_url_scheme() -> None:
    """Make `opsdesk:` known to the map's web engine; possible only before the QApplication is made.

    Calling it again does nothing.
    """
    # Imported here: what needs no window should not pay for it (110 ms measured).
    from PySide6.QtWebEngineCore import QWebEngineUrlScheme

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
    register_url_scheme()
    application = QApplication(list(arguments))
    application.setApplicationName("OpsDesk")
    application.setDesktopFileName("opsdesk")
    # The window's closing ends the main coroutine, which tidies up; Qt must not leave the loop on its own.
    application.setQuitOnLastWindowClosed(False)
    dress(application)
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
    """Open the window on `desk` and return when it is closed. To be called once in a process.

    `desk` stays open: who made it closes it afterwards. Returns 0, or 1 when the main coroutine failed.
    """
    import qasync

    application = make_application(arguments or sys.argv[:1], desk.settings)
    qInstallMessageHandler(_qt_message)
    sys.excepthook = _log_exception
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    with loop:
        status: int = loop.run_until_complete(_main(desk, page, first_look, pages))
    asyncio.set_event_loop(None)
    return status


async def _main(desk: Any, page: str, first_look: bool, pages: Sequence[Page]) -> int:
    """Show the window, wait until it is closed, and take it apart in the right order."""
    stop = asyncio.Event()
    window = MainWindow(desk, pages)
    window.closed.connect(stop.set)
    add_gl_surface(window)
    window.restore_geometry()
    wanted = page or str(window.preferences.get("start.page"))
    window.go(wanted if wanted in window.pages else next(iter(window.pages)))
    window.show()
    if first_look and not desk.settings.get(SEEN_SETTING, False):
        window.show_first_look()
    await stop.wait()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    window.dispose()
    return 0


Hook = Callable[[type[BaseException], BaseException, TracebackType | None], None]


def _log_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Keep a mistake in a slot out of nobody's sight: log it, the window goes on."""
    log.error("A mistake in the window", exc_info=(kind, error, trace))


_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def _qt_message(kind: QtMsgType, _context: Any, text: str) -> None:
    logging.getLogger("qt").log(_LEVELS.get(kind, logging.WARNING), text)

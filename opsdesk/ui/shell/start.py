"""Starting and stopping the desktop program: URL scheme, application, look, one event loop, clean shutdown."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication

from opsdesk.ui import resources
from opsdesk.ui.theme import theme

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

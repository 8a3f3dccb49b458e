"""The pages of the program, as a list of values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from opsdesk.ui.shell.page import New, Page, Shell

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk


def _home(desk: Desk, shell: Shell) -> QWidget:
    from opsdesk.ui.home.page import HomePage

    return HomePage(desk, shell)


def _tickets(desk: Desk, shell: Shell) -> QWidget:
    from opsdesk.ui.tickets.page import TicketsPage

    return TicketsPage(desk, shell)


def _map(desk: Desk, shell: Shell) -> QWidget:
    from opsdesk.ui.map.page import MapPage

    return MapPage(desk, shell)


def _analytics(desk: Desk, shell: Shell) -> QWidget:
    from opsdesk.ui.analytics.page import AnalyticsPage

    return AnalyticsPage(desk, shell)


def _conflicts(desk: Desk, shell: Shell) -> QWidget:
    from opsdesk.ui.conflicts.page import ConflictsPage

    return ConflictsPage(desk, shell)


def _queue(desk: Desk, shell: Shell) -> QWidget:
    from opsdesk.ui.queue.page import QueuePage

    return QueuePage(desk, shell)


def _import(desk: Desk, shell: Shell) -> QWidget:
    from opsdesk.ui.importing.page import ImportPage

    return ImportPage(desk, shell)


def _settings(desk: Desk, shell: Shell) -> QWidget:
    from opsdesk.ui.shell.preferences_page import PreferencesPage

    return PreferencesPage(desk, shell)


# A page is imported when it is first opened. Only what works is listed.
PAGES: tuple[Page, ...] = (
    Page("home", "Home", "house", "H", _home),
    Page(
        "tickets",
        "Tickets",
        "ticket",
        "T",
        _tickets,
        opens=("ticket", "tickets", "person", "place", "unit"),
        new=(New("ticket", "New ticket", "Ctrl+N"),),
    ),
    Page("map", "Threat map", "map-trifold", "M", _map, opens=("map",), word="Map"),
    Page("analytics", "Analytics", "chart-line-up", "A", _analytics),
    Page("conflicts", "Conflicts", "git-fork", "C", _conflicts, opens=("conflict",), foot=True),
    Page("queue", "Queue and returned", "arrow-u-down-left", "Q", _queue, foot=True, word="Returned"),
    Page("import", "Import", "download-simple", "I", _import, foot=True),
    Page("settings", "Settings", "gear-six", "S", _settings, foot=True),
)

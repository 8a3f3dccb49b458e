"""The main window: rail, top bar, pages, status bar, and what lies over them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

import shiboken6
from PySide6.QtCore import QByteArray, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from opsdesk.services import search, undo
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.station import Station, station
from opsdesk.services.tickets import wake
from opsdesk.ui.actions import Actions
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.operations import Operations, StayQuestion
from opsdesk.ui.preferences import Preferences
from opsdesk.ui.shell.badges import Badges
from opsdesk.ui.shell.bell import BellPanel, NoticeKeeper
from opsdesk.ui.shell.chosen import Chosen
from opsdesk.ui.shell.first import FirstLook
from opsdesk.ui.shell.link_words import link_words
from opsdesk.ui.shell.navigation import PAGES
from opsdesk.ui.shell.page import Page, Target
from opsdesk.ui.shell.palette import Palette
from opsdesk.ui.shell.rail import Rail, logo_icon
from opsdesk.ui.shell.sheets import ShortcutSheet
from opsdesk.ui.shell.statusbar import StatusBar
from opsdesk.ui.shell.topbar import TopBar
from opsdesk.ui.shell.undo_sheet import UndoSheet
from opsdesk.ui.shell.window_actions import add_window_actions
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.age import ticker
from opsdesk.ui.widgets.toast import Toasts

NARROW = 1200
LEAST = (840, 500)  # a full-HD screen at 200 %, less the frames
SETTLE_MS = 1000
_ABOVE_FEET = 92
"""Room below a message, in pixels: the status bar, and the foot of a page with its keys and what saves."""


class MainWindow(QMainWindow):
    """The window of the desktop program; it is the `Shell` of its pages.

    Signals: `closed` when the person has closed it.
    """

    closed = Signal()
    actions: Actions  # type: ignore[assignment]  # stands before QWidget.actions(), which nobody needs here

    def __init__(
        self,
        desk: Any,
        pages: Sequence[Page] = PAGES,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.desk = desk
        self.pages = {page.key: page for page in pages}
        self.current = ""
        self.station: Station | None = None
        self.setWindowTitle("OpsDesk")
        self.setWindowIcon(logo_icon())
        self.setMinimumSize(*LEAST)
        self.bridge = Bridge(desk, self)
        self.actions = Actions(self)
        self.preferences = Preferences(desk.settings, self)
        self.chosen = Chosen(self)
        self._widgets: dict[str, QWidget] = {}
        self._build(now)
        self._connect()
        add_window_actions(self)
        self._apply_preferences()
        self._ask_station()
        self._wake()
        self._badges = Badges(desk, self.bridge, self.set_badge, list(self.pages), self)
        self.notices = NoticeKeeper(self, self.bell_panel, self.topbar.bell.set_count)
        ticker.start()

    def _build(self, now: Callable[[], datetime]) -> None:
        body = QWidget()
        self.setCentralWidget(body)
        self.rail = Rail(list(self.pages.values()))
        self.topbar = TopBar(now)
        self.stack = QStackedWidget()
        self.statusbar = StatusBar(self.desk.tag, note=self.desk.settings.get("sample.note", ""))
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.topbar)
        right.addWidget(self.stack, 1)
        upper = QHBoxLayout()
        upper.setSpacing(0)
        upper.addWidget(self.rail)
        upper.addLayout(right, 1)
        whole = QVBoxLayout(body)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(upper, 1)
        whole.addWidget(self.statusbar)
        self.toasts = Toasts(body, bottom=_ABOVE_FEET)
        self.operations = Operations(self.desk, self.bridge, self.toasts, self._undo, self)
        self.palette_panel = Palette(body, self, self.desk, search.palette)
        self.shortcut_sheet = ShortcutSheet(body, self.actions)
        self.bell_panel = BellPanel(body)
        self.undo_sheet = UndoSheet(body)

    def _connect(self) -> None:
        self.rail.chosen.connect(self.go)
        self.topbar.search.asked.connect(self.open_palette)
        self.topbar.new.pressed_main.connect(self._create_first)
        self.topbar.new.pressed_menu.connect(self._open_new_menu)
        self.topbar.bell.clicked.connect(self.open_bell)
        self.topbar.link.clicked.connect(self._tell_link)
        self.topbar.person.clicked.connect(self._open_person_menu)
        self.preferences.changed.connect(self._prefer)
        self.bridge.changed.connect(self._changed)
        self.bridge.unhandled.connect(self.operations.show_error)
        self.operations.stays_asked.connect(self._ask_what_stays)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._ask_station)
        self.statusbar.asked.connect(self._tell_link)
        ticker.minute.connect(self._show_link)
        ticker.minute.connect(self._wake)
        self._unwatch = self.desk.link.watch(lambda _state: self.bridge.later(self._show_link))
        self._show_link()

    def _wake(self) -> None:
        """Let go on what waited for a moment that has come: a desk that works alone does it by itself."""
        if not self.desk.read_only and not self.desk.link.joined:
            self.desk.do(wake, background=True)

    # -- Shell -------------------------------------------------------------------------------------------------

    def go(self, key: str) -> None:
        """Bring a page to the front, making it at its first visit. Raises KeyError for a page that is not there."""
        page = self.pages[key]
        self._close_panels()
        widget = self._widgets.get(key)
        if widget is None:
            widget = page.factory(self.desk, self)
            self._widgets[key] = widget
            self.stack.addWidget(widget)
        self.current = key
        self.stack.setCurrentWidget(widget)
        self.rail.set_current(key)
        self.topbar.set_title(page.title)
        self.setWindowTitle(f"{page.title} – OpsDesk")
        activated = getattr(widget, "activated", None)
        if activated is not None:
            activated()
        else:
            widget.setFocus()

    def page(self, key: str) -> QWidget | None:
        """Return the widget of a page that was visited."""
        return self._widgets.get(key)

    def open(self, target: Target) -> None:
        """Show a record or a query on the page that opens its kind; says so where none does."""
        page = next((page for page in self.pages.values() if target.kind in page.opens), None)
        if page is None:
            self.toasts.show_toast(f"Nothing here shows a {target.kind} yet", tone="neutral")
            return
        self.go(page.key)
        self._widgets[page.key].show_target(target)  # type: ignore[attr-defined]  # PageWidget

    def begin_new(self, kind: str, like: Mapping[str, Any] | None = None) -> None:
        """Begin a new record of a kind on its page; `like` is what its form holds at first."""
        page = next(page for page in self.pages.values() if any(new.kind == kind for new in page.new))
        self.go(page.key)
        self._widgets[page.key].begin_new(kind, like)  # type: ignore[attr-defined]  # PageWidget

    def set_badge(self, key: str, count: int, tone: str = "danger") -> None:
        """Show a number on the rail item of a page; 0 takes it away."""
        self.rail.set_badge(key, count, tone)

    def open_palette(self, text: str = "") -> None:
        """Open the palette with some text typed in."""
        self._close_panels()
        self.palette_panel.open_with(text)

    def open_keys(self) -> None:
        """Open the sheet of all keys."""
        self._close_panels()
        self.shortcut_sheet.open()

    def open_bell(self) -> None:
        """Open the list of notifications."""
        self._close_panels()
        self.bell_panel.open()

    def _undo(self, act: bytes, confirmed: bool) -> Future[Outcome]:
        return undo.run(self.desk, act, confirmed=confirmed)

    def _ask_what_stays(self, question: StayQuestion) -> None:
        self._close_panels()
        self.undo_sheet.ask(question)

    def _close_panels(self) -> None:
        for panel in (self.palette_panel, self.shortcut_sheet, self.bell_panel, self.undo_sheet):
            panel.close_panel()

    # -- first and last ------------------------------------------------------------------------------------------

    def show_first_look(self, *, later: bool = False) -> None:
        """Cover the window with the first look at a new station, or `later` with the way to join a post."""
        self._close_panels()
        body = self.centralWidget()
        assert body is not None
        if (there := body.findChild(FirstLook)) is not None:
            there.open()
            return
        look = FirstLook(body, self.desk, self, later=later)
        look.joined.connect(self.renew)
        look.begun.connect(look.deleteLater)
        look.begun.connect(lambda: self.go(self.current))
        look.open()

    def renew(self) -> None:
        """Make all pages anew: another person works at this station from now on."""
        for widget in self._widgets.values():
            leaving = getattr(widget, "leaving", None)
            if leaving is not None:
                leaving()
            self.stack.removeWidget(widget)
            widget.deleteLater()
        self._widgets.clear()
        self._ask_station()
        self.go(self.current)

    def restore_geometry(self) -> None:
        """Take the place and size of the last time, or a good size for a first time."""
        self.resize(1440, 900)
        kept = self.desk.settings.get("window.geometry", "")
        if kept:
            self.restoreGeometry(QByteArray.fromBase64(kept.encode()))

    def dispose(self) -> None:
        """Take the window apart: no answer reaches it any more, then its parts go."""
        self._unwatch()
        self.bridge.close()
        for widget in self._widgets.values():
            shiboken6.delete(widget)
        self._widgets.clear()
        shiboken6.delete(self)

    # -- menus -------------------------------------------------------------------------------------------------

    def _create_first(self) -> None:
        first = next((new.kind for page in self.pages.values() for new in page.new), None)
        if first is not None:
            self.begin_new(first)

    def _open_new_menu(self, place: QPoint) -> None:
        names: list[str | None] = [f"new.{new.kind}" for page in self.pages.values() for new in page.new]
        self.actions.menu(names, self).popup(place)

    def _open_person_menu(self) -> None:
        menu = self.actions.menu(
            [
                "theme.light",
                "theme.dark",
                "theme.red",
                "theme.system",
                "look.density",
                None,
                "go.settings",
                "shell.keys",
                None,
                "shell.quit",
            ],
            self,
        )
        corner = self.topbar.person.mapToGlobal(QPoint(self.topbar.person.width(), self.topbar.person.height() + 6))
        menu.popup(corner - QPoint(menu.sizeHint().width(), 0))

    def _tell_link(self) -> None:
        if "queue" in self.pages:
            self.go("queue")
        else:
            self.toasts.show_toast(self.statusbar.words(), tone="neutral")

    # -- preferences -------------------------------------------------------------------------------------------

    def _apply_preferences(self) -> None:
        for name in ("look.theme", "look.density", "keys.letters"):
            self._prefer(name)

    def _prefer(self, name: str) -> None:
        value = self.preferences.get(name)
        if name == "look.theme":
            theme.switch(str(value))
        elif name == "look.density":
            theme.set_density(str(value))
        elif name == "keys.letters":
            self.actions.set_letters(bool(value))

    def is_other_theme(self, name: str) -> bool:
        """Whether a theme is not the one that is chosen."""
        return self.preferences.get("look.theme") != name

    def turn_density(self) -> None:
        """From normal to dense rows and back."""
        dense = self.preferences.get("look.density") == "dense"
        self.preferences.set("look.density", "normal" if dense else "dense")

    def turn_full_screen(self) -> None:
        """Fill the screen, or no longer."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    # -- what this station says of itself --------------------------------------------------------------------------

    def _changed(self, changes: Changes) -> None:
        if changes and not self._settle.isActive():
            self._settle.start()  # one question for a burst of changes

    def _ask_station(self) -> None:
        future = self.desk.ask(station, channel="station", background=True)
        self.bridge.then(future, self._show_station, owner=self)

    def _show_station(self, found: Station) -> None:
        self.station = found
        self.statusbar.show_station(found, self.desk.tag)
        self.topbar.person.set_name(found.person)
        self._show_link()

    def _show_link(self) -> None:
        """Say how the link stands now; its ages grow with the minute."""
        said = link_words(self.desk.link.state, self.station, wall.now())
        self.topbar.link.set(said.pill, said.tone, ring=said.ring, hint=said.hint)
        self.statusbar.show_link(said)

    # -- Qt --------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < NARROW
        self.rail.set_collapsed(narrow)
        self.topbar.set_narrow(narrow)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # An Esc that nobody wanted puts the toasts away.
        if event.key() == Qt.Key.Key_Escape:
            self.toasts.clear()
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        for widget in self._widgets.values():
            leaving = getattr(widget, "leaving", None)
            if leaving is not None:
                leaving()
        self.desk.settings.set("window.geometry", bytes(self.saveGeometry().toBase64().data()).decode())
        ticker.stop()
        self._settle.stop()
        event.accept()
        self.closed.emit()

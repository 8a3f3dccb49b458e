"""Composition root of the tour: every page on the sample data, offscreen, in each theme and size, as pictures.

The pictures are for looking at after each change of a screen, and for the README and the guide.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opsdesk import tour_bell, tour_partner, tour_queue
from opsdesk.desktop import sample_copy
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.services.link import LinkState

THEMES = ("light", "dark", "red")
SIZES = ("1440x900", "1180x760")
QUIET_S = 0.4
"""The window counts as settled when the desk was idle for so long: longer than any debounce of a screen."""
PATIENCE_S = 20.0
_DRAWING_MS = 1_200


@dataclass(frozen=True)
class Scene:
    """One picture: its name and what is done for it."""

    name: str
    play: Callable[[Stage], None]


class Stage:
    """The window on the sample data, and ways to act on it as a person does."""

    def __init__(self, desk: Desk, window: Any, split: bytes) -> None:
        self.desk = desk
        self.window = window
        self.split = split
        """The ticket that was changed in two places."""

    def settle(self) -> None:
        """Let events run until nothing is under way any more. Raises TimeoutError when that does not come."""
        from PySide6.QtCore import QCoreApplication

        began = quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_S:
            QCoreApplication.processEvents()
            if self.desk.busy:
                quiet_since = time.monotonic()
            if time.monotonic() - began > PATIENCE_S:
                raise TimeoutError("The window does not come to rest")
            time.sleep(0.005)

    def drawn(self) -> None:
        """Let the map draw what it was told: its page lives in a process of its own, which nobody can ask."""
        from PySide6.QtTest import QTest

        began, page = time.monotonic(), self.window.page("map")
        while page.map.bounds is None and not page.map.why_not:
            QTest.qWait(20)
            if time.monotonic() - began > PATIENCE_S:
                raise TimeoutError("The map does not come")
        self.settle()
        QTest.qWait(_DRAWING_MS)

    def ticket(self) -> bytes:
        """The ticket that the detail shows: the one with the longest conversation."""
        found: bytes = self.desk.ask(
            lambda reader: reader.value(
                "SELECT t.id FROM comment c JOIN ticket t ON t.id = c.subject WHERE t.voided IS NULL "
                "GROUP BY t.id ORDER BY count(*) DESC, t.key LIMIT 1"
            )
        ).result()
        return found

    def focus(self) -> Any:
        """The widget that has the keyboard. The offscreen platform forgets the active window when a popup goes."""
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication

        if QApplication.focusWidget() is None:
            self.window.activateWindow()
            QTest.qWaitForWindowActive(self.window, 2000)
        return QApplication.focusWidget() or self.window

    def forget_drafts(self) -> None:
        """Drop what another scene has typed or chosen."""
        from opsdesk.services import forms

        for draft in self.desk.ask(forms.drafts).result():
            self.desk.do(forms.drop_draft, draft.place).result()

    def press(self, *keys: str) -> None:
        """Press keys on whatever has the focus ("Ctrl+K", "J")."""
        from PySide6.QtGui import QKeySequence
        from PySide6.QtTest import QTest

        for key in keys:
            combination = QKeySequence(key)[0]  # type: ignore[index]  # the stub forgets __getitem__
            QTest.keyClick(self.focus(), combination.key(), combination.keyboardModifiers())
            self.settle()

    def type(self, text: str) -> None:
        """Type text into whatever has the focus."""
        from PySide6.QtTest import QTest

        QTest.keyClicks(self.focus(), text)


def make(
    out: Path, themes: Sequence[str] | None = None, sizes: Sequence[str] | None = None, only: Sequence[str] = ()
) -> list[Path]:
    """Draw the scenes into `out` as NAME-THEME-SIZE.png and return the files. Raises Refused for a wrong size."""
    wanted = [_size(text) for text in sizes or SIZES]
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    out.mkdir(parents=True, exist_ok=True)
    with sample_copy() as folder:
        desk = Desk.open(folder)
        try:
            split = tour_partner.disagree(desk)
            tour_queue.fill(desk)
            tour_bell.fill(desk)
            return list(_draw(desk, split, out, themes or THEMES, wanted, only))
        finally:
            desk.close()


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and 200 <= int(width) <= 8000 and 200 <= int(height) <= 8000):
        raise Refused(f"“{text}” is no size; write for instance {SIZES[0]}")
    return int(width), int(height)


def _draw(
    desk: Desk, split: bytes, out: Path, themes: Sequence[str], sizes: Sequence[tuple[int, int]], only: Sequence[str]
) -> Iterator[Path]:
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from opsdesk.ui.shell import start
    from opsdesk.ui.shell.window import MainWindow
    from opsdesk.ui.widgets.map_view.engine import close_engine

    application = QApplication.instance() or start.make_application(["opsdesk"], desk.settings)
    for width, height in sizes:
        for theme in themes:
            for scene in SCENES:
                if only and scene.name not in only:
                    continue
                desk.settings.set("look.theme", theme)
                desk.link._put(tour_queue.online(desk.now()))
                window = MainWindow(desk)
                window.resize(width, height)
                window.show()
                window.activateWindow()
                QTest.qWaitForWindowActive(window, 2000)
                stage = Stage(desk, window, split)
                scene.play(stage)
                stage.settle()
                path = out / f"{scene.name}-{theme}-{width}x{height}.png"
                if not window.grab().save(str(path)):
                    raise Refused(f"{path} could not be written")
                window.close()
                window.dispose()
                application.processEvents()
                yield path
    close_engine()


def _home(stage: Stage) -> None:
    stage.window.go("home")


def _list(stage: Stage) -> None:
    stage.window.go("tickets")
    stage.settle()
    stage.press("J", "J", "J")


def _selected(stage: Stage) -> None:
    _list(stage)
    stage.press("X", "J", "X", "J", "J", "X")


def _bulk(stage: Stage) -> None:
    from opsdesk.services.tickets import Priority
    from opsdesk.ui.tickets.bulk.parts import Part

    _list(stage)
    stage.press("Ctrl+A", "Ctrl+A")
    editor = stage.window.page("tickets").list.editor
    editor.open()
    stage.settle()
    editor.choosing.open.close_now()
    editor.take(Part("Priority", "High", {"priority": int(Priority.HIGH)}))
    editor.take(Part("State", "Start work", event="start"))
    stage.settle()


def _wrong_query(stage: Stage) -> None:
    from opsdesk.ui.shell.page import Target

    stage.window.open(Target("tickets", query="state:opne prio>=high"))


def _nothing_found(stage: Stage) -> None:
    from opsdesk.ui.shell.page import Target

    stage.window.open(Target("tickets", query="state:open prio:urgent yeti"))


def _detail(tab: str) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        from opsdesk.ui.shell.page import Target

        stage.window.open(Target("ticket", stage.ticket()))
        stage.settle()
        if tab:
            stage.window.page("tickets").detail.tabs.open(tab)

    return play


def _mention(stage: Stage) -> None:
    _detail("conversation")(stage)
    tour_bell.mention(stage)


def _files(stage: Stage) -> None:
    """Some files on the ticket: pictures that are drawn here, a text, and one that is too large."""
    from PySide6.QtCore import QBuffer, QIODevice, QRectF
    from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter

    from opsdesk.services import files
    from opsdesk.ui.shell.page import Target

    def drawn(sky: str, ground: str) -> bytes:
        image = QImage(640, 480, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        fade = QLinearGradient(0, 0, 0, 480)
        fade.setColorAt(0, QColor(sky))
        fade.setColorAt(0.55, QColor("#dfe7ee"))
        painter.fillRect(image.rect(), fade)
        painter.fillRect(QRectF(0, 300, 640, 180), QColor(ground))
        painter.fillRect(QRectF(0, 250, 640, 16), QColor("#3a3f45"))
        for left in range(40, 640, 140):
            painter.fillRect(QRectF(left, 250, 12, 130), QColor("#4d535a"))
        painter.end()
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        image.save(buffer, "PNG")  # type: ignore[call-overload]
        return bytes(buffer.data().data())

    def sheet() -> bytes:
        from PySide6.QtCore import QPoint
        from PySide6.QtGui import QFont, QPdfWriter

        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        writer = QPdfWriter(buffer)
        painter = QPainter(writer)
        for page in ("Axle loads, east lane", "Axle loads, west lane"):
            painter.setFont(QFont("Inter", 22))
            painter.drawText(QPoint(400, 900), page)
            painter.setFont(QFont("Inter", 11))
            for row in range(18):
                painter.drawText(QPoint(400, 1700 + row * 420), f"Span {row + 1}   {12 - row % 5} t   checked")
            if page.endswith("east lane"):
                writer.newPage()
        painter.end()
        return bytes(buffer.data().data())

    ticket = stage.ticket()
    made = [
        stage.desk.files.take_bytes(data, name).future.result(PATIENCE_S)
        for name, data in (
            ("bridge east side.png", drawn("#7d9cc0", "#5f7d5a")),
            ("bridge west side.png", drawn("#93a3b5", "#77705c")),
            ("axle loads.pdf", sheet()),
            ("diversion-b.gpx", b"<gpx><trk><name>Diversion B</name></trk></gpx>\n" * 400),
        )
    ]
    if not stage.desk.ask(files.of, ticket).result(PATIENCE_S):  # the scenes before have done it
        stage.desk.do(files.attach, ticket, tuple(made)).result(PATIENCE_S)
    stage.window.open(Target("ticket", ticket))
    stage.settle()
    detail = stage.window.page("tickets").detail
    detail.tabs.open("files")
    detail.files.strip.say("“crane film.mp4” is too large: 412 MB, and at most 100 MB can be attached")


def _links(stage: Stage) -> None:
    from opsdesk.services import tickets
    from opsdesk.ui.shell.page import Target

    ticket = stage.ticket()
    found = stage.desk.ask(tickets.related, ticket).result()
    for kind, back, row in zip(("blocks", "parent", "parent"), (True, False, False), found, strict=False):
        if not any(link.ticket == row.ticket for link in stage.desk.ask(tickets.card, ticket).result().links):
            stage.desk.do(tickets.link, ticket, kind, row.ticket, back=back).result()
    stage.window.open(Target("ticket", ticket))
    stage.settle()
    stage.window.page("tickets").detail.tabs.open("links")


def _file(number: int) -> Callable[[Stage], None]:
    """One of the files looked at."""

    def play(stage: Stage) -> None:
        _files(stage)
        view = stage.window.page("tickets").detail.files
        stage.settle()
        view.open_file(view.rows[number])
        stage.settle()

    return play


def _new(stage: Stage) -> None:
    stage.window.begin_new("ticket")
    stage.settle()
    stage.type("Route obs")
    stage.press("Return", "Tab")


def _new_ruled(stage: Stage) -> None:
    """A form whose rules hide, need, lock and set: ammunition is issued each, and to whom it goes must be said."""
    stage.window.begin_new("ticket")
    stage.settle()
    stage.type("Supply")
    stage.press("Return", "Tab")
    stage.settle()
    stage.type("ammun")
    stage.press("Return", "Tab")
    stage.type("Ammunition for the gate guard")
    stage.settle()
    pane = stage.window.page("tickets").pane
    pane._go_to("purpose")


def _palette(stage: Stage) -> None:
    _list(stage)
    stage.window.open_palette("bur")


def _keys(stage: Stage) -> None:
    _list(stage)
    stage.window.shortcut_sheet.open()


def _import(stage: Stage) -> None:
    from opsdesk import RESOURCES

    stage.window.go("import")
    stage.settle()
    stage.window.page("import").open_file(sorted((RESOURCES / "samples").glob("*.csv*"))[0])


def _map(stage: Stage) -> None:
    stage.window.go("map")
    stage.drawn()
    stage.window.page("map").map.go(6.5, 20.5, 6.5)
    stage.drawn()


def _print(stage: Stage) -> None:
    _detail("")(stage)
    stage.settle()
    stage.window.actions.run("ticket.print")


def _analytics(stage: Stage) -> None:
    stage.window.go("analytics")
    stage.settle()


def _conflicts(*keys: str) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.forget_drafts()
        stage.window.go("conflicts")
        stage.settle()
        stage.press(*keys)

    return play


def _conflict_in_place(stage: Stage) -> None:
    from opsdesk.ui.shell.page import Target

    stage.forget_drafts()
    stage.window.open(Target("ticket", stage.split))
    stage.settle()
    stage.press("J", "3")


def _first_run(stage: Stage) -> None:
    # Nobody has joined anything before the first look.
    stage.desk.link._put(LinkState())
    stage.window.show_first_look()
    stage.settle()
    stage.press("Right")


def _queue(*keys: str) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.desk.link._put(tour_queue.down(stage.desk.now()))
        stage.window.go("queue")
        stage.settle()
        stage.press(*keys)

    return play


def _settings(stage: Stage) -> None:
    stage.window.go("settings")


SCENES = (
    Scene("first-run", _first_run),
    Scene("home", _home),
    Scene("tickets", _list),
    Scene("tickets-selected", _selected),
    Scene("tickets-bulk", _bulk),
    Scene("tickets-wrong-query", _wrong_query),
    Scene("tickets-none", _nothing_found),
    Scene("ticket", _detail("")),
    Scene("ticket-fields", _detail("fields")),
    Scene("ticket-links", _links),
    Scene("ticket-history", _detail("history")),
    Scene("ticket-mention", _mention),
    Scene("bell", tour_bell.bell),
    Scene("ticket-print", _print),
    Scene("ticket-files", _files),
    Scene("ticket-file", _file(0)),
    Scene("ticket-file-pdf", _file(2)),
    Scene("new-ticket", _new),
    Scene("new-ticket-rules", _new_ruled),
    Scene("map", _map),
    Scene("palette", _palette),
    Scene("keys", _keys),
    Scene("analytics", _analytics),
    Scene("conflicts", _conflicts("3")),
    Scene("ticket-conflict", _conflict_in_place),
    Scene("conflicts-edit", _conflicts("3", "E")),
    Scene("queue", _queue()),
    Scene("queue-edit", _queue("J", "E")),
    Scene("import", _import),
    Scene("settings", _settings),
)

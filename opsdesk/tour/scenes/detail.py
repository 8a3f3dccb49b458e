"""One ticket: its parts, and a new one."""

from __future__ import annotations

from collections.abc import Callable

from opsdesk.tour import bell
from opsdesk.tour.stage import PATIENCE_S, Scene, Stage


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
    bell.mention(stage)


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


def _print(stage: Stage) -> None:
    _detail("")(stage)
    stage.settle()
    stage.window.actions.run("ticket.print")


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


SCENES = (
    Scene("ticket", _detail("")),
    Scene("ticket-fields", _detail("fields")),
    Scene("ticket-links", _links),
    Scene("ticket-history", _detail("history")),
    Scene("ticket-mention", _mention),
    Scene("bell", bell.bell),
    Scene("ticket-print", _print),
    Scene("ticket-files", _files),
    Scene("ticket-file", _file(0)),
    Scene("ticket-file-pdf", _file(2)),
    Scene("new-ticket", _new),
    Scene("new-ticket-rules", _new_ruled),
)

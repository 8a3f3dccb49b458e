"""Scenes of the tour with files: on a ticket, below a comment, and on a ticket that is being written."""

from __future__ import annotations

from collections.abc import Callable

from opsdesk.services.files import Prepared
from opsdesk.tour.stage import PATIENCE_S, Scene, Stage


def _drawn(sky: str, ground: str) -> bytes:
    """A picture of a bridge."""
    from PySide6.QtCore import QBuffer, QIODevice, QRectF
    from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter

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


def _sheet() -> bytes:
    """A PDF of two pages."""
    from PySide6.QtCore import QBuffer, QIODevice, QPoint
    from PySide6.QtGui import QFont, QPainter, QPdfWriter

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


def _taken(stage: Stage, *sources: tuple[bytes, str]) -> tuple[Prepared, ...]:
    return tuple(stage.desk.files.take_bytes(data, name).future.result(PATIENCE_S) for data, name in sources)


def files(stage: Stage) -> None:
    """Some files on the ticket: pictures that are drawn here, a text, and one that is too large."""
    from opsdesk.services import files
    from opsdesk.ui.shell.page import Target

    ticket = stage.ticket()
    if not stage.desk.ask(files.of, ticket).result(PATIENCE_S):  # the scenes before have done it
        made = _taken(
            stage,
            (_drawn("#7d9cc0", "#5f7d5a"), "bridge east side.png"),
            (_drawn("#93a3b5", "#77705c"), "bridge west side.png"),
            (_sheet(), "axle loads.pdf"),
            (b"<gpx><trk><name>Diversion B</name></trk></gpx>\n" * 400, "diversion-b.gpx"),
        )
        stage.desk.do(files.attach, ticket, made).result(PATIENCE_S)
    stage.window.open(Target("ticket", ticket))
    stage.settle()
    detail = stage.window.page("tickets").detail
    detail.tabs.open("files")
    detail.files.strip.say("“crane film.mp4” is too large: 412 MB, and at most 100 MB can be attached")


def file(number: int) -> Callable[[Stage], None]:
    """One of the files looked at."""

    def play(stage: Stage) -> None:
        files(stage)
        view = stage.window.page("tickets").detail.files
        stage.settle()
        view.open_file(view.rows[number])
        stage.settle()

    return play


_SAID = (
    "The east side holds, the west side has a crack in the second pillar. Loads as of this morning are in the sheet."
)


def of_comments(stage: Stage) -> None:
    """A comment that came with files, and one that is being written with a screenshot."""
    from opsdesk.services import tickets
    from opsdesk.ui.shell.page import Target

    ticket = stage.ticket()
    east, west, sheet = _taken(
        stage,
        (_drawn("#7d9cc0", "#5f7d5a"), "bridge east side.png"),
        (_drawn("#93a3b5", "#77705c"), "bridge west side.png"),
        (_sheet(), "axle loads.pdf"),
    )
    if not any(row.body == _SAID for row in stage.desk.ask(tickets.conversation, ticket).result(PATIENCE_S)):
        stage.desk.do(tickets.comment, ticket, _SAID, files=(east, sheet)).result(PATIENCE_S)
    stage.forget_drafts()
    stage.window.open(Target("ticket", ticket))
    stage.settle()
    detail = stage.window.page("tickets").detail
    detail.write()
    stage.type("And this is the crack:")
    detail.composer.files.prepared.emit(west)


def similar(stage: Stage) -> None:
    """A new ticket with a photo, about something that is told already."""
    from opsdesk.services import tickets

    title = stage.desk.ask(tickets.card, stage.ticket()).result(PATIENCE_S).row.title
    stage.forget_drafts()
    stage.window.begin_new("ticket")
    stage.settle()
    stage.type("Route obs")
    stage.press("Return", "Tab", "Tab")
    stage.type(title)
    stage.settle()
    pane = stage.window.page("tickets").pane
    (photo,) = _taken(stage, (_drawn("#93a3b5", "#77705c"), "crack.png"))
    pane.body.files.prepared.emit(photo)
    stage.settle()
    pane.go_to("files")


ON_A_TICKET = (
    Scene("ticket-files", files),
    Scene("ticket-file", file(0)),
    Scene("ticket-file-pdf", file(2)),
    Scene("ticket-comment-files", of_comments),
)
ON_A_NEW_ONE = (Scene("new-ticket-similar", similar),)

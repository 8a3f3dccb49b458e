"""Pages of PDF files as pictures. A document lives and dies on the thread of the file worker that draws the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QImage, QPainter

from opsdesk.services.errors import Refused
from opsdesk.ui.widgets.attachment_strip import decoding

PDF_BYTES: Final = 50_000_000
_WIDTH: Final = 1_400
"""Pixels across a page."""
_MOST_PIXELS: Final = 12_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """One page, and how many there are."""

    images: tuple[QImage, ...]
    number: int
    count: int


def page(data: bytes, number: int) -> Page:
    """Draw a page, counted from 0. Raises Refused for what is no PDF, is damaged, or wants a password."""
    from PySide6.QtPdf import QPdfDocument

    document = QPdfDocument(None)  # type: ignore[call-overload]  # the stubs want a parent, which would bind it
    held = QByteArray(data)
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    try:
        document.load(buffer)
        if document.error() == QPdfDocument.Error.IncorrectPassword:
            raise Refused("This PDF is protected by a password; save it and open it with another program")
        count = document.pageCount()
        if document.status() != QPdfDocument.Status.Ready or count < 1:
            raise Refused("This PDF is damaged, or is not what it is called")
        number = max(0, min(number, count - 1))
        return Page(decoding.halves(_draw(document, number)), number, count)
    finally:
        document.close()


def _draw(document: object, number: int) -> QImage:
    points = document.pagePointSize(number)  # type: ignore[attr-defined]
    if points.width() <= 0 or points.height() <= 0:
        raise Refused("This page has no size")
    size = QSize(_WIDTH, max(1, round(_WIDTH * points.height() / points.width())))
    if size.width() * size.height() > _MOST_PIXELS:
        raise Refused("This page is too long to be shown")
    drawn: QImage = document.render(number, size)  # type: ignore[attr-defined]
    if drawn.isNull():
        raise Refused("This page cannot be shown")
    # A page without a ground of its own is meant to be white.
    sheet = QImage(drawn.size(), QImage.Format.Format_RGB32)
    sheet.fill(0xFFFFFFFF)
    painter = QPainter(sheet)
    painter.drawImage(0, 0, drawn)
    painter.end()
    return sheet

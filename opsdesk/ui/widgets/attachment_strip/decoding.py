"""Pictures out of the bytes of strangers: only kinds that cannot do anything, and never more pixels than fit.

These functions run on the threads of the file worker; a QImage may be made on any thread.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from opsdesk.services.errors import Refused

THUMB: Final = QSize(112, 112)
"""Pixels of a thumbnail: twice what is shown, for fine screens."""
THUMB_BYTES: Final = 32_000_000
"""Larger pictures have no thumbnail."""
PICTURE_BYTES: Final = 100_000_000
MOST_PIXELS: Final = 80_000_000
"""A picture of more pixels is not opened: a few kilobytes can unfold to fill the memory."""
_LEAST: Final = 200
"""Pixels; smaller ones are not halved again."""
_KINDS: Final = frozenset((b"png", b"jpeg", b"jpg", b"gif", b"webp", b"bmp", b"tiff"))
"""No SVG: it is a page of its own."""


@cache
def prepare() -> None:
    """Load Qt's readers of pictures: on the window's thread, before the first picture is read on another.

    A reader that is loaded elsewhere moves to the window's thread, with Python's lock held; where that thread just then
    lets go of a connection, which holds a lock of Qt's and waits for Python's, both wait for ever.
    """
    QImageReader.supportedImageFormats()


def thumbnail(data: bytes) -> QImage:
    """A small picture of a large one. Raises Refused."""
    return _decode(data, THUMB)


def picture(data: bytes) -> tuple[QImage, ...]:
    """A picture in its full size, and in halves of that. Raises Refused."""
    return halves(_decode(data, None))


def halves(image: QImage) -> tuple[QImage, ...]:
    """A picture and smaller ones of it, each half as wide as the one before, so that none is shrunk by more than half
    when it is painted: that would leave out pixels."""
    made = [image]
    while min(made[-1].width(), made[-1].height()) > _LEAST:
        made.append(
            made[-1].scaled(
                made[-1].size() / 2, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        )
    return tuple(made)


def _decode(data: bytes, within: QSize | None) -> QImage:
    held = QByteArray(data)
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    if bytes(reader.format().data()) not in _KINDS:
        raise Refused("This is no picture that can be shown here")
    size = reader.size()
    if not size.isValid():
        raise Refused("This picture cannot be read")
    if size.width() * size.height() > MOST_PIXELS:
        raise Refused(f"This picture has too many pixels to be shown: {size.width():,} × {size.height():,}")
    if within is not None and (size.width() > within.width() or size.height() > within.height()):
        reader.setScaledSize(size.scaled(within, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1)))
    image = reader.read()
    if image.isNull():
        raise Refused("This picture is damaged, or is not what it is called")
    return image

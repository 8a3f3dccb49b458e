"""What the clipboard, or something that is dropped, holds of files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData
from PySide6.QtGui import QImage

MOST_FILES: Final = 50
"""Files that are taken at once."""


def pasted_files(data: QMimeData) -> list[Path]:
    """The files of this machine that it names. Folders too: whoever takes them says what is wrong with one."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()][:MOST_FILES]


def pasted_picture(data: QMimeData) -> QImage | None:
    """The picture that it holds, such as a screenshot."""
    if not data.hasImage() or data.urls():
        return None
    image = data.imageData()
    return image if isinstance(image, QImage) and not image.isNull() else None


def is_file(data: QMimeData) -> bool:
    """Whether somebody who pastes this into a text means files or a picture. Office programs offer a picture of each
    text that is copied from them; then the text is meant."""
    return bool(pasted_files(data)) or (data.hasImage() and not data.hasText() and pasted_picture(data) is not None)


def png(image: QImage) -> bytes:
    """A picture as PNG; to be called on a thread of the file worker."""
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes
    return bytes(held.data())

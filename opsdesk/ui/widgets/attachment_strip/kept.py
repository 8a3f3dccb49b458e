"""Files of something that is being written: they wait beside the text, are kept with its draft and go with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtWidgets import QWidget

from opsdesk.services.files import FileRow, Prepared, from_draft, in_draft
from opsdesk.ui.bridge import Bridge
from opsdesk.ui.widgets.attachment_strip import pasting
from opsdesk.ui.widgets.attachment_strip.strip import AttachmentStrip


class KeptFiles(AttachmentStrip):
    """The strip of a form or composer. Signals: `changed` when a file came or was taken off by a person."""

    changed = Signal()

    def __init__(self, desk: Any, bridge: Bridge, parent: QWidget | None = None, *, foot: bool = True) -> None:
        super().__init__(desk, bridge, parent, foot=foot)
        self.prepared.connect(self._came)
        self.dropped.connect(lambda _file: self._altered())
        self.removed.connect(self._take_off_stored)
        self._stored: tuple[FileRow, ...] = ()
        self._off: tuple[bytes, ...] = ()
        self.told.connect(self._show)
        self._show()

    @property
    def content(self) -> list[dict[str, Any]]:
        """The files, for a draft."""
        return in_draft(self.kept)

    @property
    def off(self) -> tuple[bytes, ...]:
        """The files of `show_stored` that a person took off; they go when what is written is saved."""
        return self._off

    @property
    def any_left(self) -> bool:
        """Whether there will be a file when what is written is saved."""
        return bool(self.kept) or any(row.id not in self._off for row in self._stored)

    def show_stored(self, rows: Sequence[FileRow]) -> None:
        """Files that what is written has already, before those that are added; none for something new."""
        self._stored, self._off = tuple(rows), ()
        self._show_stored()

    def set_content(self, said: object, off: object = ()) -> None:
        """Put back what `content` and `off` gave (the latter in hex), and stop what was being taken in for something
        else."""
        self.start()
        wanted = {one for one in off if isinstance(one, str)} if isinstance(off, list | tuple) else set()
        self._off = tuple(row.id for row in self._stored if row.id.hex() in wanted)
        self.show_kept(from_draft(said))
        self._show_stored()

    def take_off(self, files: Sequence[Prepared]) -> None:
        """These were sent: only the others still wait."""
        self.show_kept([file for file in self.kept if file not in files])

    def take_pasted(self, data: QMimeData) -> bool:
        """Take what was pasted or dropped into a text, if it is no text but files or a picture."""
        return pasting.is_file(data) and self.paste(data)

    def _take_off_stored(self, row: FileRow) -> None:
        self._off = (*self._off, row.id)
        self._show_stored()
        self._altered()

    def _show_stored(self) -> None:
        self.show_rows([row for row in self._stored if row.id not in self._off])
        self._show()

    def _came(self, file: Prepared) -> None:
        self.keep(file)
        self._altered()

    def _altered(self) -> None:
        self._show()
        self.changed.emit()

    def _arrange(self) -> None:
        super()._arrange()
        self._show()

    def _show(self) -> None:
        """Without a foot it takes no room while there is nothing to see."""
        self._box.setVisible(bool(self.tiles))
        if not self._has_foot:
            self.setVisible(bool(self.tiles or self._lines))

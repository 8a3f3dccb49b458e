"""Files of a new ticket: the keys by which they come, and what is said where they stand out of sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData

from opsdesk.ui.actions import Action
from opsdesk.ui.widgets.attachment_strip import LinePasting

if TYPE_CHECKING:
    from opsdesk.ui.tickets.new_ticket.pane import NewTicketPane


class Attaching:
    """Stands between the fields of a pane and its files, which are the last of them."""

    def __init__(self, pane: NewTicketPane) -> None:
        self._pane, self._files = pane, pane.body.files
        self._pasted = 0
        """Files that were pasted into a field and are not told yet."""
        LinePasting(pane.body, self._take)
        pane.body.description.take_files = self._take
        self._files.changed.connect(self._came)
        self._files.told.connect(self._came)
        pane.shell.actions.add(
            Action(
                "new.attach", "Attach files to the new ticket…", self._files.choose, "paperclip", "Ctrl+O",
                enabled=self._workable, group="New ticket", words="photo document",
            ),
            Action(
                "new.paste", "Attach what was copied to the new ticket", self._files.paste_clipboard,
                "clipboard-text", "Ctrl+V", enabled=self._workable, group="New ticket",
                words="paste screenshot picture",
            ),
            owner=pane,
        )  # fmt: skip

    def _workable(self) -> bool:
        return self._pane.isVisible() and self._pane.body.isEnabled()

    def _take(self, data: QMimeData) -> bool:
        """Take what was pasted into a field, if it is no text but files or a picture."""
        if not self._files.take_pasted(data):
            return False
        self._pasted += 1
        return True

    def _came(self) -> None:
        """What was pasted is attached, or refused: say so unless it can be seen, since the keyboard is elsewhere."""
        if not self._pasted:
            return
        self._pasted = 0
        if not self._files.visibleRegion().isEmpty():
            return
        kept, wrong = self._files.kept, self._files.words
        said = wrong.splitlines()[-1] if wrong else f"Attached “{kept[-1].name}”" if kept else ""
        if said:
            self._pane.shell.toasts.show_toast(
                said, button="Show", run=lambda: self._pane.go_to("files"), tone="warn" if wrong else "good"
            )

"""Files on the page of a ticket: where they are shown, and the keys by which they are added and looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsdesk.services.files import FileRow
from opsdesk.ui.actions import Action, told
from opsdesk.ui.widgets.attachment_strip import AttachmentStrip

if TYPE_CHECKING:
    from opsdesk.ui.tickets.detail.detail import TicketDetail

_KEYS = (
    ("move", "Next and previous file", "Left Right"),
    ("look", "Look at the file", "Return Space"),
    ("take-off", "Take the file off", "Del"),
    ("zoom", "Larger and smaller", "+ -"),
    ("fit", "Whole picture, true size", "0 1"),
    ("page", "Next and previous page", "PgDown PgUp"),
    ("close", "Close the preview", "Esc"),
)
"""What tiles and preview do themselves while they have the keyboard."""


class Attaching:
    """Stands between the Files tab, the conversation and the composer of a detail."""

    def __init__(self, detail: TicketDetail) -> None:
        self._detail = detail
        files, conversation = detail.files, detail.conversation
        files.shown.connect(lambda rows: detail.tabs.set_count("files", len(rows)))
        files.shown.connect(conversation.show_files)
        conversation.file_wanted.connect(self._open)
        conversation.save_wanted.connect(files.save)
        detail.shell.actions.add(
            Action(
                "ticket.attach", "Attach files…", self._choose, "paperclip", "Ctrl+O",
                enabled=self._workable, group="Files", words="upload photo document",
            ),
            Action(
                "ticket.paste", "Attach what was copied", self._paste, "clipboard-text", "Ctrl+V",
                enabled=self._workable, group="Files", words="paste screenshot picture",
            ),
            *told("files", "Files", _KEYS),
            owner=detail,
        )  # fmt: skip

    def _workable(self) -> bool:
        loaded = self._detail.loaded
        return loaded is not None and loaded.card.voided is None

    def _strip(self) -> AttachmentStrip:
        """Where files go now: to the comment that is being written, else to the ticket."""
        detail = self._detail
        if detail.composer.isAncestorOf(detail.focusWidget() or detail):
            return detail.composer.files
        detail.tabs.open("files")
        return detail.files.strip

    def _choose(self) -> None:
        self._strip().choose()

    def _paste(self) -> None:
        self._strip().paste_clipboard()

    def _open(self, row: FileRow) -> None:
        self._detail.tabs.open("files")
        self._detail.files.open_file(row)

"""What is written on a ticket: comments, replies, edits, and who is mentioned without being able to read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsdesk.services import forms, mentions, tickets
from opsdesk.services.changes import Outcome
from opsdesk.services.tickets import Base, CommentRow, TicketCard
from opsdesk.ui.actions import told

_KEYS = (
    ("send", "Send", "Ctrl+Return"),
    ("readers", "Internal, or to the requester", "Ctrl+Shift+I"),
    ("name", "Name a person or unit", "@"),
    ("ticket", "Name a ticket", "#"),
    ("text", "Put in a text", "::"),
)
"""What the composer does itself while it has the keyboard."""

if TYPE_CHECKING:
    from opsdesk.ui.tickets.detail.detail import TicketDetail

EDIT = "comment-edit/"
"""Before the id of a comment: the place of the draft of its new text."""


class Talking:
    """Stands between the composer of a detail and what it runs."""

    def __init__(self, detail: TicketDetail) -> None:
        self._detail, self._composer = detail, detail.composer
        self._edited: tuple[bytes, bytes, Base] | None = None
        """The ticket, the comment that is being edited, and the base that it was opened with."""
        self._composer.submitted.connect(self._submitted)
        self._composer.given_up.connect(self._back)
        self._composer.mentions_changed.connect(self._look)
        self._composer.access_wanted.connect(self._give_access)
        detail.conversation.reply_wanted.connect(self.reply)
        detail.conversation.edit_wanted.connect(self.edit)
        detail.conversation.versions_wanted.connect(self._versions)
        detail.shell.actions.add(*told("writing", "Writing", _KEYS), owner=self._composer)

    def show(self, card: TicketCard) -> None:
        """Write on this ticket from now on; an edit of a comment of it goes on."""
        if self._edited is not None and self._edited[0] == card.row.id:
            return
        self._edited = None
        self._composer.subject = card.row.id
        requester = card.row.requester.name if card.row.requester else card.contact or ""
        self._composer.open(forms.COMMENT + card.row.id.hex(), requester=requester)

    def reply(self, comment: CommentRow) -> None:
        """Answer a comment."""
        self._back()
        name = comment.author.name if comment.author else "Somebody"
        words = mentions.plain(comment.body, dict(comment.names)).split()
        self._composer.set_reply(comment.id, name, " ".join(words)[:120])

    def edit(self, comment: CommentRow) -> None:
        """Write an own comment anew, on the base that is seen now."""
        loaded = self._detail.loaded
        if loaded is None:
            return
        self._edited = loaded.card.row.id, comment.id, loaded.comment_base(comment)
        files = self._detail.conversation.files_of(comment.id)
        self._composer.edit(EDIT + comment.id.hex(), comment.body, comment.visibility, files)

    def _back(self) -> None:
        """From an edit to the next comment; what was typed stays as a draft of that edit."""
        if self._edited is not None and self._detail.loaded is not None:
            self._edited = None
            self.show(self._detail.loaded.card)

    def _submitted(self, body: str, visibility: str, reply_to: bytes | None, place: str) -> None:
        def refused(error: Exception) -> None:
            shown = self._composer.refused(place, str(error))
            if not (shown and self._composer.isVisible()):
                self._detail.shell.operations.show_error(error)

        edited = self._edited
        if edited is not None and place == EDIT + edited[1].hex():

            def saved(_outcome: Outcome) -> None:
                self._composer.sent(place)
                self._back()

            self._detail.run(
                tickets.edit_comment, edited[1], body, seen=edited[2], files=self._composer.sent_with(place),
                without=self._composer.sent_without(place), draft=place, said="Comment changed",
                ok=saved, failed=refused,
            )  # fmt: skip
            return
        # Another ticket may be open, or on its way, when it is sent and when the answer comes.
        ticket = bytes.fromhex(place.removeprefix(forms.COMMENT))

        def sent(_outcome: Outcome) -> None:
            self._composer.sent(place)
            if ticket == self._detail.ticket:
                self._detail.conversation.to_end()

        self._detail.run(
            tickets.comment, ticket, body, visibility=visibility, reply_to=reply_to,
            files=self._composer.sent_with(place), draft=place, said="Comment added", ok=sent, failed=refused,
        )  # fmt: skip

    def _look(self, text: str) -> None:
        """See who is mentioned and cannot read the ticket."""
        detail = self._detail
        if detail.ticket is not None:
            detail.shell.bridge.then(
                detail.desk.ask(mentions.blind, detail.ticket, text, channel="mention-access"),
                self._composer.show_blind,
                owner=detail,
            )

    def _give_access(self, person: bytes) -> None:
        detail = self._detail
        if detail.ticket is not None:
            detail.run(
                tickets.watch, detail.ticket, person, said="Added as a watcher, and can read this ticket",
                ok=lambda _outcome: self._composer.look_again(),
            )  # fmt: skip

    def _versions(self, comment: CommentRow) -> None:
        detail = self._detail
        detail.shell.bridge.then(
            detail.desk.ask(tickets.comment_versions, comment.id, channel="comment-versions"),
            lambda rows: detail.conversation.show_versions(comment.id, rows),
            owner=detail,
        )

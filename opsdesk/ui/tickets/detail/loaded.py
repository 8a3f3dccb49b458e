"""Reads at once everything that the detail of a ticket shows, so that its parts agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opsdesk.services import conflicts, files, forms, tickets
from opsdesk.services.files import FileRow
from opsdesk.services.forms import Asked
from opsdesk.services.tickets import Base, CommentRow, HistoryRow, TicketCard


@dataclass(frozen=True, slots=True)
class Loaded:
    """A ticket as of one moment."""

    card: TicketCard
    comments: tuple[CommentRow, ...]
    history: tuple[HistoryRow, ...]
    asked: Asked
    """Its form, and what the rules make of its answers."""
    conflicts: tuple[conflicts.Record, ...] = ()
    """The ticket and what hangs on it, where a field waits for a choice."""
    files: tuple[FileRow, ...] = ()
    whole: bool = True
    """Whether the history is here from the beginning."""

    @property
    def comment_count(self) -> int:
        """Comments and replies."""
        return sum(1 + len(comment.replies) for comment in self.comments)

    def comment_base(self, shown: CommentRow) -> Base:
        """The base of a comment that is shown: its row may be older than one read since that reads alike."""
        known = (row for comment in self.comments for row in (comment, *comment.replies))
        return next((row.base for row in known if row == shown), shown.base)


def read_ticket(reader: Any, ticket: bytes) -> Loaded:
    """Everything about one ticket on one snapshot. Raises NotFound."""
    card = tickets.card(reader, ticket)
    return Loaded(
        card,
        tickets.conversation(reader, ticket),
        tickets.history(reader, ticket),
        _asked(reader, card),
        conflicts.of_ticket(reader, ticket),
        files.of(reader, ticket),
        tickets.is_whole(reader, ticket),
    )


def _asked(reader: Any, card: TicketCard) -> Asked:
    found = forms.asked_of(reader, card.row.id)
    if found.form is not forms.NO_FORM:
        return found
    # Filled without a form, or with one that has not arrived here yet: the type's newest is shown instead.
    return forms.asked_by(reader, card.row.id, forms.form_for(reader, card.type_id, card.category_id))

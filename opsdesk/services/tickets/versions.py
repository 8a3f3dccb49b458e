"""What a comment said before: its edits with what each took away and added, from the change records."""

from __future__ import annotations

from dataclasses import dataclass

from opsdesk.models.base import Id, fields
from opsdesk.models.threads import Comment
from opsdesk.services import mentions
from opsdesk.services.conflicts.texts import Span, differences
from opsdesk.services.tickets.past import NEWS
from opsdesk.store.work import Reader

_LIMIT = 50
"""Edits that are shown; older ones are in the history of the ticket."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One edit: who, when (UTC milliseconds), and the text before it with what was removed and added."""

    actor: str
    at: int
    spans: tuple[Span, ...]


def comment_versions(reader: Reader, comment: Id) -> tuple[VersionRow, ...]:
    """The edits of a comment, newest first, as far as this desk was told of them."""
    (number,) = (spec.number for spec in fields(Comment) if spec.name == "body")
    rows = reader.rows(
        "SELECT c.old, c.new, coalesce(c.happened, c.hlc >> 16), p.name FROM ("
        "SELECT old, new, happened, hlc, actor, seq FROM change WHERE record = ?1 AND field = ?2 UNION ALL "
        "SELECT old, new, happened, hlc, actor, seq FROM received_change c "
        f"WHERE record = ?1 AND field = ?2 AND {NEWS}) c "
        "LEFT JOIN person p ON p.id = c.actor ORDER BY c.hlc DESC, c.seq DESC LIMIT ?3",
        (comment, number, _LIMIT),
    )
    names = mentions.names(reader, (str(text or "") for row in rows for text in row[:2]))
    return tuple(
        VersionRow(
            name or "Somebody",
            at,
            differences(mentions.plain(str(old or ""), names), mentions.plain(str(new or ""), names)),
        )
        for old, new, at, name in rows
        if old != new
    )

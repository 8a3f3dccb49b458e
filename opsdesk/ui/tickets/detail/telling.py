"""Puts comments and changes into one order of time, and changes into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from opsdesk.services import times
from opsdesk.services.tickets import CommentRow, HistoryRow, Named, TicketCard


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the order of time: a comment with its replies, or the changes of one act."""

    at: int
    comment: CommentRow | None = None
    changes: tuple[HistoryRow, ...] = ()
    description: bool = False

    @property
    def key(self) -> tuple[str, object]:
        """What stays the same when the entry changes."""
        if self.description:
            return ("description", None)
        return ("comment", self.comment.id) if self.comment is not None else ("changes", self.changes[0].seq)


def entries(card: TicketCard, comments: Sequence[CommentRow], history: Sequence[HistoryRow]) -> list[Entry]:
    """Comments and changes in the order in which they happened, the description first."""
    found = [Entry(comment.written_at, comment) for comment in comments]
    acts: dict[object, list[HistoryRow]] = {}
    # What was written along with the ticket belongs to the report and is no change of it.
    reported = {row.act for row in history if row.kind == "create" and row.act is not None}
    for row in sorted(history, key=lambda row: row.seq):
        if row.kind in _TOLD and row.act not in reported:
            acts.setdefault(row.act or row.seq, []).append(row)
    found += [Entry(rows[0].happened_at, changes=tuple(rows)) for rows in acts.values()]
    found = _joined(sorted(found, key=lambda entry: entry.at))
    if card.description:
        ticket = card.row
        author = ticket.requester or Named(b"", card.contact or ticket.source or "Somebody")
        first = CommentRow(ticket.id, ticket.base, author, card.description, "requester", ticket.occurred_at, None)
        found.insert(0, Entry(ticket.occurred_at, first, description=True))
    return found


def _joined(found: Sequence[Entry]) -> list[Entry]:
    """Small changes that one person made in one go are told in one line; a move of the state stands alone."""
    joined: list[Entry] = []
    for entry in found:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.changes
            and entry.changes
            and last.changes[0].actor == entry.changes[0].actor
            and entry.at - last.at <= _ONE_GO_MS
            and not any(row.kind == "transition" for row in (*last.changes, *entry.changes))
        ):
            joined[-1] = Entry(last.at, changes=last.changes + entry.changes)
        else:
            joined.append(entry)
    return joined


_ONE_GO_MS = 10 * times.MINUTE
_TOLD = frozenset({"transition", "set", "link", "tag", "watch", "void", "answer"})


def told(rows: Sequence[HistoryRow]) -> str:
    """Some changes as a sentence without its subject: "moved this to Waiting, set Due to 22 1542Z NOV 26"."""
    parts: list[str] = []
    moved = next((row for row in rows if row.kind == "transition"), None)
    if moved is not None:
        why = ", ".join(row.after for row in rows if row.field in _WHY and row.after)
        parts.append(f"moved this to {moved.after}" + (f": {why}" if why else ""))
        rows = [row for row in rows if row is not moved and row.field not in _WHY]
    for kind, group in groupby(rows, key=lambda row: (row.kind, row.label)):
        same = list(group)
        after = ", ".join(row.after for row in same if row.after)
        short = after if len(after) <= _SHORT else after[: _SHORT - 1] + "…"
        match kind[0]:
            case "set":
                parts.append(f"set {kind[1]} to {short}" if after else f"cleared {kind[1]}")
            case "answer" if after:
                parts.append(f"answered {kind[1]}: {short}")
            case "void":
                parts.append("voided this" if after else "brought this back")
            case other:
                parts.append(f"{_VERBS[other]} {short}" if after else kind[1].lower())
    return ", ".join(parts[:_PARTS]) + (" and more" if len(parts) > _PARTS else "")


_SHORT, _PARTS = 60, 4
_WHY = frozenset({"waiting_reason", "state_reason", "solution", "waiting_until"})
"""Fields that a move of the state fills; they are told with it, and their emptying says nothing."""
_VERBS = {"tag": "tagged", "link": "linked", "watch": "added the watcher"}

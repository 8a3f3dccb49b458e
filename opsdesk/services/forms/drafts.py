"""What was typed and not yet sent, kept on this desk until it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models import ids
from opsdesk.services.changes import Changes
from opsdesk.store.work import Reader, Work

COMMENT: Final = "comment/"
"""The place of a comment's draft begins so; the ticket's id follows, in hexadecimal."""


@dataclass(frozen=True, slots=True)
class DraftRow:
    """Something typed and not yet sent. `place` names its editor ("new-ticket/<id>", COMMENT and a ticket)."""

    place: str
    content: dict[str, Any]
    saved_at: int


def save_draft(work: Work, place: str, content: Mapping[str, Any]) -> Changes:
    """Keep what was typed; it replaces the earlier draft of the same place."""
    said = json.dumps(dict(content), ensure_ascii=False)
    row = work.row("SELECT id FROM draft WHERE place = ?", (place,))
    record = row[0] if row else ids.new_id(work.now)
    work.execute(
        "INSERT OR REPLACE INTO draft (id, place, content, saved_at) VALUES (?, ?, ?, ?)",
        (record, place, said, work.now),
    )
    return Changes(drafts=frozenset({place}))


def drop_draft(work: Work, place: str) -> Changes:
    """Forget a draft, because it was sent or given up."""
    work.execute("DELETE FROM draft WHERE place = ?", (place,))
    return Changes(drafts=frozenset({place}))


def drafts(reader: Reader, prefix: str = "") -> tuple[DraftRow, ...]:
    """The drafts whose place begins with `prefix`, newest first."""
    rows = reader.rows(
        "SELECT place, content, saved_at FROM draft WHERE substr(place, 1, length(?)) = ? ORDER BY saved_at DESC",
        (prefix, prefix),
    )
    return tuple(DraftRow(place, json.loads(content), saved_at) for place, content, saved_at in rows)

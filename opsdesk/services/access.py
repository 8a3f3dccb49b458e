"""May this person do that? The rights of their role, asked before each command."""

from __future__ import annotations

import json

from opsdesk.models.base import Id
from opsdesk.services.errors import NotFound, Refused
from opsdesk.store.work import Reader


def may(reader: Reader, verb: str) -> bool:
    """True when the role of the person at this desk has the right `verb` (see models.rights)."""
    rights = reader.value("SELECT r.rights FROM person p JOIN role r ON r.id = p.role WHERE p.id = ?", (reader.person,))
    return rights is not None and verb in json.loads(rights)


def require(reader: Reader, verb: str, ticket: Id | None = None) -> None:
    """Raise Refused when the person may not, NotFound when the ticket is missing, Refused when it is voided."""
    if not may(reader, verb):
        raise Refused(f"Your role does not include: {verb}")
    if ticket is not None:
        row = reader.row("SELECT voided FROM ticket WHERE id = ?", (ticket,))
        if row is None:
            raise NotFound("This ticket is not here")
        if row[0] is not None:
            raise Refused(f"This ticket was voided: {row[0]}")

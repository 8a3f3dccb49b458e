"""What must hold between the fields of one ticket, whoever sets them: one ticket's editor or a bulk change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from opsdesk.models.base import Id
from opsdesk.services.errors import Problem
from opsdesk.store.work import Reader


@dataclass(frozen=True, slots=True)
class Kinds:
    """Types by id with their code, and categories by id with the code of the type that they belong to."""

    types: Mapping[Id, str]
    categories: Mapping[Id, str | None]

    def fits(self, category: Id | None, kind: Id | None) -> bool:
        """Whether a category may stand beside a type; one without a type may stand beside any."""
        wanted = self.categories.get(category) if category is not None else None
        return wanted is None or kind is None or self.types.get(kind) == wanted


def kinds(reader: Reader) -> Kinds:
    """The types and categories that are here."""
    return Kinds(
        dict(reader.rows("SELECT id, code FROM ticket_type")), dict(reader.rows("SELECT id, type_code FROM category"))
    )


def broken(row: Mapping[str, Any], before: Mapping[str, Any], known: Kinds | None) -> Problem | None:
    """What setting the columns `row` would break on a ticket with the columns `before`; None when all is well.

    `known` is needed where a category is set.
    """
    if row.get("category") is not None and known is not None:
        kind = row.get("type", before["type"])
        if not known.fits(row["category"], kind):
            return Problem("category", "This category belongs to another type of ticket")
    return None


def slip(row: Mapping[str, Any], before: Mapping[str, Any]) -> Problem | None:
    """What is hardly meant. One ticket's editor shows it beside the ticket; among thousands nobody would see it."""
    due = row.get("due_at")
    if due is not None and due < row.get("occurred_at", before["occurred_at"]):
        return Problem("due_at", "It would be due before it happened")
    return None

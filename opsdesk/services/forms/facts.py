"""What rules may ask beside the answers: the ticket's type, category, state and urgency, and who looks at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.tickets import Level, Priority, State, priority_of
from opsdesk.store.work import Reader

FACTS: Final = frozenset(
    (
        *("ticket.type", "ticket.category", "ticket.categories", "ticket.state", "ticket.urgency", "ticket.impact"),
        *("ticket.priority", "ticket.major", "ticket.reported_via", "user.role"),
    )
)
"""Names that a condition may read with `var`, beside the codes of the questions."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Codes of the type, of the category and of all above it (the topmost first), words in small letters for the state,
    the levels and the priority, and the code of the role of the person who looks. Empty for what is not known."""

    type: str = ""
    categories: tuple[str, ...] = ()
    state: str = State.NEW.label.lower()
    urgency: str = Level.MEDIUM.label.lower()
    impact: str = Level.MEDIUM.label.lower()
    priority: str = Priority.NORMAL.label.lower()
    major: bool = False
    reported_via: str = ""
    role: str = ""

    def data(self) -> dict[str, Any]:
        """As conditions read it; what is not known is left out."""
        ticket = {
            "type": self.type,
            "category": self.categories[-1] if self.categories else "",
            "categories": list(self.categories),
            "state": self.state,
            "urgency": self.urgency,
            "impact": self.impact,
            "priority": self.priority,
            "major": self.major,
            "reported_via": self.reported_via,
        }
        told = {name: value for name, value in ticket.items() if value not in ("", [])}
        return {"ticket": told, "user": {"role": self.role} if self.role else {}}


NO_FACTS: Final = Facts()


def facts_of(reader: Reader, ticket: Id) -> Facts:
    """What rules may ask about a ticket, as the person at this desk sees it."""
    return facts_of_all(reader, (ticket,)).get(ticket) or replace(NO_FACTS, role=_role(reader))


def facts_of_all(reader: Reader, tickets: Sequence[Id]) -> dict[Id, Facts]:
    """What rules may ask about each of these tickets; at most as many as one statement takes. Those that are not here
    are left out."""
    if not tickets:
        return {}
    marks = ", ".join("?" * len(tickets))
    role = _role(reader)
    categories: dict[Id | None, tuple[str, ...]] = {}
    found: dict[Id, Facts] = {}
    for record, category, kind, state, urgency, impact, priority, major, via in reader.rows(
        "SELECT t.id, t.category, k.code, t.state, t.urgency, t.impact, t.priority, t.major, t.reported_via "
        f"FROM ticket t LEFT JOIN ticket_type k ON k.id = t.type WHERE t.id IN ({marks})",
        tickets,
    ):
        if category not in categories:
            categories[category] = _categories(reader, category)
        found[record] = Facts(
            kind or "",
            categories[category],
            State(state).label.lower(),
            Level(urgency).label.lower(),
            Level(impact).label.lower(),
            Priority(priority).label.lower(),
            bool(major),
            via or "",
            role,
        )
    return found


def facts_of_new(
    reader: Reader, kind: Id | None, category: Id | None, values: Mapping[str, Any] | None = None
) -> Facts:
    """What rules may ask about a ticket that is being written. `values` are its columns as far as they are known."""
    given = values or {}
    code = reader.value("SELECT code FROM ticket_type WHERE id = ?", (kind,)) if kind is not None else None
    urgency, impact = (Level(given.get(name) or Level.MEDIUM) for name in ("urgency", "impact"))
    priority = Priority(given.get("priority") or priority_of(urgency, impact))
    return replace(
        Facts(code or "", _categories(reader, category), role=_role(reader)),
        major=bool(given.get("major")),
        reported_via=given.get("reported_via") or "",
        urgency=urgency.label.lower(),
        impact=impact.label.lower(),
        priority=priority.label.lower(),
    )


def _role(reader: Reader) -> str:
    found = reader.value("SELECT r.code FROM person p JOIN role r ON r.id = p.role WHERE p.id = ?", (reader.person,))
    return str(found or "")


_TALLEST: Final = 20


def _categories(reader: Reader, category: Id | None) -> tuple[str, ...]:
    """The codes of a category and of those above it, the topmost first. A tree that goes in a circle ends."""
    found: list[str] = []
    while category is not None and len(found) < _TALLEST:
        row = reader.row("SELECT code, parent FROM category WHERE id = ?", (category,))
        if row is None:
            break
        found.append(row[0])
        category = row[1]
    return tuple(reversed(found))

"""Tickets made, moved and read at a desk, for tests of the services."""

from typing import Any

from opsdesk.models.organisation import Role
from opsdesk.services import tickets
from opsdesk.services.changes import Changes
from opsdesk.services.defaults import shipped_id
from opsdesk.services.desk import Desk
from opsdesk.store.work import Work


def make(desk: Desk, title: str = "Generator leaks fuel", **values: Any) -> bytes:
    """A new ticket with some fields."""
    made = desk.do(tickets.create, title=title, values=values).result().value
    assert isinstance(made, bytes)
    return made


def move(desk: Desk, ticket: bytes, *events: str) -> None:
    """Let events happen, with whatever they ask for."""
    said: dict[str, Any] = {"reason": "as ordered", "waiting_reason": "parts", "solution": "fixed"}
    for event in events:
        desk.do(tickets.transition, ticket, event, **said).result()


def card(desk: Desk, ticket: bytes) -> tickets.TicketCard:
    """The ticket as it stands."""
    return desk.ask(tickets.card, ticket).result()


def become(desk: Desk, role: str) -> None:
    """Give the person at the desk another role."""

    def change(work: Work) -> Changes:
        work.execute("UPDATE person SET role = ? WHERE id = ?", (shipped_id(Role, role), work.person))
        return Changes()

    desk.do(change).result()
